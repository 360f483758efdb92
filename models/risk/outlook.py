"""What a survival curve says about day 90, day 180, day 365 and the days left.

Convention, here and in outcomes.remaining: `duration_days` = last certified day - as_of, at least 1. A spell
passes day D when day + duration_days > D, so p_D = S(D - day), S(t) = P(duration_days > t); 1 once day > D.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.risk.person_period import HORIZON

PASSES = (90, 180, 365)


@dataclass(frozen=True)
class Outlook:
    """passes: (n, 3) chances; days_left: (n,) expected days within 365; net_days, net_days_sd: (n,)."""

    passes: np.ndarray
    days_left: np.ndarray
    net_days: np.ndarray
    net_days_sd: np.ndarray


def chance_of_passing(survival: np.ndarray, day: np.ndarray, at: int) -> np.ndarray:
    """(n,) from daily curves (n, HORIZON + 1) and the spell's day today."""
    ahead = np.clip(at - day, 0, HORIZON).astype(int)
    return np.where(day > at, 1.0, survival[np.arange(len(day)), ahead])


def expected_days(survival: np.ndarray) -> np.ndarray:
    """(n,) E[min(duration, 365)] = sum of S(0..364)."""
    return survival[:, :HORIZON].sum(axis=1, dtype=float)
