"""Learning and scoring risk: ours beside what a user would pick instead, on the same moments of a simulated region, in one run.

    .venv/bin/python bench/risk.py                            # 200 000 persons: 30 000 and 300 000 moments
    .venv/bin/python bench/risk.py --sizes 3000,10000 --persons 20000
    .venv/bin/python -m pip install --target bench/out/peers lightgbm xgboost     # not the product's: left out where missing
    PYTHONPATH=bench/out/peers .venv/bin/python bench/risk.py

Each way and size is a process of its own: fit on the moments of the first months (stopped early and put right on the tuning
months where it can be), then curves of ongoing spells on days 0..365 with the days left that follow, and ours the reasons too. AUC and
IPA for passing day 90 on the test months, and the AUC less ours on the same moments, person by person: "equal" where its whole interval is within
0.003. CPU seconds of all threads; on a machine that others use too they are the ones
to compare. A way whose last fit took more than --patience CPU seconds is not given more; slow scorers are timed on fewer
spells and told per 100 000. Kept in bench/out/risk.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from risk_ways import THREADS, WAYS

from models.measures.bootstrap import person_interval
from models.measures.discrimination import aucs
from models.risk.encoder import FrameEncoder
from models.risk.explain import ShapleyExplainer
from models.risk.fact_groups import grouped
from models.risk.outlook import expected_days
from pipeline.store.memory import peak_mb
from pipeline.train.selection import choose_moments
from pipeline.train.training import KEYS, NUISANCES, OUTCOMES
from pipeline.train.validation import Tested, measures_at
from pipeline.train.windows import between, outcome, split_windows

HERE = Path(__file__).resolve()
SCORED, FEWER = 100_000, 5_000
TESTED = 20_000
PASSED = 90
EQUAL = 0.003  # of AUC
SMALLEST = 3_000  # the first step of ways that may not stand more


def make(folder: Path, persons: int, seed: int) -> int:
    """Write the moments to `folder`; how many can be fitted on."""
    from card import prepared, simulated

    from pipeline.config.home import Home

    frame, until, opened = prepared(simulated(Home(folder / "home"), persons, seed))
    opened.close()
    frame, _ = choose_moments(frame.filter(pl.col("as_of") < until), max_moments=10**7, per_spell=50, first_days=90, seed=seed)
    windows = split_windows(frame["as_of"].min(), until, tune_months=6, test_months=6)
    parts = {
        "fit": between(frame, windows.first, windows.tune_from, windows.tune_from),
        "tune": between(frame, windows.tune_from, windows.test_from, windows.test_from),
        "test": between(frame, windows.test_from, until + timedelta(days=1), until),
    }
    for name, rows in parts.items():
        rows.sample(fraction=1.0, seed=seed, shuffle=True).write_parquet(folder / f"{name}.parquet")
    return parts["fit"].height


def one(folder: Path, name: str, size: int) -> None:
    """Fit and score one way in this process; its figures as the last line."""
    fit, tune, test = (pl.read_parquet(folder / f"{part}.parquet", n_rows=n) for part, n in (("fit", size), ("tune", size // 3), ("test", TESTED)))
    encoder = FrameEncoder().fit(fit, skip=KEYS + OUTCOMES + NUISANCES, persons=fit["person_key"])
    X, T, Z = (encoder.transform(part) for part in (fit, tune, test))
    begun_mb = peak_mb()
    model = WAYS[name][0](encoder.names_, encoder.categorical_, seed=1)
    told = {"fit": clocked(lambda: model.learn(X, outcome(fit), {"X": T, **outcome(tune)}))[1]}
    curves, first = clocked(lambda: model.curves(Z[:FEWER]))
    many = SCORED if first["cpu_s"] * SCORED / FEWER < 120 else FEWER
    ongoing = np.resize(Z, (many, Z.shape[1]))
    # in parts, as the night does: what is kept of a curve is its days
    _, told["score"] = clocked(lambda: [expected_days(model.curves(ongoing[at : at + FEWER])) for at in range(0, many, FEWER)])
    told["score"] = {key: value * SCORED / many for key, value in told["score"].items()}
    told["peak_mb"], told["before_mb"], told["scored"] = peak_mb(), begun_mb, many
    if name == "ours":
        explainer = ShapleyExplainer(encoder.names_, encoder.categorical_, seed=1)
        days = lambda rows: expected_days(model.curves(rows))  # noqa: E731
        told["reasons_fit"] = clocked(lambda: explainer.fit(X[:30_000], days_left=days, groups=grouped(encoder.names_)))[1]
        told["reasons"] = clocked(lambda: explainer.effects(ongoing))[1]
    curves = np.concatenate([curves, *(model.curves(Z[at : at + FEWER]) for at in range(FEWER, len(Z), FEWER))])
    tested = Tested(test, curves)
    passing, chance, weight, place = tested.at(PASSED)
    np.savez(folder / f"{name}-{size}.npz", passing=passing, chance=chance, weight=weight, person=tested.person[place])
    found = measures_at(tested, PASSED, seed=1, repeats=100)
    print(json.dumps(told | {"auc": found["auc"], "ipa": found["ipa"], "moments": len(X)}))


def clocked(work) -> tuple[object, dict]:
    """What `work` gives, and its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def less_ours(folder: Path, name: str, size: int) -> tuple[float, float, float]:
    """AUC for passing day 90 less ours of as many moments, on the same test moments, with its 95 % interval: the same persons are drawn for both."""
    theirs, ours = (np.load(folder / f"{one}-{size}.npz") for one in (name, "ours"))
    used = ours["weight"] > 0
    y, p, q = ours["passing"][used], theirs["chance"][used], ours["chance"][used]
    return person_interval(lambda W: aucs(y, p, W) - aucs(y, q, W), ours["weight"][used], ours["person"][used], seed=1)


def child(folder: Path, name: str, size: int) -> dict:
    """The figures of one way and size, made in a process of its own."""
    command = [sys.executable, str(HERE), "--child", str(folder), "--way", name, "--sizes", str(size)]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": str(THREADS)})
    if ran.returncode:
        raise SystemExit(f"{name} with {size} moments failed:\n{ran.stderr[-2000:]}")
    return json.loads(ran.stdout.splitlines()[-1])


def show(found: dict[str, list[dict]]) -> str:
    """As a Markdown table."""
    lines = [
        "| | moments | fit, CPU s | s | 100 000 spells, CPU s | s | reasons, CPU s (learn + 100 000) | peak MB | AUC day 90 | IPA | AUC less ours |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, runs in found.items():
        for run in runs:
            reasons = f"{run['reasons_fit']['cpu_s']:.0f} + {run['reasons']['cpu_s']:.0f}" if "reasons" in run else ""
            each = " | ".join(f"{run[part][key]:.1f}" for part in ("fit", "score") for key in ("cpu_s", "wall_s"))
            quality = " | ".join("{:.3f} ({:.3f}-{:.3f})".format(*run[key]) for key in ("auc", "ipa"))
            lines.append(f"| {name} | {run['moments']:,} | {each} | {reasons} | {run['peak_mb']} | {quality} | {compared(run)} |".replace(",", " "))
    return "\n".join(lines)


def compared(run: dict) -> str:
    """The difference, and whether it lies within the equality that was set."""
    if "less_ours" not in run:
        return ""
    off, low, high = run["less_ours"]
    said = "equal" if max(-low, high) <= EQUAL else "other" if abs(off) > EQUAL else "not told apart"
    return f"{off:+.4f} ({low:+.4f} to {high:+.4f}) {said}"


def main() -> None:
    """Make the moments, let each way run at each size it can stand, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=200_000)
    parser.add_argument("--sizes", default="30000,300000", help="moments fitted on")
    parser.add_argument("--patience", type=float, default=60, help="CPU seconds of a fit after which a way is given no more")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    if given.child:
        return one(given.child, given.way, sizes[0])
    found: dict[str, list[dict]] = {}
    with tempfile.TemporaryDirectory(prefix="rehabrisk-risk-") as folder:
        most = make(Path(folder), given.persons, given.seed)
        print(f"{most:,} moments could be fitted on")
        for name, (_, package) in WAYS.items():
            if importlib.util.find_spec(package) is None:
                print(f"NOT RUN: {name}, {package} is not installed (see the head of this file)")
                continue
            smaller = [SMALLEST, 10_000] if package in ("sksurv", "lifelines") or name == "ours" else []
            for size in sorted({min(size, most) for size in (*smaller, *sizes)}):
                run = child(Path(folder), name, size)
                if name != "ours" and (Path(folder) / f"ours-{size}.npz").exists():
                    run["less_ours"] = less_ours(Path(folder), name, size)
                found.setdefault(name, []).append(run)
                print(f"{name}, {run['moments']:,} moments: {run['fit']['cpu_s']:.1f} CPU s, AUC {run['auc'][0]:.4f}", flush=True)
                # three times the moments take three to nine times as long
                if package in ("sksurv", "lifelines") and run["fit"]["cpu_s"] * 3 > given.patience:
                    break
    out = HERE.parent / "out" / "risk.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=1))
    print(show(found))


if __name__ == "__main__":
    main()
