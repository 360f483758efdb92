"""What a survival curve says about day 90, day 180, day 365 and the days left.

Convention, here and in outcomes.remaining: `duration_days` = last certified day - as_of, at least 1. A spell
passes day D when a later day than D is certified, so p_D = S(D - day), S(t) = P(duration_days > t); 1 once day > D.
On day D itself S(0) = 1 would hide that a spell may end today (recorded as one day away): with certified days
ahead the chance is 1, without it is S(1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.risk.person_period import HORIZON

PASSES = (90, 180, 365)


@dataclass(frozen=True)
class Outlook:
    """passes: (n, 3) chances; days_left: (n,) expected days within 365; net_days, net_days_sd: (n,).

    p_90_ends: (n, 2) 90 % interval of the chance of passing day 90 (models.risk.uncertainty; nan: not known). net_ends: (n, 2)
    that nine in ten persons' own net days will lie in (models.risk.net_days). exits: (n, 5) chance that the spell ends within HORIZON days by
    each cause, the age limit last (models.risk.exits; nan: not known); they add up to 1 - S(HORIZON).
    """

    passes: np.ndarray
    days_left: np.ndarray
    net_days: np.ndarray
    net_days_sd: np.ndarray
    p_90_ends: np.ndarray
    net_ends: np.ndarray
    exits: np.ndarray


def chance_of_passing(
    survival: np.ndarray, day: np.ndarray, at: int, certified: np.ndarray | None = None
) -> np.ndarray:
    """(n,) from daily curves (n, HORIZON + 1), the spell's day today and the certified days ahead (0 or None: not known to
    be any)."""
    left = np.clip(at - day, 1, HORIZON).astype(int)
    ahead = np.zeros(len(day)) if certified is None else certified
    sure = (day > at) | ((day == at) & (ahead >= 1))
    return np.where(sure, 1.0, survival[np.arange(len(day)), left])


def expected_days(survival: np.ndarray) -> np.ndarray:
    """(n,) E[min(duration, 365)] = sum of S(0..364)."""
    return survival[:, :HORIZON].sum(axis=1, dtype=float)


def age_and_group(frame: pl.DataFrame) -> dict[str, np.ndarray]:
    """`age` (n,) years, nan: not known; `group` (n,) target group; of features, where they have them."""
    age = frame["age_years"].cast(pl.Float64).fill_null(np.nan).to_numpy() if "age_years" in frame.columns else np.full(frame.height, np.nan)
    group = frame["target_group"].cast(pl.String).fill_null("other").to_numpy() if "target_group" in frame.columns else np.full(frame.height, "other")
    return {"age": age, "group": group}
