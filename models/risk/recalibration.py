"""Hazards put right on newer months: logit h' = a[cell] + b[phase] x logit h.

Recalibrating hazards, and not the chance at one horizon, keeps every curve monotone and p_90, p_180 and
p_365 in agreement with each other. Source: Cox 1958, Biometrika 45:562, applied per stretch; Van Calster et
al. 2019, BMC Medicine 17:230 on the ladder intercept, slope.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

DAY_EDGES = np.array([15, 31, 61, 91, 181])  # the first day of each later band
PHASES = 2  # on the certified day, after it
RIDGE = 40.0  # ends of spells' worth of belief that the hazards are right as they are


def cells(day: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """Phase x day band as one number."""
    return (stretch > 0) * (len(DAY_EDGES) + 1) + np.searchsorted(DAY_EDGES, day, side="right")


class HazardRecalibration:
    """Intercept per phase and day band, slope per phase; the identity until fitted."""

    def __init__(self) -> None:
        self.intercepts_ = np.zeros(PHASES * (len(DAY_EDGES) + 1))
        self.slopes_ = np.ones(PHASES)

    def fit(
        self,
        hazard: np.ndarray,
        ended: np.ndarray,
        *,
        day: np.ndarray,
        stretch: np.ndarray,
        sample_weight: np.ndarray,
        per_spell: float = 1.0,
    ) -> HazardRecalibration:
        """Weighted ridge logistic regression towards the identity, by Newton's method, phase by phase.

        per_spell : moments a spell gives; they end together and count as one end, or few spells would decide.
        """
        wide = len(DAY_EDGES) + 1
        weight = sample_weight / max(sample_weight.mean(), 1e-12) / per_spell
        for phase in range(PHASES):
            here = (stretch > 0) == bool(phase)
            if ended[here].sum() < 50:
                continue
            score = logit(np.clip(hazard[here], 1e-6, 1 - 1e-6))
            band = np.searchsorted(DAY_EDGES, day[here], side="right")
            design = np.column_stack([np.eye(wide)[band], score])
            start = np.append(np.zeros(wide), 1.0)
            found = _ridge_logistic(design, ended[here].astype(float), weight[here], start)
            # a slope at or below zero would turn the order of people round: leave such months alone
            if found[-1] > 0.2:
                self.intercepts_[phase * wide : (phase + 1) * wide] = found[:-1]
                self.slopes_[phase] = found[-1]
        return self

    def apply(self, hazard: np.ndarray, *, day: np.ndarray, stretch: np.ndarray) -> np.ndarray:
        """Hazards of the same shape, in (0, 1)."""
        score = logit(np.clip(hazard, 1e-9, 1 - 1e-9))
        return expit(self.intercepts_[cells(day, stretch)] + self.slopes_[(stretch > 0).astype(int)] * score)

    def to_dict(self) -> dict:
        return {"intercepts": self.intercepts_.tolist(), "slopes": self.slopes_.tolist()}

    @classmethod
    def from_dict(cls, kept: dict) -> HazardRecalibration:
        made = cls()
        made.intercepts_, made.slopes_ = np.array(kept["intercepts"]), np.array(kept["slopes"])
        return made


def _ridge_logistic(
    design: np.ndarray, outcome: np.ndarray, weight: np.ndarray, centre: np.ndarray
) -> np.ndarray:
    found = centre.copy()
    for _ in range(30):
        chance = expit(design @ found)
        gradient = design.T @ (weight * (outcome - chance)) - RIDGE * (found - centre)
        curvature = (design * (weight * chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.solve(curvature + RIDGE * np.eye(len(found)), gradient)
        found = found + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return found
