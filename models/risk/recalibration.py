"""Hazards put right on newer months: logit h' = a[day band] + g[group, days] + s[weeks after] + b x logit h, apart on and after the certified day.

Recalibrating hazards, and not the chance at one horizon, keeps every curve monotone and p_90, p_180 and
p_365 in agreement with each other. Trees that are held back enough not to learn single spells leave the groups too near
each other, and differently early and late in a spell: right on the whole, wrong in each. Source: Cox 1958, Biometrika 45:562, applied per stretch; Van Calster et
al. 2019, BMC Medicine 17:230 on the ladder intercept, slope; Hebert-Johnson et al. 2018, ICML (PMLR 80:1939) on
calibration in every group.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit, logit

DAY_EDGES = np.array([15, 31, 61, 91, 181])  # the first day of each later band
GROUP_EDGES = np.array([31, 91])  # days of spell between which a group has an intercept of its own
STRETCH_EDGES = np.array([1, 2, 3, 5, 9, 14, 27])  # stretches after the certified day: weeks, then months
PHASES = 2  # on the certified day, after it
BANDS, PERIODS, STRETCHES = len(DAY_EDGES) + 1, len(GROUP_EDGES) + 1, len(STRETCH_EDGES) + 1
RIDGE = 40.0  # ends of spells' worth of belief that the hazards are right as they are
FEWEST_ENDS = 50


class HazardRecalibration:
    """The identity until fitted; terms_ (PHASES, terms): the intercepts that add up, slopes_ (PHASES,)."""

    def __init__(self) -> None:
        self.groups_ = 0
        self.terms_ = np.zeros((PHASES, BANDS + STRETCHES))
        self.slopes_ = np.ones(PHASES)

    def fit(
        self,
        hazard: np.ndarray,
        ended: np.ndarray,
        *,
        day: np.ndarray,
        stretch: np.ndarray,
        sample_weight: np.ndarray,
        group: np.ndarray | None = None,
        per_spell: float = 1.0,
    ) -> HazardRecalibration:
        """Weighted ridge logistic regression towards the identity, by Newton's method, phase by phase.

        group : code 0, 1, ... of each row, -1 for none. per_spell : moments a spell gives; they end together and count as
        one end, or few spells would decide.
        """
        weight = sample_weight / max(sample_weight.mean(), 1e-12) / per_spell
        group = np.full(len(day), -1) if group is None else group
        self.groups_ = int(group.max(initial=-1)) + 1
        wide = BANDS + STRETCHES + self.groups_ * PERIODS
        self.terms_, self.slopes_ = np.zeros((PHASES, wide)), np.ones(PHASES)
        for phase in range(PHASES):
            here = np.flatnonzero((stretch > 0) == bool(phase))
            if ended[here].sum() < FEWEST_ENDS:
                continue
            score = logit(np.clip(hazard[here], 1e-6, 1 - 1e-6))
            places = self._places(day[here], stretch[here], group[here])
            held = np.column_stack([places >= 0, np.ones(len(here), dtype=bool)])
            values = np.column_stack([np.ones(places.shape), score])[held]
            columns = np.column_stack([places, np.full(len(here), wide)])[held]
            design = csr_array((values, columns, np.append(0, held.sum(axis=1).cumsum())), shape=(len(here), wide + 1))
            found = _ridge_logistic(design, ended[here].astype(float), weight[here], np.append(np.zeros(wide), 1.0))
            # a slope at or below zero would turn the order of people round: leave such months alone
            if found[-1] > 0.2:
                self.terms_[phase], self.slopes_[phase] = found[:-1], found[-1]
        return self

    def apply(self, hazard: np.ndarray, *, day: np.ndarray, stretch: np.ndarray, group: np.ndarray | None = None) -> np.ndarray:
        """Hazards of the same shape, in (0, 1); group as in `fit`, a code not met there is none."""
        phase = (stretch > 0).astype(int)
        score = self.slopes_[phase] * logit(np.clip(hazard, 1e-9, 1 - 1e-9))
        terms = np.column_stack([self.terms_, np.zeros(PHASES)])  # place -1: no term
        for place in self._places(day, stretch, np.full(len(day), -1) if group is None else group).T:
            score += terms[phase, place]
        return expit(score)

    def _places(self, day: np.ndarray, stretch: np.ndarray, group: np.ndarray) -> np.ndarray:
        """(n, 3) columns of the terms of each row, -1 for none."""
        band = np.searchsorted(DAY_EDGES, day, side="right")
        weeks = BANDS + np.searchsorted(STRETCH_EDGES, stretch, side="right")
        own = BANDS + STRETCHES + group * PERIODS + np.searchsorted(GROUP_EDGES, day, side="right")
        return np.column_stack([band, weeks, np.where((group >= 0) & (group < self.groups_), own, -1)])

    def to_dict(self) -> dict:
        return {"groups": self.groups_, "terms": self.terms_.tolist(), "slopes": self.slopes_.tolist()}

    @classmethod
    def from_dict(cls, kept: dict) -> HazardRecalibration:
        made = cls()
        made.groups_ = kept["groups"]
        made.terms_, made.slopes_ = np.array(kept["terms"]), np.array(kept["slopes"])
        return made


def _ridge_logistic(design: csr_array, outcome: np.ndarray, weight: np.ndarray, centre: np.ndarray) -> np.ndarray:
    found = centre.copy()
    for _ in range(30):
        chance = expit(design @ found)
        gradient = design.T @ (weight * (outcome - chance)) - RIDGE * (found - centre)
        curvature = (design.T @ design.multiply((weight * chance * (1 - chance))[:, None])).toarray()
        step = np.linalg.solve(curvature + RIDGE * np.eye(len(found)), gradient)
        found = found + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return found
