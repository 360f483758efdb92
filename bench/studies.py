"""The simulated study run again and again through the whole pipeline: is its primary estimate right, its interval honest?

    .venv/bin/python bench/studies.py --studies 400     # the figures of docs/studies.md

Each study is another draw of the scenario: patients, certificates and enrolments simulated as extracts, taken in, made
into spells and the protocol's cohort, followed, and estimated as `rehabrisk evaluate sll-2012` does it. Only the model
(which the study does not read), the report and the secondary analyses are left out. The truth is what the scenario was
made to give: the mean over many patients (pipeline/simulate/study.py, `expected`). Gates are not asked: they stop a
wrong table, change none, and take four fifths of the time (tests/flow runs this study with them).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

SCENARIO = "sll-2012"
AS_OF = date(2026, 1, 12)
PERSONS = 700  # the study's 548, and a few others so that the region has its usual parts
FIELDS = ("estimate", "ci_low", "ci_high", "se", "df")


def one_study(seed: int, method: str | None = None) -> dict:
    """From extracts to the primary estimate; days and percent of the control mean, with what was true of these patients."""
    import polars as pl

    from pipeline import housekeeping, run
    from pipeline.config.home import Home
    from pipeline.console import Console
    from pipeline.evaluate import primary
    from pipeline.evaluate.protocol_file import find, read_protocol
    from pipeline.run_evaluation import Study, followed

    quiet, begun = Console(quiet=True), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="study-") as place:
        home = Home(Path(place) / "home")
        housekeeping.init(home, quiet)
        housekeeping.simulate(home, PERSONS, AS_OF, seed, 3.0, SCENARIO, 0.0, quiet)
        run.stage(_session(home, quiet), "ingest")
        read = read_protocol(find(SCENARIO))
        protocol = replace(read.protocol, sensitivity=replace(read.protocol.sensitivity, gap_days=()))
        session = _session(home, quiet)
        data = followed(Study(session, replace(read, protocol=protocol), "en", home.studies / SCENARIO))
        session.close()
        found = primary.estimate(data.frame, protocol, method)
        means = {row["arm"]: row["mean"] for row in primary.means(data.frame, protocol)}
        truth = pl.read_parquet(home.truth / "study.parquet").filter(pl.col("withdrew_on").is_null())
    return {
        "seed": seed,
        "n": [found.effect.n, data.frame.height, int(data.frame["treated"].sum())],
        "days": [getattr(found.effect, name) for name in FIELDS],
        "percent": [getattr(found.percent, name) for name in FIELDS],
        "means": [means["control"], means["treated"]],
        "of_these_patients": (truth["net_days_treated"] - truth["net_days_untreated"]).mean(),
        "counted_wrong": _miscounted(data.frame, truth),
        "seconds": time.perf_counter() - begun,
    }


def _session(home, console):
    from pipeline.run import Session

    made = Session(home, AS_OF, console, datetime.now())
    made.gate = None
    return made


def _miscounted(frame, truth) -> dict[str, float]:
    """By arm: mean net days found less mean net days that happened, of those who did not withdraw or move."""
    seen = frame.filter(frame["outcome_seen"] == "whole")
    return {
        arm: seen.filter(seen["arm"] == arm)["net_days"].mean() - truth.filter(truth["arm"] == arm)["net_days"].mean()
        for arm in ("control", "intervention")
    }


def judged(studies: list[dict], true: dict[str, float]) -> dict:
    """Mean, bias and coverage with their Monte Carlo errors, by scale."""
    made = {}
    for scale, truth in true.items():
        rows = [one[scale] for one in studies]
        n, mean = len(rows), sum(row[0] for row in rows) / len(rows)
        spread = math.sqrt(sum((row[0] - mean) ** 2 for row in rows) / max(n - 1, 1))
        covered = sum(row[1] <= truth <= row[2] for row in rows) / n
        made[scale] = {
            "true": truth, "mean": mean, "mc_error": spread / math.sqrt(n), "bias_in_mc_errors": (mean - truth) / (spread / math.sqrt(n)),
            "spread": spread, "mean_se": sum(row[3] for row in rows) / n, "coverage": covered,
            "coverage_mc_error": math.sqrt(covered * (1 - covered) / n), "mean_df": sum(row[4] for row in rows) / n,
            "not_nought": sum(row[1] > 0 or row[2] < 0 for row in rows) / n,
        }  # fmt: skip
    return made


def run_all(seeds: Iterable[int], processes: int, told=lambda one: None, method: str | None = None) -> list[dict]:
    """The studies in order of seed, over processes."""
    seeds, made = list(seeds), []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for one in pool.map(partial(one_study, method=method), seeds):
            made.append(one)
            told(one)
    return made


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--studies", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1, help="of the first study; the others follow")
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--method", help="in place of the protocol's own")
    asked.add_argument("--out", type=Path, help="a JSON file of the figures and every study's estimate")
    how = asked.parse_args()
    from pipeline.simulate.study import expected

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    without, with_it = expected(SCENARIO, 400_000, seed=10_000)
    true = {"days": with_it - without, "percent": 100 * (with_it / without - 1)}
    begun = time.perf_counter()

    def told(one: dict) -> None:
        print(f"{one['seed']:5d}  {one['days'][0]:7.1f} ({one['days'][1]:.1f} to {one['days'][2]:.1f})", file=sys.stderr, flush=True)

    studies = run_all(range(how.seed, how.seed + how.studies), how.processes, told, how.method)
    figures = {
        "studies": how.studies, "first_seed": how.seed, "method": how.method or "of the protocol",
        "true_means": {"control": without, "supported": with_it}, **judged(studies, true),
        "counted_wrong": {arm: sum(one["counted_wrong"][arm] for one in studies) / len(studies) for arm in studies[0]["counted_wrong"]},
        "seconds": time.perf_counter() - begun, "seconds_a_study": sum(one["seconds"] for one in studies) / len(studies),
    }  # fmt: skip
    print(json.dumps(figures, indent=1))
    if how.out:
        how.out.write_text(json.dumps(figures | {"each": studies}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
