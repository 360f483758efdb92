"""The estimators of studies beside what one would use instead, all in one run.

    .venv/bin/python bench/effects.py

RMST: 2 000 bootstrap repetitions at n = 100 000 against a loop over lifelines, of which a few repetitions are timed
and the rest reckoned. Matching: 100 000 rows against MatchIt, where R has it, else against a loop over scikit-learn's
neighbours. Sequential target trials: a million person-moments, against the rows that written-out trials would hold.
Seconds are CPU seconds, but for certify: studies a second of the clock, every scenario, all cores.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from models.effects.bootstrap import bootstrap_rmst
from models.effects.design import Design, design
from models.effects.matching import nearest
from models.effects.rmst import restricted_mean, rmst
from models.effects.trials import sequential_trials
from models.effects.weighting import propensity
from pipeline.certify import simulation
from pipeline.certify.register import SCENARIOS

N, DRAWS, TAU = 100_000, 2_000, 365.0
TIMED = 5  # repetitions of the loop over lifelines
MOMENTS = 1_000_000
STUDIES = 10


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds, which a busy machine does not lengthen, and what came of it."""
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def bootstrap() -> dict:
    """Equal: the answer, and that of each repetition on the same rows."""
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    rng = np.random.default_rng(1)
    treated = rng.random(N) < 0.5
    ends = np.ceil(rng.exponential(np.where(treated, 160, 220)))
    stops = rng.integers(200, 800, N)
    day, event = np.minimum(ends, stops), ends <= stops
    seconds, ours = timed(lambda: bootstrap_rmst(day, event, treated, tau=TAU, draws=DRAWS))

    def theirs(rows: np.ndarray) -> float:
        means = [
            restricted_mean_survival_time(KaplanMeierFitter().fit(day[part], event[part]), t=TAU)
            for part in (rows[treated[rows]], rows[~treated[rows]])
        ]
        return means[0] - means[1]

    def again(rows: np.ndarray) -> float:
        return restricted_mean(*(a[rows[treated[rows]]] for a in (day, event)), TAU)[0] - restricted_mean(
            *(a[rows[~treated[rows]]] for a in (day, event)), TAU
        )[0]

    assert abs(theirs(np.arange(N)) - ours.estimate) < 1e-6
    drawn = [rng.integers(0, N, N) for _ in range(TIMED)]
    loop, values = timed(lambda: [theirs(rows) for rows in drawn])
    assert np.allclose(values, [again(rows) for rows in drawn], atol=1e-6)
    analytic = rmst(day, event, treated=treated, tau=TAU).se
    assert abs(ours.se / analytic - 1) < 0.1  # 2 000 draws know their spread to 1.6 %
    reckoned = loop / TIMED * DRAWS
    return {"rows": N, "draws": DRAWS, "seconds": seconds, "lifelines_timed": TIMED, "lifelines_seconds_reckoned": reckoned,
            "ratio": reckoned / seconds, "se": ours.se, "se_analytic": analytic}  # fmt: skip


def people() -> tuple[Design, np.ndarray]:
    rng = np.random.default_rng(2)
    X = design({"age": rng.normal(size=N), "prior": rng.gamma(1.0, 1.0, N), "score": rng.normal(size=N)}, N)
    chance = 1 / (1 + np.exp(1.9 - X.X[:, 1:] @ np.array([0.5, 0.4, -0.3])))
    return X, rng.random(N) < chance


def matching() -> dict:
    """Equal: the same pairs."""
    X, treated = people()

    def ours() -> np.ndarray:
        return nearest(propensity(treated, X).mean, treated, side="below")

    seconds, control = timed(ours)
    found = {"rows": N, "treated": int(treated.sum()), "seconds": seconds}
    peer = matchit(X, treated)
    if peer is None:
        distance = propensity(treated, X).mean
        theirs, pairs = timed(lambda: loop_of_neighbours(distance, treated))
        same = float((pairs == nearest(distance, treated)).mean())
        found |= {"peer": "greedy loop over scikit-learn's NearestNeighbors (no MatchIt here)"}
    else:
        theirs, version, pairs = peer
        same = float((pairs == control).mean())
        found |= {"peer": f"MatchIt {version}"}
    assert same > 0.999, f"only {same:.4f} of the pairs are the same"
    return found | {"peer_seconds": theirs, "ratio": theirs / seconds, "same_pairs": same}


def matchit(X: Design, treated: np.ndarray) -> tuple[float, str, np.ndarray] | None:
    """(CPU seconds without reading the file, version, control of each treated), None where R or MatchIt is not there."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        table, pairs = Path(folder) / "people.csv", Path(folder) / "pairs.csv"
        pl.DataFrame({"treated": treated.astype(int), **dict(zip(X.names[1:], X.X[:, 1:].T, strict=True))}).write_csv(table)
        done = subprocess.run(["Rscript", str(Path(__file__).with_suffix(".R")), str(table), str(pairs)], capture_output=True, text=True)
        if done.returncode:
            return None
        seconds, version = done.stdout.split()
        told = pl.read_csv(pairs, null_values="NA").sort("treated")
    return float(seconds), version, told["control"].fill_null(0).to_numpy() - 1


def loop_of_neighbours(distance: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """What one writes by hand: the nearest controls by a tree, the first one still free; more neighbours when all are taken."""
    from sklearn.neighbors import NearestNeighbors

    controls = np.flatnonzero(~treated)
    tree = NearestNeighbors(algorithm="kd_tree").fit(distance[controls, None])
    free = np.ones(len(controls), dtype=bool)
    found = {}
    for row in sorted(np.flatnonzero(treated), key=lambda one: -distance[one]):
        ask = 8
        while row not in found:
            near = tree.kneighbors([[distance[row]]], min(ask, len(controls)), return_distance=False)[0]
            open_ = near[free[near]]
            if len(open_):
                found[row] = controls[open_[0]]
                free[open_[0]] = False
            elif ask >= len(controls):
                found[row] = -1
            ask *= 4
    return np.array([found[row] for row in np.flatnonzero(treated)])


def trials() -> dict:
    """Twelve weeks after each of a million person-weeks."""
    rng = np.random.default_rng(3)
    weeks = rng.integers(5, 30, MOMENTS // 16)
    person = np.repeat(np.arange(len(weeks)), weeks)[:MOMENTS]
    week = np.arange(len(person)) - np.repeat(np.cumsum(weeks) - weeks, weeks)[:MOMENTS]
    X = design({"severe": (rng.random(len(weeks)) < 0.4)[person].astype(float), "age": rng.normal(size=len(weeks))[person]}, len(person))
    starts, back = rng.random(len(person)) < 0.04, np.append(np.diff(person) > 0, True)
    lags = 12
    work = lambda: sequential_trials(person, week, starts, back, X, lags=lags)  # noqa: E731
    seconds, found = timed(work)
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # a written-out trial has a row a person, trial and week followed: id, trial, week, arm, event, weight and the covariates
    left = np.repeat(weeks, weeks)[: len(person)] - week
    written = int(np.minimum(left, lags).sum()) * (6 + X.X.shape[1] - 1) * 8
    return {"moments": len(person), "seconds": seconds, "peak_mb": peak / 2**20, "data_mb": (len(person) * (4 * 8 + 2) + X.X.nbytes) / 2**20,
            "written_out_mb_reckoned": written / 2**20, "ratio": written / peak, "starts": found.fit["starts"]}  # fmt: skip


def certified() -> dict:
    begun = time.perf_counter()  # over all cores, so by the clock on the wall
    simulation.run(tuple(SCENARIOS), STUDIES, seed=1)
    seconds = time.perf_counter() - begun
    count = len(SCENARIOS) * len(simulation.WORLDS) * STUDIES
    answers = sum(len(one.estimators) for one in SCENARIOS.values()) * len(simulation.WORLDS) * STUDIES
    return {"studies": count, "seconds": seconds, "studies_per_second": count / seconds, "answers_per_second": answers / seconds}


def show(found: dict[str, dict]) -> str:
    """The lines that are quoted elsewhere."""
    b, m, t, c = (found[name] for name in ("bootstrap", "matching", "trials", "certify"))
    return "\n".join(
        [
            f"bootstrap of RMST, {b['draws']:,} repetitions at n = {b['rows']:,}: {b['seconds']:.2f} s",
            f"  a loop over lifelines: {b['lifelines_seconds_reckoned']:,.0f} s (reckoned from {b['lifelines_timed']} repetitions): {b['ratio']:,.0f} x as long; same answers",
            f"matching {m['rows']:,} rows, {m['treated']:,} treated: {m['seconds']:.2f} s",
            f"  {m['peer']}: {m['peer_seconds']:.2f} s: {m['ratio']:.1f} x as long; {100 * m['same_pairs']:.2f} % the same pairs",
            f"sequential trials of {t['moments']:,} person-moments: {t['seconds']:.2f} s, peak {t['peak_mb']:.0f} MB beside {t['data_mb']:.0f} MB of data",
            f"  trials written out: {t['written_out_mb_reckoned']:,.0f} MB (reckoned): {t['ratio']:.1f} x as much",
            f"certify: {c['studies_per_second']:.1f} studies a second, {c['answers_per_second']:.0f} answers a second ({c['studies']} studies)",
        ]
    )


def main() -> None:
    """Run all, print, keep bench/out/effects.json."""
    found = {"bootstrap": bootstrap(), "matching": matching(), "trials": trials(), "certify": certified()}
    out = Path(__file__).parent / "out" / "effects.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=1))
    print(show(found))


if __name__ == "__main__":
    main()
