"""Studies of a ranking: do those put first gain more, and is acting on a prediction worth it."""

from __future__ import annotations

import numpy as np
from scipy import integrate, stats

from models.effects.net_benefit import decision_curve
from models.effects.rate import rate
from models.effects.result import Effect
from pipeline.certify.scenario import Estimator, Scenario, once

STEEP = 60.0  # days more gained by the first in line than by the last
CUT = 0.3


def ranked(rng: np.random.Generator, effect: float) -> dict:
    n = 1000
    priority, a = rng.random(n), rng.random(n) < 0.5
    y = rng.normal(165, 110, n) - a * (30 + STEEP * effect * (priority - 0.5))
    return {"scores": -(y - 150) * np.where(a, 2, -2), "priority": priority}


def _rate(d: dict) -> Effect:
    return rate(d["scores"], d["priority"])


RANKED = Scenario(
    "ranking",
    "1 000 patients, half supported by lot; support saves 30 days on average and 60 more for the first of the ranking than for the "
    "last. In the world without an effect all gain 30 days.",
    ranked, lambda effect: {"autoc": STEEP * effect / 4, "qini": STEEP * effect / 12},
    (
        Estimator("rate (AUTOC)", lambda d: once(d, "rate", _rate), "autoc"),
        Estimator("rate, QINI", lambda d: once(d, "rate", _rate).terms["qini"], "qini"),
    ),
)  # fmt: skip


def predicted(rng: np.random.Generator, effect: float) -> dict:
    p = rng.beta(2, 5, 700)
    return {"p": p, "y": (rng.random(700) < p).astype(int)}


def predicted_truth(effect: float) -> dict[str, float]:
    of = stats.beta(2, 5)
    worth = integrate.quad(lambda p: (p - (1 - p) * CUT / (1 - CUT)) * of.pdf(p), CUT, 1)[0]
    return {"net benefit": float(worth)}


PREDICTED = Scenario(
    "prediction", "700 patients with a right prediction of passing day 90 (beta 2, 5); acting on those of 0.3 and more.",
    predicted, predicted_truth,
    (Estimator("decision-curve", lambda d: decision_curve(d["p"], outcome=d["y"], thresholds=[CUT]), "net benefit", null=False),),
)  # fmt: skip
