"""Estimates as plain numbers for results.json."""

from __future__ import annotations

import math

from models.effects.result import Effect, Term

NAMES = ("estimate", "se", "ci_low", "ci_high", "p", "df")


def number(found: Effect | Term) -> dict:
    """Estimate, error, interval, p and degrees of freedom; None for what does not exist."""
    return {name: finite(getattr(found, name)) for name in NAMES}


def finite(value: float | None) -> float | None:
    """The number, or None where there is none."""
    return None if value is None or not math.isfinite(value) else float(value)


def exponentiated(found: Effect | Term) -> dict:
    """A ratio with its interval, from a logarithm."""
    made = number(found)
    return {"ratio": _exp(made["estimate"]), "ci_low": _exp(made["ci_low"]), "ci_high": _exp(made["ci_high"]), "p": made["p"]}


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(value)
