"""This study's own result among those that are published, on one scale: percent of the days without coordination."""

from __future__ import annotations

import math

from models.benefit.published import NORMAL_95, Study, read_evidence, studies
from pipeline.evaluate.protocol import Protocol


def comparison(made: dict, protocol: Protocol) -> list[dict]:
    """Own result first, then each published one, newest first. Only where days of sick leave are what is judged."""
    if protocol.outcomes.primary != "net_days":
        return []
    own = made["primary"]["percent"]
    first = {
        "own": True, "name": None, "year": None, "design": None, "n": made["n"]["all"], "as_published": None, "source": None,
        "randomised": protocol.arms.came_about == "randomised", "outcome": None,
        "percent": own["estimate"], "ci_low": own["ci_low"], "ci_high": own["ci_high"],
    }  # fmt: skip
    told = sorted(studies(read_evidence()), key=lambda one: (-one.year, one.name))
    return [first, *(_row(one) for one in told)]


def _row(one: Study) -> dict:
    ends = (None, None)
    if one.se is not None:
        ends = tuple(100 * math.expm1(one.log_ratio + sign * NORMAL_95 * one.se) for sign in (-1, 1))
    return {
        "own": False, "name": one.name, "year": one.year, "design": one.design, "n": one.n, "outcome": one.outcome,
        "as_published": one.as_published, "source": one.source, "randomised": one.randomised,
        "percent": 100 * math.expm1(one.log_ratio), "ci_low": ends[0], "ci_high": ends[1],
    }  # fmt: skip
