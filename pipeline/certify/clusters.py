"""Studies in few centres: support drawn among each centre's patients, or whole centres drawn to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.effects.difference import mean_difference
from models.effects.doubly_robust import aipw
from models.effects.linear import ols
from models.effects.randomisation import randomisation
from models.effects.result import Effect
from models.effects.standardise import standardise
from models.effects.weighting import ipw
from models.effects.wild import wild_bootstrap
from pipeline.certify.days import PATIENTS, SUPPORTED, lots
from pipeline.certify.patients import Patients, control_share, effects, gain_share, net_days, patients
from pipeline.certify.scenario import CHECK, NAIVE, Estimator, Scenario

SEVEN = np.array([0.25, 0.19, 0.16, 0.13, 0.11, 0.09, 0.07])  # of the patients
WITHIN_LEVEL, WITHIN_SLOPE = 0.035, 0.06  # standard deviation between centres, of the year: 13 and 22 days
DRAWN_LEVEL = 0.06  # 22 days


def even(sd: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform with mean 0 and the standard deviation asked for: shares stay within 0 and 1."""
    return rng.uniform(-1, 1, size) * sd * np.sqrt(3)


def study(
    p: Patients, a: np.ndarray, centre: np.ndarray, effect: float, rng: np.random.Generator, level: float, slope: float = 0.0
) -> dict:
    """Net days where centres differ in level, and in what treatment does there."""
    many = centre.max() + 1
    here, gain = even(level, many, rng), even(slope, many, rng)
    y = net_days(control_share(p) + here[centre] - a * (gain_share(p) * effect + gain[centre]), rng)
    return {"a": a, "y": y, "centre": centre, "X": p.design(), "AX": p.design(a)}


def seven_centres(rng: np.random.Generator, effect: float) -> dict:
    centre = np.repeat(np.arange(7), np.round(SEVEN * PATIENTS).astype(int))
    n = len(centre)
    p, a = patients(n, rng), np.zeros(n, dtype=bool)
    for one in range(7):
        mine = np.flatnonzero(centre == one)
        a[mine] = lots(len(mine), round(len(mine) * SUPPORTED / PATIENTS), rng)
    return study(p, a, centre, effect, rng, WITHIN_LEVEL, WITHIN_SLOPE)


def whole_centres(many: int):
    """`many` centres of 30 to 90 patients, half of them drawn to treat all of theirs."""

    def draw(rng: np.random.Generator, effect: float) -> dict:
        centre = np.repeat(np.arange(many), rng.integers(30, 91, many))
        return study(patients(len(centre), rng), lots(many, many // 2, rng)[centre], centre, effect, rng, DRAWN_LEVEL)

    return draw


NAIVE_DIFFERENCE = Estimator(
    "mean-difference, clusters not told", lambda d: mean_difference(d["y"], d["a"]), "ate", NAIVE, "patients of a centre are alike"
)
NAIVE_MANY = Estimator(
    "ols, CR0", lambda d: ols(d["y"], d["AX"], cluster=d["centre"], se="cr0", of="treated"), "ate", NAIVE, "made for many clusters"
)
LINEAR = (
    Estimator("mean-difference, CR2", lambda d: mean_difference(d["y"], d["a"], cluster=d["centre"]), "ate"),
    Estimator("ols (ANCOVA), CR2", lambda d: ols(d["y"], d["AX"], cluster=d["centre"], of="treated"), "ate"),
    Estimator("wild-bootstrap", lambda d: _with_ties(wild_bootstrap(d["y"], d["AX"], cluster=d["centre"], of="treated")), "ate", CHECK, "all sign vectors"),
    Estimator("wild-bootstrap, Webb", lambda d: wild_bootstrap(d["y"], d["AX"], cluster=d["centre"], of="treated", kind="webb", draws=999), "ate", CHECK, "999 draws"),
)  # fmt: skip
OTHERS = (
    Estimator("ipw", lambda d: ipw(d["y"], d["a"], d["X"], cluster=d["centre"]), "ate"),
    Estimator("aipw", lambda d: aipw(d["y"], d["a"], d["X"], cluster=d["centre"]), "ate"),
    Estimator("standardise", lambda d: standardise(d["y"], d["a"], d["X"], cluster=d["centre"]), "ate"),
)
LOTS = Estimator(
    "randomisation", lambda d: randomisation(d["y"], d["a"], cluster=d["centre"]), "ate", CHECK, "all allocations; a share of few is coarse"
)


def _with_ties(found: Effect) -> Effect:
    return replace(found, p=found.fit["p_with_ties"])


WITHIN = Scenario(
    "seven centres",
    "548 patients of seven centres, 38 to 137 each; support drawn by lot within each centre. Centres differ in level "
    "(standard deviation 13 days) and in what support does there (22 days).",
    seven_centres, effects, (NAIVE_DIFFERENCE, *LINEAR, *OTHERS),
)  # fmt: skip


def _whole(many: int, chosen: tuple[Estimator, ...]) -> Scenario:
    return Scenario(
        f"{many} centres drawn",
        f"{many} centres of 30 to 90 patients, half of them drawn by lot to treat all of theirs; their levels differ (standard deviation 22 days).",
        whole_centres(many), effects, chosen,
    )  # fmt: skip


DRAWN = tuple(_whole(many, (NAIVE_DIFFERENCE, NAIVE_MANY, *LINEAR, *OTHERS, LOTS)) for many in (6, 8, 10))
