"""Expected saved days on the first day in any region: published evidence, sceptically read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from models.benefit.meta_analysis import Pooled, pool
from models.benefit.published import Study, read_evidence, studies

LEVEL = 0.90


@dataclass(frozen=True)
class SavedDays:
    """Net days within 365 that coordination offered now is expected to save; (n,) each; negative = costs days."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Prior:
    """What a new place may expect before it has seen its own effect, as log(days with : without).

    mean, sd : of the mixture of the pooled trials and the outliers. t : half-width of the 90 % interval in
    sd, from the t distribution of the pool's k - 1 degrees of freedom. reduction : expected relative
    reduction, 1 - E[exp(log ratio)], the mean of a log-normal.
    """

    mean: float
    sd: float
    t: float
    reduction: float


class EvidenceBenefit:
    """Saved days = net days left x the relative reduction that evidence lets a subgroup expect.

    The prior pools the randomised evaluations of coordination (random effects, REML); each point estimate
    without published uncertainty enters as a small part of a mixture, never as if it were precise. Subgroups
    scale the prior's mean by what Stockholm's reports of 2017 and 2018 say, and keep all its width: where the
    mean is none, it is none give or take. Multipliers are not normalised: the best subgroups get the pooled
    mean and the others less, as the subgroups' shares in the pooled trials are not published.

    Source: models/benefit/README.md; figures in evidence.toml.
    """

    basis = "evidence"

    def __init__(self, table: dict[str, Any]) -> None:
        self.table = table
        self.studies = studies(table)
        self.subgroups = table["subgroups"]
        self.pooled = pool_of(self.studies, lambda study: study.randomised and study.relevance == "direct")
        self.prior = _prior(self.pooled, self.studies, table["prior"]["outlier_weight"])

    @classmethod
    def from_toml(cls, path: Path | str | None = None) -> EvidenceBenefit:
        """From an evidence table; None = the one shipped (evidence.toml).

        Raises
        ------
        ValueError : the table is not TOML, lacks a section, or a study lacks a figure; OSError : no such file.
        """
        return cls(read_evidence(Path(path) if path else None))

    def multiplier(
        self,
        target_group: np.ndarray,
        prior_sick_leave_days: np.ndarray,
        care_contacts: np.ndarray,
        degree: np.ndarray,
    ) -> np.ndarray:
        """Share of the pooled reduction that each person's subgroup may expect, 0-1; (n,).

        target_group : "mental", "pain", "both" or "other" (anything else counts as "other").
        prior_sick_leave_days : certified days in the 24 months before the spell; missing = none.
        care_contacts : contacts in the 365 days before the spell; missing = not delivered, which is not low use.
        degree : percent now, 25-100; missing = whole time.
        """
        rule = self.subgroups
        group = np.array(
            [rule["group"].get(str(one), rule["group"]["other"]) for one in target_group], dtype=float
        )
        earlier = _numbers(prior_sick_leave_days) >= rule["history_days"]  # missing compares as False
        contacts = _numbers(care_contacts)
        care = np.select(
            [np.isnan(contacts), contacts <= rule["low_contacts"]],
            [rule["history"]["unknown_care"], rule["history"]["neither"]],
            rule["history"]["care_only"],
        )
        history = np.where(earlier, rule["history"]["earlier_sick_leave"], care)
        percent = np.nan_to_num(_numbers(degree), nan=100.0)
        steps = sorted((float(at), value) for at, value in rule["degree"].items())
        shares = np.array([value for _, value in steps])
        nearest = np.searchsorted(np.array([at for at, _ in steps]), percent, side="left")
        return group * history * shares[np.minimum(nearest, len(shares) - 1)]

    def reduction(self, multiplier: np.ndarray) -> SavedDays:
        """Relative reduction per unit of net days for given multipliers: expectation and 90 % interval, (n,) each."""
        mean = multiplier * self.prior.reduction
        # the log-normal whose mean is 1 - reduction and whose width is the prior's
        centre = np.log1p(-mean) - self.prior.sd**2 / 2
        reach = self.prior.t * self.prior.sd
        return SavedDays(mean, 1 - np.exp(centre + reach), 1 - np.exp(centre - reach))

    def predict_saved(
        self,
        net_days_left: np.ndarray,
        net_days_sd: np.ndarray | None,
        target_group: np.ndarray,
        prior_sick_leave_days: np.ndarray,
        care_contacts: np.ndarray,
        degree: np.ndarray,
    ) -> SavedDays:
        """Expected net days saved within 365 days by coordination offered now, with a 90 % interval.

        Parameters
        ----------
        net_days_left : (n,) expected net days within 365 without coordination, >= 0.
        net_days_sd : (n,) standard error of that expectation (not the spread of outcomes), or None = known.
        The others : see `multiplier`.

        Returns
        -------
        SavedDays. The interval covers the uncertainty of the effect at this place and of net_days_left,
        added in quadrature on each side; it is about what is expected, not about one person's outcome.

        Raises
        ------
        ValueError : net_days_left negative or not finite, net_days_sd negative, or unequal lengths.
        """
        days = _numbers(net_days_left)
        spread = np.zeros_like(days) if net_days_sd is None else np.nan_to_num(_numbers(net_days_sd))
        lengths = {
            len(days),
            len(spread),
            len(target_group),
            len(prior_sick_leave_days),
            len(care_contacts),
            len(degree),
        }
        if len(lengths) > 1:
            raise ValueError(f"all arrays must be of one length, got {sorted(lengths)}")
        if not np.isfinite(days).all() or (days < 0).any() or (spread < 0).any():
            raise ValueError(
                "net days left must be finite and not negative, and so must their standard errors"
            )
        share = self.reduction(self.multiplier(target_group, prior_sick_leave_days, care_contacts, degree))
        mean = days * share.mean
        from_days = stats.norm.ppf(0.5 + LEVEL / 2) * np.abs(share.mean) * spread
        return SavedDays(
            mean,
            mean - np.hypot(days * (share.mean - share.low), from_days),
            mean + np.hypot(days * (share.high - share.mean), from_days),
        )


def pool_of(of: list[Study], wanted: Any) -> Pooled:
    """The random-effects pool (REML) of the studies with a standard error for which wanted(study) holds."""
    chosen = [study for study in of if study.se is not None and wanted(study)]
    return pool(np.array([one.log_ratio for one in chosen]), np.array([one.se for one in chosen]))


def _prior(pooled: Pooled, all_studies: list[Study], outlier_weight: float) -> Prior:
    """Mean and variance of the mixture: trials' predictive distribution, and the same around each outlier."""
    outliers = np.array([study.log_ratio for study in all_studies if study.se is None])
    weights = np.array([1 - outlier_weight * len(outliers), *[outlier_weight] * len(outliers)])
    centres = np.array([pooled.estimate, *outliers])
    mean = float(weights @ centres)
    # the larger of the two errors: Hartung-Knapp's can by luck be smaller than the model's
    within = pooled.tau2 + max(pooled.hartung_knapp_se, pooled.se) ** 2
    variance = within + float(weights @ (centres - mean) ** 2)
    t = float(stats.t.ppf(0.5 + LEVEL / 2, pooled.k - 1))
    return Prior(mean, float(np.sqrt(variance)), t, float(-np.expm1(mean + variance / 2)))


def _numbers(values: np.ndarray) -> np.ndarray:
    """As floats; missing (None, null) as NaN."""
    return np.asarray(values, dtype=float)
