"""Every risk model beside what nobody could beat, on the test months of a simulated region.

    make card                                             # 200 000 persons
    .venv/bin/python bench/card.py --persons 40000        # in minutes
    .venv/bin/python bench/card.py --home HOME            # a simulated home that is there already

Simulates, learns as the night does, and prints champion, Cox, Kaplan-Meier, published SRS (where region.toml names its
file) and the two oracles of bench/oracle.py: AUC, Brier, IPA, observed/expected with 95 % intervals (persons drawn with
replacement), slope, ICI; the champion's calibration in the large in each sex x age band x target group of 200 persons or
more. Kept in bench/out/card.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
from oracle import Oracle, with_truth

from models.measures.bootstrap import person_interval
from models.registry import CHAMPION
from models.risk.person_period import HORIZON
from models.risk.srs import PublishedSRS
from pipeline import housekeeping, run
from pipeline.config.home import Home
from pipeline.console import Console
from pipeline.run_training import past_moments, published_srs
from pipeline.train.training import try_out
from pipeline.train.validation import Tested, age_bands, deeper_at, measures_at

AS_OF = date(2026, 1, 12)
ASKED = 20_000  # test moments that all are compared on; the oracle takes 5 ms each
FEWEST = 200  # persons in a cell whose calibration is judged
ALLOWED = 0.03


def session(home: Home) -> run.Session:
    """One run of the program in this process."""
    return run.Session(home, None, Console(quiet=True), datetime.now())


def prepared(home: Home) -> tuple[pl.DataFrame, date, run.Session]:
    """Moments, outcomes and the last day known, by the night's own rooms."""
    for stage in ("ingest", "spells", "features"):
        run.stage(session(home), stage)
    opened = session(home)
    run._views(opened)
    frame, until = past_moments(opened.con, opened.lake, opened.region, opened.as_of)
    return frame, until, opened


def compared(home: Home) -> dict[str, Tested]:
    """Name -> the same test moments with that model's curves."""
    frame, until, opened = prepared(home)
    begun = time.perf_counter()
    trial = try_out(frame, opened.region.training, until, opened.region.training.seed)
    srs = published_srs(home, opened.region)
    opened.close()
    print(f"{trial.fit.height:,} moments fitted on, {trial.test.height:,} tested on, {time.perf_counter() - begun:.0f} s")
    place = pl.Series("test_row", np.arange(trial.test.height))
    rows = with_truth(trial.test.with_columns(place).head(ASKED), home)
    found = {name: Tested(rows, one.curves[rows["test_row"].to_numpy()]) for name, one in trial.tested().items()}
    if srs:
        found["srs"] = covered(rows, srs)
    oracle = Oracle(home)
    return found | {"truth": Tested(rows, oracle.truth(rows)), "knowable": Tested(rows, oracle.knowable(rows))}


def covered(rows: pl.DataFrame, srs: PublishedSRS) -> Tested:
    """Published SRS on the rows whose diagnosis it covers."""
    curves = srs.curves(rows, np.arange(HORIZON + 1), from_certified_end=True)
    here = np.isfinite(curves[:, -1])
    return Tested(rows.filter(pl.Series(here)), curves[here])


def cells(tested: Tested, best: Tested, passed: int = 90) -> list[dict]:
    """Observed less expected share passing, in each cell large enough; the oracle's beside it."""
    passing, chance, weight, place = tested.at(passed)
    right = best.at(passed)[1]
    rows = tested.rows[place]
    age = age_bands(rows["age_years"].cast(pl.Float64).to_numpy())
    names = np.array([" ".join(one) for one in zip(rows["sex"].fill_null("?"), age, rows["target_group"], strict=True)])
    out = []
    for name in np.unique(names):
        here = (names == name) & (weight > 0)
        persons = tested.person[place][here]
        if len(np.unique(persons)) < FEWEST:
            continue
        w, left = weight[here], passing[here] - chance[here]
        value, low, high = person_interval(lambda W, x=left: (W @ x) / W.sum(axis=1), w, persons)
        found = float(np.average(passing[here] - right[here], weights=w))
        out.append({"cell": str(name), "persons": len(np.unique(persons)), "off": value, "low": low, "high": high, "oracle": found})
    return out


def report(found: dict[str, Tested]) -> dict:
    """The figures that are printed and kept."""
    table = {}
    for at in (90, 180):
        table[str(at)] = {}
        for name, one in found.items():
            deep = deeper_at(one, at)
            table[str(at)][name] = measures_at(one, at, seed=1) | {key: deep.get(key) for key in ("slope", "ici")}
    return {"table": table, "cells": cells(found[CHAMPION], found["knowable"])}


def show(made: dict) -> str:
    """As text."""
    lines = []
    for at, models in made["table"].items():
        lines.append(f"\npassing day {at}        AUC                  IPA                  Brier                observed/expected    slope    ICI")
        for name, f in models.items():
            if "auc" not in f:
                continue
            each = "  ".join(f"{v:.3f} ({a:.3f}-{b:.3f})" for v, a, b in (f[k] for k in ("auc", "ipa", "brier", "o_e")))
            lines.append(f"  {name:<21} {each}   {f['slope']:.3f}  {f['ici']:.4f}")
    best, ours = made["table"]["90"]["knowable"], made["table"]["90"][CHAMPION]
    lines += [
        f"\nAUC below the oracle's by {best['auc'][0] - ours['auc'][0]:.4f} (at most 0.01)",
        f"IPA {ours['ipa'][0] / best['ipa'][0]:.1%} of the oracle's (at least 90 %)",
        f"slope {ours['slope']:.3f} (0.95-1.05), ICI {ours['ici']:.4f} (below 0.02)",
        f"\nobserved less expected share passing day 90, cells of {FEWEST} persons or more (at most {ALLOWED} either way)",
    ]
    for one in made["cells"]:
        beyond = "" if abs(one["off"]) <= ALLOWED else "  beyond" + (", zero within its interval" if one["low"] <= 0 <= one["high"] else "")
        lines.append(
            f"  {one['cell']:<22} {one['persons']:>6} persons  {one['off']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})"
            f"  oracle {one['oracle']:+.3f}{beyond}"
        )
    return "\n".join(lines)


def main() -> None:
    """Simulate where no home is given, compare, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--srs", type=Path, help="the published SRS v3 models, for their row")
    parser.add_argument("--home", type=Path, help="a simulated home; nothing is simulated then")
    given = parser.parse_args()
    folder = given.home or Path(tempfile.mkdtemp(prefix="rehabrisk-card-")) / "home"
    home = Home(folder)
    try:
        if not given.home:
            housekeeping.init(home, Console(quiet=True))
            if given.srs:
                settings = home.region_file.read_text(encoding="utf-8")
                named = f'[training]\nsrs_file = "{given.srs.resolve()}"'
                home.region_file.write_text(settings.replace("[training]", named, 1), encoding="utf-8")
            housekeeping.simulate(home, given.persons, AS_OF, given.seed, 3.0, None, 0.0, Console(quiet=True))
        made = report(compared(home.require()))
    finally:
        if not given.home:
            shutil.rmtree(folder.parent, ignore_errors=True)
    out = Path(__file__).parent / "out" / "card.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(made, indent=1))
    print(show(made))


if __name__ == "__main__":
    main()
