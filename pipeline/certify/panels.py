"""Studies over time: staggered starts, and treatment that begins while time is already running."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from models.effects.design import Design, design
from models.effects.did import staggered
from models.effects.difference import mean_difference
from models.effects.linear import ols
from models.effects.result import Effect
from models.effects.trials import sequential_trials
from pipeline.certify.scenario import NAIVE, Estimator, Scenario, once

PERIODS = 10
EARLY, LATE = 4, 7  # first periods with treatment


def gain(periods: np.ndarray, first: np.ndarray, effect: float) -> np.ndarray:
    """Mean net days a period saved: grows with the time since the start, and is greater where it began early."""
    since = periods - first
    each = np.where(first == EARLY, -2.0, -1.0) * (1 + 0.5 * since)
    return np.where(since >= 0, each, 0.0) * effect


def stepped(early: int, late: int, never: int):
    """One row a centre and period: mean net days a month of its sick-listed."""

    def draw(rng: np.random.Generator, effect: float) -> dict:
        first = rng.permutation(np.repeat([EARLY, LATE, 99], [early, late, never]))
        many = len(first)
        period = np.arange(1, PERIODS + 1)
        level, trend = rng.normal(15, 2, many), rng.normal(-0.1, 0.15, many)
        noise = rng.normal(0, 1.0, (many, PERIODS))
        for at in range(1, PERIODS):  # what is left of one period's chance in the next
            noise[:, at] = 0.5 * noise[:, at - 1] + np.sqrt(0.75) * noise[:, at]
        wave = 1.5 * np.sin(period / 2) + rng.normal(0, 0.5, PERIODS)
        y = level[:, None] + trend[:, None] * period + wave + noise + gain(period, first[:, None], effect)
        unit = np.repeat(np.arange(many), PERIODS)
        return {"y": y.ravel(), "unit": unit, "period": np.tile(period, many),
                "first": np.where(first == 99, 0, first)[unit]}  # fmt: skip

    return draw


def stepped_truth(early: int, late: int, never: int):
    def truth(effect: float) -> dict[str, float]:
        period = np.arange(1, PERIODS + 1)
        cells = [(count, gain(period, np.array(first), effect)[first - 1 :]) for count, first in ((early, EARLY), (late, LATE))]
        simple = sum(count * each.sum() for count, each in cells) / sum(count * len(each) for count, each in cells)
        overall = sum(count * each.mean() for count, each in cells) / (early + late)
        return {"simple": float(simple), "overall": float(overall), "at once": float((early * -2.0 + late * -1.0) / (early + late) * effect)}

    return truth


def _two_way(d: dict):
    """Regression with centres and periods and one coefficient of treatment."""
    on = ((d["first"] > 0) & (d["period"] >= d["first"])).astype(float)
    columns = {"treated": on, "unit": d["unit"].astype(str), "period": d["period"].astype(str)}
    return ols(d["y"], design(columns, len(on)), cluster=d["unit"], of="treated", se="cr1")


def _staggered(name: str):
    return lambda d: once(d, "staggered", _every).terms[name]


def _every(d: dict) -> Effect:
    return staggered(d["y"], d["unit"], d["period"], d["first"])


def _stepped(name: str, counts: tuple[int, int, int]) -> Scenario:
    return Scenario(
        name,
        f"{sum(counts)} centres over 10 periods: {counts[0]} begin in period 4, {counts[1]} in period 7, {counts[2]} never. Levels, trends and "
        "serially tied noise differ between centres; the effect grows with time and is twice as great for those who begin early.",
        stepped(*counts), stepped_truth(*counts),
        (
            Estimator("ols, centres and periods", _two_way, "simple", NAIVE, "compares late starters with early ones already treated"),
            Estimator("staggered-did", _staggered("simple"), "simple"),
            Estimator("staggered-did, overall", _staggered("overall"), "overall"),
            Estimator("staggered-did, first period", _staggered("e=0"), "at once"),
        ),
    )  # fmt: skip


STAGGERED = (_stepped("staggered start", (13, 13, 14)), _stepped("staggered start, ten centres", (3, 3, 4)))


WEEKS, HORIZON = 30, 12
SEVERE = 0.4  # share
STARTS, ENDS = (-3.2, 1.0), (-1.8, -0.9)  # logits a week: of starting, of returning; and how they change with severity
HELPS = 0.5  # what treatment adds to the logit of returning


def immortal(rng: np.random.Generator, effect: float) -> dict:
    """One row a person and week on leave."""
    n = 800
    severe = rng.random(n) < SEVERE
    end = rng.integers(12, WEEKS + 1, n)  # when follow-up stops, known at the start
    alive, begun = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    parts = []
    for week in range(WEEKS):
        at = np.flatnonzero(alive & (week < end))
        starts = ~begun[at] & (rng.random(len(at)) < expit(STARTS[0] + STARTS[1] * severe[at]))
        begun[at] |= starts
        back = rng.random(len(at)) < expit(ENDS[0] + ENDS[1] * severe[at] + HELPS * effect * begun[at])
        alive[at[back]] = False
        parts.append((at, np.full(len(at), week), starts, back))
    person, week, starts, back = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {"person": person, "week": week, "starts": starts, "back": back,
            "X": design({"severe": severe[person].astype(float)}, len(person))}  # fmt: skip


def immortal_truth(effect: float) -> dict[str, float]:
    """Weeks on leave within the horizon if support begins now, less if it never does; over all weeks at which it may begin.

    A week counts by how many are still on leave and not yet supported then, and could be followed at all.
    """
    gaps, mass = [], []
    watched = [np.mean([week < end for end in range(12, WEEKS + 1)]) for week in range(WEEKS)]
    for severe, share in ((0, 1 - SEVERE), (1, SEVERE)):
        never, now = (expit(ENDS[0] + ENDS[1] * severe + HELPS * effect * on) for on in (0, 1))
        start = expit(STARTS[0] + STARTS[1] * severe)
        stay = ((1 - never) * (1 - start)) ** np.arange(WEEKS)
        lags = np.arange(HORIZON)
        gaps.append(float(((1 - now) ** lags - (1 - never) ** lags).sum()))
        mass.append(share * float(stay @ watched))
    return {"weeks": float(np.average(gaps, weights=mass))}


def _ever_against_never(d: dict):
    """Each person's weeks on leave within the horizon, by whether support ever began: what a naive table shows."""
    weeks = np.bincount(d["person"], d["week"] < HORIZON)
    ever = np.bincount(d["person"], d["starts"]) > 0
    return mean_difference(weeks, ever)


def _trials(d: dict, **more):
    X: Design = d["X"]
    return sequential_trials(d["person"], d["week"], d["starts"], d["back"], X, lags=HORIZON, **more)


IMMORTAL = Scenario(
    "immortal time",
    "800 sick-listed, followed week by week until return or for 12 to 30 weeks. Support may begin in any week, sooner for the severe, who "
    "return later: who is ever supported has had to be on leave long enough. Support adds 0.5 to the weekly logit of return. Horizon 12 weeks.",
    immortal, immortal_truth,
    (
        Estimator("mean-difference, ever against never", _ever_against_never, "weeks", NAIVE, "only long spells live to be supported"),
        Estimator("sequential-trials", _trials, "weeks"),
    ),
)  # fmt: skip
