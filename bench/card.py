"""Every risk model beside what nobody could beat, on the test months of a simulated region.

    make card                                             # 200 000 persons, and four regions more to test on
    .venv/bin/python bench/card.py --persons 40000 --further 0
    .venv/bin/python bench/card.py --home HOME --further 0   # a simulated home that is there already

Simulates, learns as the night does, and prints champion, Cox, Kaplan-Meier, published SRS (where region.toml names its
file) and the two oracles of bench/oracle.py: AUC, IPA, Brier, observed/expected, slope and ICI with 95 % intervals (persons
drawn with replacement). One region's test months hold a few hundred persons a cell of sex x age band x target group: too few to
tell 3 points from chance, which the oracle's own figures show. The champion is therefore tested on the same months of further
regions of the same world too, whose persons it has never met, and each cell that has 200 persons in the first region is
judged over all of them. Kept in bench/out/card.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
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
from models.risk.srs import FIRST_DAY, PublishedSRS
from pipeline import housekeeping, run
from pipeline.config.home import Home
from pipeline.console import Console
from pipeline.privacy.pseudonyms import KEY_FILE
from pipeline.run_training import past_moments, published_srs
from pipeline.train.selection import choose_moments
from pipeline.train.training import Trial, try_out
from pipeline.train.validation import Tested, age_bands, deeper_at, measures_at, srs_curves
from pipeline.train.windows import between

AS_OF = date(2026, 1, 12)
PASSED = (90, 180)
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


def compared(home: Home) -> tuple[dict[str, Tested], Trial]:
    """Name -> the same test moments with that model's curves; and the models."""
    frame, until, opened = prepared(home)
    begun = time.perf_counter()
    trial = try_out(frame, opened.region.training, until, opened.region.training.seed)
    srs = published_srs(home, opened.region)
    opened.close()
    print(f"{trial.fit.height:,} moments fitted on, {trial.test.height:,} tested on, {time.perf_counter() - begun:.0f} s")
    place = pl.Series("test_row", np.arange(trial.test.height))
    rows = with_truth(trial.test.with_columns(place).filter(pl.col("day") < max(PASSED)), home)
    found = {name: Tested(rows, one.curves[rows["test_row"].to_numpy()]) for name, one in trial.tested().items()}
    if srs:
        found |= beside_srs(found[CHAMPION], srs)
    oracle = Oracle(home)
    return found | {"truth": Tested(rows, oracle.truth(rows)), "knowable": Tested(rows, oracle.knowable(rows))}, trial


def simulated(home: Home, persons: int, seed: int, srs: Path | None = None) -> Home:
    """A new home with a simulated region's extracts, and a key that is no secret: which moments are drawn hangs on the pseudonyms."""
    housekeeping.init(home, Console(quiet=True))
    home.vault.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home.vault / KEY_FILE).write_bytes(hashlib.sha256(f"card {seed}".encode()).digest())
    (home.vault / KEY_FILE).chmod(0o600)
    if srs:
        settings = home.region_file.read_text(encoding="utf-8")
        named = f'[training]\nsrs_file = "{srs.resolve()}"'
        home.region_file.write_text(settings.replace("[training]", named, 1), encoding="utf-8")
    housekeeping.simulate(home, persons, AS_OF, seed, 3.0, None, 0.0, Console(quiet=True))
    return home.require()


def elsewhere(trial: Trial, persons: int, seed: int) -> Tested:
    """The champion on the test months of another region, on moments before day 90."""
    with tempfile.TemporaryDirectory(prefix="rehabrisk-card-") as folder:
        frame, until, opened = prepared(simulated(Home(Path(folder) / "home"), persons, seed))
        opened.close()
    windows, settings = trial.windows, opened.region.training
    until = min(until, windows.until)
    chosen, _ = choose_moments(
        frame.filter(pl.col("as_of") < until), max_moments=settings.max_moments, per_spell=settings.per_spell,
        first_days=settings.first_days, seed=seed,
    )  # fmt: skip
    test = between(chosen, windows.test_from, until, until).filter(pl.col("day") < PASSED[0])
    curves = trial.models[CHAMPION].predict_survival(trial.encoder.transform(test), np.arange(HORIZON + 1))
    return Tested(test, curves)


def together(tested: list[Tested]) -> Tested:
    """The rows of several regions as those of one; persons of two regions are two persons."""
    needed = ("person_key", "as_of", "day", "duration_days", "cause", "weight", "sex", "age_years", "target_group")
    rows = pl.concat([one.rows.select(needed).with_columns(region=pl.lit(place)) for place, one in enumerate(tested)])
    rows = rows.with_columns(person_key=pl.struct("region", "person_key").rank("dense"))
    return Tested(rows, np.concatenate([one.curves for one in tested]))


def beside_srs(ours: Tested, srs: PublishedSRS) -> dict[str, Tested]:
    """Published SRS, and the champion, on the rows that SRS was made for: a diagnosis it covers, from day 15 on.

    As published, and told beside that the certified end is reached, which ours knows too.
    """
    covered, curves = srs_curves(ours.rows, srs)
    here = covered & (ours.day >= FIRST_DAY)
    rows = ours.rows.filter(pl.Series(here))
    return {name: Tested(rows, one[here]) for name, one in (curves | {"champion_there": ours.curves}).items()}


def cell_names(rows: pl.DataFrame) -> np.ndarray:
    """(n,) sex, age band and target group."""
    age = age_bands(rows["age_years"].cast(pl.Float64).to_numpy())
    return np.array([" ".join(one) for one in zip(rows["sex"].fill_null("?"), age, rows["target_group"], strict=True)])


def cells(home: Tested, best: Tested, every: Tested, passed: int = PASSED[0]) -> list[dict]:
    """Each cell of FEWEST persons or more at home: observed less expected share passing there, with its interval, the
    oracle's, the share that the oracle expects less ours (free of the chance in what was observed), and over all regions."""
    shares = {}
    for name, one in (("home", home), ("oracle", best), ("every", every)):
        passing, chance, weight, place = one.at(passed)
        shares[name] = (passing, chance, weight, one.person[place], cell_names(one.rows[place]))
    out = []
    *_, seen, persons, named = shares["home"]
    for cell in np.unique(named):
        if len(np.unique(persons[(named == cell) & (seen > 0)])) < FEWEST:
            continue
        found = {}
        for name, (passing, chance, weight, person, names) in shares.items():
            here = (names == cell) & (weight > 0)
            w, left = weight[here], passing[here] - chance[here]
            found[name] = len(np.unique(person[here])), person_interval(lambda W, x=left: (W @ x) / W.sum(axis=1), w, person[here])
        out.append({"cell": str(cell)} | {name: {"persons": n, "off": value} for name, (n, value) in found.items()})
    return out


def report(found: dict[str, Tested], further: list[Tested]) -> dict:
    """The figures that are printed and kept."""
    table = {}
    for at in PASSED:
        table[str(at)] = {name: measures_at(one, at, seed=1) | deeper_at(one, at, seed=1) for name, one in found.items()}
    ours = found[CHAMPION]
    every = together([ours, *further])
    everywhere = measures_at(every, PASSED[0], seed=1) | deeper_at(every, PASSED[0], seed=1)
    made = {"table": table, "regions": 1 + len(further), "everywhere": everywhere, "cells": cells(ours, found["knowable"], every)}
    for one in [everywhere, *(figures for models in table.values() for figures in models.values())]:
        for long in ("curve", "net_benefit"):
            one.pop(long, None)
    return made


def figures(f: dict) -> str:
    """One line of the table."""
    each = [f"{v:.3f} ({a:.3f}-{b:.3f})" for v, a, b in (f[k] for k in ("auc", "ipa", "brier", "o_e"))]
    each += [f"{f[k]:.3f} ({f[k + '_95'][0]:.3f}-{f[k + '_95'][1]:.3f})" for k in ("slope", "ici")]
    return "  ".join(each)


def show(made: dict) -> str:
    """As text."""
    lines = []
    for at, models in made["table"].items():
        heads = ("AUC", "IPA", "Brier", "observed/expected", "slope", "ICI")
        lines.append(f"\npassing day {at:<10} " + "".join(f"{head:<21}" for head in heads))
        lines += [f"  {name:<20} {figures(f)}" for name, f in models.items() if "auc" in f]
    first = str(PASSED[0])
    best, ours, wide = made["table"][first]["knowable"], made["table"][first][CHAMPION], made["everywhere"]
    many = f"champion in {made['regions']} regions"
    lines += [
        f"  {many:<20} {figures(wide)}   (day {first}, {wide['persons']} persons)",
        f"\nAUC below the oracle's by {best['auc'][0] - ours['auc'][0]:.4f} (at most 0.01)",
        f"IPA {ours['ipa'][0] / best['ipa'][0]:.1%} of the oracle's (at least 90 %)",
        f"slope {ours['slope']:.3f}, in all regions {wide['slope']:.3f} (0.95-1.05); ICI {ours['ici']:.4f}, in all regions {wide['ici']:.4f} (below 0.02)",
        f"\nobserved less expected share passing day {first}, in cells of {FEWEST} persons or more (in all regions at most {ALLOWED} either way)",
        f"  {'cell':<18}{'persons':>8} {'here':<28}{'oracle, here':<14}{'oracle less ours':<18}in all regions",
    ]
    beyond, here_too = 0, 0
    for one in made["cells"]:
        here, best, wide = one["home"], one["oracle"]["off"], one["every"]
        off = abs(wide["off"][0]) > ALLOWED
        beyond += off
        here_too += abs(here["off"][0]) > ALLOWED
        lines.append(
            f"  {one['cell']:<18}{here['persons']:>8} {_off(here['off']):<28}{best[0]:<+14.3f}{here['off'][0] - best[0]:<+18.3f}"
            f"{wide['persons']:>6} persons {_off(wide['off'])}{'  beyond' if off else ''}"
        )
    chance = sum(abs(one["oracle"]["off"][0]) > ALLOWED for one in made["cells"])
    lines.append(f"{beyond} of {len(made['cells'])} cells beyond in all regions; {here_too} here, where {chance} are by the oracle's chances too")
    return "\n".join(lines)


def _off(interval: tuple[float, float, float]) -> str:
    return "{:+.3f} ({:+.3f} to {:+.3f})".format(*interval)


def main() -> None:
    """Simulate where no home is given, compare, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--further", type=int, default=4, help="further regions that the champion is tested on, seeds seed + 1 on")
    parser.add_argument("--srs", type=Path, help="the published SRS v3 models, for their row")
    parser.add_argument("--home", type=Path, help="a simulated home; nothing is simulated then")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rehabrisk-card-") as folder:
        home = Home(given.home).require() if given.home else simulated(Home(Path(folder) / "home"), given.persons, given.seed, given.srs)
        found, trial = compared(home)
        further = [elsewhere(trial, given.persons, given.seed + place) for place in range(1, given.further + 1)]
    made = report(found, further)
    out = Path(__file__).parent / "out" / "card.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(made, indent=1))
    print(show(made))


if __name__ == "__main__":
    main()
