"""The patients of simulated studies: what is known of them, their net days, and what is true of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models.effects.design import Design, design

YEAR = 365.0
GAIN, MORE_FOR_RETURNERS = 0.145, 0.10  # 53 days of 365, and how much more those with earlier sick leave gain
SPREAD = 1.2  # of the beta distribution: a standard deviation of about 120 days, many near 0 and near 365
WOMEN, MENTAL, PRIOR = 0.67, 0.5, 0.35


@dataclass(frozen=True)
class Patients:
    """age (n,) in -1..1 (25 to 64 years), woman, mental (ill-health) and prior (sick leave) 0 or 1."""

    age: np.ndarray
    woman: np.ndarray
    mental: np.ndarray
    prior: np.ndarray

    def __len__(self) -> int:
        return len(self.age)

    def columns(self) -> dict[str, np.ndarray]:
        return {"age": self.age, "woman": self.woman, "mental": self.mental, "prior": self.prior}

    def design(self, treated: np.ndarray | None = None) -> Design:
        """Intercept, treated when given, and all that is known."""
        first = {} if treated is None else {"treated": treated.astype(float)}
        return design(first | self.columns(), len(self))

    def take(self, rows: np.ndarray) -> Patients:
        return Patients(*(values[rows] for values in self.columns().values()))


def patients(n: int, rng: np.random.Generator) -> Patients:
    """n patients, all four traits independent."""
    age = rng.uniform(-1, 1, n)
    return Patients(age, *(np.asarray(rng.random(n) < share, dtype=float) for share in (WOMEN, MENTAL, PRIOR)))


def everyone() -> tuple[Patients, np.ndarray]:
    """All kinds of patients and how common each is: 40 Gauss-Legendre points of age x 8 combinations."""
    point, mass = np.polynomial.legendre.leggauss(40)
    grid = np.array(np.meshgrid(np.arange(40), [0, 1], [0, 1], [0, 1], indexing="ij")).reshape(4, -1)
    weight = mass[grid[0]] / 2
    for share, value in zip((WOMEN, MENTAL, PRIOR), grid[1:], strict=True):
        weight = weight * np.where(value == 1, share, 1 - share)
    return Patients(point[grid[0]], *(value.astype(float) for value in grid[1:])), weight


def control_share(p: Patients) -> np.ndarray:
    """Expected share of the year on sick leave untreated; mean 0.45 (165 net days)."""
    return 0.45 + 0.08 * p.age + 0.12 * (p.prior - PRIOR) + 0.08 * (p.mental - MENTAL) - 0.03 * (p.woman - WOMEN)


def gain_share(p: Patients) -> np.ndarray:
    """Expected share of the year saved by treatment; mean 0.145 (53 net days)."""
    return GAIN + MORE_FOR_RETURNERS * (p.prior - PRIOR)


def net_days(share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Net days within the year, beta distributed around `share` of it."""
    return YEAR * rng.beta(SPREAD * share, SPREAD * (1 - share))


def chance(p: Patients) -> np.ndarray:
    """Who is treated where nobody draws lots: a quarter, those who fare worse more often."""
    return expit(-1.9 + 1.2 * p.prior + 1.0 * p.age + 0.7 * p.mental)


def effects(effect: float) -> dict[str, float]:
    """Mean effect in net days over all (ate) and over those whom `chance` treats (att), and in percent of the control mean."""
    p, weight = everyone()
    each = -YEAR * gain_share(p) * effect
    lent = weight * chance(p)
    ate = float(weight @ each)
    return {
        "ate": ate, "att": float(lent @ each / lent.sum()),
        "percent": 100 * ate / float(YEAR * weight @ control_share(p)),
    }  # fmt: skip
