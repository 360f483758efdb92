"""Published effects as log ratios of sick-leave days, derived from the figures as they were printed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

SHIPPED = Path(__file__).with_name("evidence.toml")
NORMAL_95 = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Study:
    """One published comparison. log_ratio < 0: fewer days with coordination; se is None when none was published."""

    name: str
    year: int
    design: str
    grade: str
    randomised: bool
    relevance: str
    n: int | None
    outcome: str
    as_published: str
    source: str
    log_ratio: float
    se: float | None
    days: float | None = None  # the difference in days, where it was published beside the ratio


def read_evidence(path: Path | None = None) -> dict[str, Any]:
    """The table as written; `path` None = the one shipped.

    Raises
    ------
    ValueError : not TOML, or a section is missing.
    """
    try:
        table = tomllib.loads((path or SHIPPED).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise ValueError(f"{path or SHIPPED} is not TOML: {fault}") from None
    if missing := [name for name in ("hazard", "prior", "subgroups", "study") if name not in table]:
        raise ValueError(f"{path or SHIPPED} lacks {', '.join(missing)}")
    return table


def studies(table: dict[str, Any]) -> list[Study]:
    """Every study of the table with its log ratio and standard error.

    Raises
    ------
    ValueError : a figure is missing or the kind is unknown; the message names the study.
    """
    return [_study(entry, table["hazard"]) for entry in table["study"]]


def _study(entry: dict[str, Any], hazard: dict[str, Any]) -> Study:
    try:
        log_ratio, se, words = DERIVE[entry["kind"]](entry, hazard)
        plain = ("name", "year", "design", "grade", "randomised", "relevance", "outcome", "source")
        return Study(**{name: entry[name] for name in plain}, n=entry.get("n"), days=entry.get("days"),
                     as_published=words, log_ratio=log_ratio, se=se)  # fmt: skip
    except KeyError as missing:
        raise ValueError(
            f"evidence on {entry.get('name', 'an unnamed study')}: {missing} is missing or unknown"
        ) from None


def _means(e: dict, _: dict) -> tuple[float, float, str]:
    """log(a / b); relative errors add in quadrature (delta method), as the arms are independent."""
    se = float(np.hypot(e["mean_se"] / e["mean"], e["control_se"] / e["control_mean"]))
    words = f"{e['mean']} (SE {e['mean_se']}) against {e['control_mean']} (SE {e['control_se']})"
    return float(np.log(e["mean"] / e["control_mean"])), se, words


def _mean_difference(e: dict, _: dict) -> tuple[float, float, str]:
    """log(1 + d / control mean); the control mean is an assumption, its own error is not counted."""
    with_coordination = e["control_mean"] + e["difference"]
    se = (e["high"] - e["low"]) / (2 * NORMAL_95) / with_coordination
    words = f"{e['difference']} ({e['low']} to {e['high']}), over {e['control_mean']:g} ({e['control_mean_basis'].split(':')[0]})"
    return float(np.log(with_coordination / e["control_mean"])), se, words


def _means_p(e: dict, _: dict) -> tuple[float, float, str]:
    """log(a / b); the error is what would have given the published p in a t-test."""
    log_ratio = float(np.log(e["mean"] / e["control_mean"]))
    t = stats.t.isf(e["p"] / 2, e["degrees_of_freedom"])
    return log_ratio, float(abs(log_ratio) / t), f"{e['mean']:g} against {e['control_mean']:g}, p = {e['p']}"


def _hazard_ratio(e: dict, hazard: dict) -> tuple[float, float, str]:
    """Ratio of mean days within the horizon, if spells end at constant rates whose ratio is the published one.

    The control rate leaves `share_left` on leave at the horizon. The error follows by the delta method from
    the published interval on the log scale.
    """
    rate = -np.log(hazard["share_left"])  # per horizon

    def log_mean_days(log_ratio: float) -> float:
        x = rate * np.exp(log_ratio)
        return float(np.log(-np.expm1(-x) / x))

    at, step = float(np.log(e["ratio"])), 1e-5
    slope = (log_mean_days(at + step) - log_mean_days(at - step)) / (2 * step)
    se = abs(slope) * float(np.log(e["high"] / e["low"])) / (2 * NORMAL_95)
    words = f"HR {e['ratio']:g} ({e['low']:g}-{e['high']:g})"
    return log_mean_days(at) - log_mean_days(0.0), se, words


def _ratio(e: dict, _: dict) -> tuple[float, None, str]:
    return float(np.log1p(e["change"])), None, f"{100 * e['change']:+.0f} %, no interval"


DERIVE = {
    "means": _means,
    "mean_difference": _mean_difference,
    "means_p": _means_p,
    "hazard_ratio": _hazard_ratio,
    "ratio": _ratio,
}
