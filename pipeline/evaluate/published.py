"""This study's own result among those that are published, on one scale: percent of the days without coordination."""

from __future__ import annotations

import math

from models.benefit.evidence import EvidenceBenefit
from models.benefit.published import NORMAL_95, Study
from pipeline.evaluate.protocol import Protocol

GROUPS = ("trials", "not_randomised", "related")  # coordination drawn by lot, coordination not, other support to return


def comparison(made: dict, protocol: Protocol) -> list[dict]:
    """Own result first, then the trials of coordination and what they say together, the other evaluations, related support;
    in each group the newest first. Only where days of sick leave are what is judged."""
    if protocol.outcomes.primary != "net_days":
        return []
    own = made["primary"]["percent"]
    first = {
        "kind": "own", "group": None, "name": None, "year": None, "design": None, "n": _compared(made), "days": None, "as_published": None, "source": None,
        "outcome": None, "percent": own["estimate"], "ci_low": own["ci_low"], "ci_high": own["ci_high"],
    }  # fmt: skip
    evidence = EvidenceBenefit.from_toml()
    told = sorted((_row(one) for one in evidence.studies), key=lambda row: (GROUPS.index(row["group"]), -row["year"], row["name"]))
    last = max(at for at, row in enumerate(told) if row["group"] == "trials")
    return [first, *told[: last + 1], _together(evidence), *told[last + 1 :]]


def _compared(made: dict) -> int | None:
    """Those whose outcomes are compared: the matched, where some were left without a match."""
    matched = made["n"]["matched"]
    return made["n"]["all"] if matched is None else matched["both"]


def _row(one: Study) -> dict:
    ends = (None, None)
    if one.se is not None:
        ends = tuple(100 * math.expm1(one.log_ratio + sign * NORMAL_95 * one.se) for sign in (-1, 1))
    group = "related" if one.relevance != "direct" else "trials" if one.randomised else "not_randomised"
    return {
        "kind": "study", "group": group, "name": one.name, "year": one.year, "design": one.design, "n": one.n, "days": one.days, "outcome": one.outcome,
        "as_published": one.as_published, "source": one.source, "percent": 100 * math.expm1(one.log_ratio), "ci_low": ends[0], "ci_high": ends[1],
    }  # fmt: skip


def _together(evidence: EvidenceBenefit) -> dict:
    """The random-effects mean of the trials, Hartung and Knapp's interval: the same pool that the lists' ranking rests on."""
    pooled = evidence.pooled
    low, middle, high = (100 * math.expm1(one) for one in (pooled.low, pooled.estimate, pooled.high))
    return {
        "kind": "together", "group": "trials", "name": None, "year": None, "design": None, "n": None, "days": None, "outcome": None, "as_published": None,
        "source": None, "percent": middle, "ci_low": low, "ci_high": high,
    }  # fmt: skip
