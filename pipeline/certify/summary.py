"""From what the estimators said to bias, coverage and error rates, each with its Monte Carlo error."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from pipeline.certify.scenario import NAIVE, Scenario

COVERAGE = (0.93, 0.97)
TYPE_I = (0.03, 0.08)
MOST_FAILED = 0.01  # share of studies in which an estimator may have no answer
ALPHA = 0.05


@dataclass(frozen=True)
class Line:
    """One estimator in one scenario; `..._mc` is the Monte Carlo standard error of the number before it.

    se_ratio : mean standard error over the standard deviation of the estimates. failed : share without an answer.
    """

    scenario: str
    estimator: str
    kind: str
    note: str
    studies: int
    truth: float
    mean: float
    bias: float
    bias_mc: float
    rmse: float
    rmse_mc: float
    se_ratio: float
    coverage: float
    coverage_mc: float
    type_i: float
    type_i_mc: float
    failed: float

    @property
    def inside(self) -> bool:
        """Whether coverage and type I error lie within the bounds, and an answer was nearly always given."""
        type_i = math.isnan(self.type_i) or TYPE_I[0] <= self.type_i <= TYPE_I[1]
        return COVERAGE[0] <= self.coverage <= COVERAGE[1] and type_i and self.failed <= MOST_FAILED

    @property
    def near(self) -> bool:
        """Outside by no more than two Monte Carlo standard errors: more studies would tell."""

        def off(value: float, error: float, bounds: tuple[float, float]) -> bool:
            return value < bounds[0] - 2 * error or value > bounds[1] + 2 * error

        return self.failed <= MOST_FAILED and not (off(self.coverage, self.coverage_mc, COVERAGE) or off(self.type_i, self.type_i_mc, TYPE_I))

    @property
    def verdict(self) -> str:
        """In a word or two for the table."""
        if self.kind == NAIVE:
            return "fails, as it must" if not self.inside else "DOES NOT FAIL"
        if self.inside:
            return "within"
        return "OUTSIDE, BY CHANCE?" if self.near else "OUTSIDE"

    def as_row(self) -> dict:
        return asdict(self) | {"verdict": self.verdict}


def summarise(scenario: Scenario, real: np.ndarray, null: np.ndarray) -> list[Line]:
    """One line an estimator. real, null : (studies, estimators, 5) of `simulation.KEPT`."""
    truth = scenario.truth(1.0)
    return [
        _line(scenario.name, estimator, float(truth[estimator.of]), real[:, at], null[:, at])
        for at, estimator in enumerate(scenario.estimators)
    ]


def _line(name, estimator, truth, real, null) -> Line:
    estimate, se, low, high, _ = real.T
    answered = np.isfinite(estimate) & ~np.isnan(low) & ~np.isnan(high)
    value, low, high, se = estimate[answered], low[answered], high[answered], se[answered]
    n = len(value)
    off = value - truth
    covered = (low <= truth) & (truth <= high)
    rmse = math.sqrt(float(np.mean(off**2))) if n else math.nan
    type_i, type_mc, null_failed = math.nan, math.nan, 0.0
    if estimator.null:
        p = null[:, 4][~np.isnan(null[:, 4])]
        null_failed = 1 - len(p) / len(null)
        type_i, type_mc = _share(p < ALPHA)
    coverage, coverage_mc = _share(covered)
    sd = float(value.std(ddof=1)) if n > 1 else math.nan
    return Line(
        name, estimator.name, estimator.kind, estimator.note, len(real), truth, float(value.mean()), float(off.mean()),
        sd / math.sqrt(n), rmse, float(np.std(off**2, ddof=1)) / math.sqrt(n) / (2 * rmse), float(np.sqrt(np.mean(se**2))) / sd,
        coverage, coverage_mc, type_i, type_mc, max(1 - n / len(real), null_failed),
    )  # fmt: skip


def _share(hits: np.ndarray) -> tuple[float, float]:
    if not len(hits):
        return math.nan, math.nan
    share = float(hits.mean())
    return share, math.sqrt(share * (1 - share) / len(hits))
