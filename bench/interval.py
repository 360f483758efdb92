"""What the 90 % interval of a chance of passing day 90 holds, in simulated regions: what other persons' models say, and the truth.

    .venv/bin/python bench/interval.py                       # 40 000 persons, and two regions more: some ten CPU minutes

Two whole models of two regions err independently, so their difference on the logit scale is divided by the square root of two before it is held
against the interval. The truth is bench/oracle.py's `knowable`, which also knows the person's education: that overstates the miss.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from card import CHAMPION, compared, prepared, simulated

from models.risk.outlook import chance_of_passing
from models.risk.person_period import HORIZON
from models.risk.uncertainty import score
from pipeline.config.home import Home
from pipeline.train.training import try_out

CLEAR = (0.02, 0.98)  # chances beyond are near-certain in every model


def main() -> None:
    """Simulate, learn in each region, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=40_000)
    parser.add_argument("--regions", type=int, default=2, help="further regions, seeds 2 on")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rehabrisk-interval-") as folder:
        found, trial = compared(simulated(Home(Path(folder) / "1"), given.persons, 1))
        ours, truth = found[CHAMPION], found["knowable"]
        early = np.flatnonzero(ours.day < 90)
        rows, weight, day = ours.rows[early], ours.rows["weight"].cast(pl.Float64).to_numpy()[early], ours.day[early]
        chance, right = (chance_of_passing(one.curves[early], day, 90) for one in (ours, truth))
        low, high = trial.uncertainty.interval(trial.encoder.transform(rows), chance).T
        clear = (chance > CLEAR[0]) & (chance < CLEAR[1])
        print(f"{clear.sum()} test moments with a chance of {CLEAR[0]} to {CLEAR[1]}, mean width {np.average((high - low)[clear], weights=weight[clear]):.3f}")
        print(f"hold the truth: {np.average(((low <= right) & (right <= high))[clear], weights=weight[clear]):.2f}")
        reach = (score(high) - score(low)) / 2
        for seed in range(2, 2 + given.regions):
            frame, until, opened = prepared(simulated(Home(Path(folder) / str(seed)), given.persons, seed))
            other = try_out(frame, opened.region.training, until, opened.region.training.seed)
            opened.close()
            said = other.models[CHAMPION].predict_survival(other.encoder.transform(rows), np.arange(HORIZON + 1))
            apart = np.abs(score(chance_of_passing(said, day, 90)) - score(chance)) / np.sqrt(2)
            print(f"hold what the model of region {seed} says: {np.average((apart <= reach)[clear], weights=weight[clear]):.2f}", flush=True)


if __name__ == "__main__":
    main()
