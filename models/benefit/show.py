"""The evidence as tables in Markdown; README.md holds what this gives, and a test keeps it so."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from models.benefit.evidence import EvidenceBenefit, pool_of
from models.benefit.published import NORMAL_95, Study

POOLS = (
    ("**randomised, coordination (the prior)**", lambda s: s.randomised and s.relevance == "direct"),
    ("and randomised, near", lambda s: s.randomised and s.relevance in ("direct", "near")),
    ("all randomised", lambda s: s.randomised),
    ("all with an interval", lambda s: True),
)
CONTROL_MEANS = (100.0, 130.0, 160.0)  # working days a year; the middle one is what evidence.toml holds


def markdown(benefit: EvidenceBenefit) -> str:
    """Studies, pools, prior, subgroups and what the assumptions are worth, as Markdown tables."""
    return "\n\n".join([_studies(benefit), _pools(benefit), _subgroups(benefit), _assumptions(benefit)]) + "\n"


def _percent(log_ratio: float) -> str:
    return f"{100 * np.expm1(log_ratio):+.0f} %"


def _studies(benefit: EvidenceBenefit) -> str:
    lines = ["| study | year | design | relevance | as published | days, with : without | 95 % interval | weight |",
             "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    in_prior = [s for s in benefit.studies if s.se is not None and POOLS[0][1](s)]
    weights = dict(zip([s.name for s in in_prior], benefit.pooled.weights, strict=True))
    for s in benefit.studies:
        weight = f"{100 * weights[s.name]:.0f} %" if s.name in weights else ""
        lines.append(f"| {s.name} | {s.year} | {s.design} | {s.relevance} | {s.as_published} | "
                     f"{_percent(s.log_ratio)} | {_interval(s)} | {weight} |")  # fmt: skip
    return "\n".join(lines)


def _interval(s: Study) -> str:
    if s.se is None:
        return "not published"
    return f"{_percent(s.log_ratio - NORMAL_95 * s.se)} to {_percent(s.log_ratio + NORMAL_95 * s.se)}"


def _pools(benefit: EvidenceBenefit) -> str:
    lines = [
        "| pool | studies | mean | 95 % interval | at a new place, 95 % | tau | I² |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, wanted in POOLS:
        p = pool_of(benefit.studies, wanted)
        lines.append(
            f"| {name} | {p.k} | {_percent(p.estimate)} | {_percent(p.low)} to {_percent(p.high)} | "
            f"{_percent(p.prediction_low)} to {_percent(p.prediction_high)} | {p.tau2**0.5:.2f} | {100 * p.i2:.0f} % |"
        )
    prior = benefit.prior
    lines.append("")
    lines.append(f"Prior with the outlier: log ratio {prior.mean:.3f}, standard deviation {prior.sd:.3f}; "
                 f"expected reduction **{100 * prior.reduction:.1f} %**.")  # fmt: skip
    return "\n".join(lines)


def _subgroups(benefit: EvidenceBenefit) -> str:
    lines = ["| diagnosis group | history | degree | multiplier | expected saving of 100 net days | 90 % interval |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    histories = {"earlier sick leave": (30, 9), "none, more care": (0, 9), "none, low care": (0, 1)}
    for group, history, degree in itertools.product(
        ("mental", "pain", "both", "other"), histories, (100, 50, 25)
    ):
        if degree != 100 and (group, history) != ("mental", "earlier sick leave"):
            continue
        days, contacts = histories[history]
        args = (np.array([group]), np.array([days]), np.array([contacts]), np.array([degree]))
        saved = benefit.predict_saved(np.array([100.0]), None, *args)
        lines.append(f"| {group} | {history} | {degree} | {benefit.multiplier(*args)[0]:g} | {saved.mean[0]:.1f} | "
                     f"{saved.low[0]:.0f} to {saved.high[0]:.0f} |")  # fmt: skip
    return "\n".join(lines)


def otherwise(table: dict[str, Any], control_mean: float, outliers: bool) -> EvidenceBenefit:
    """The same evidence with another control mean for the differences whose own is assumed, with or without the outliers."""
    entries = [
        entry | {"control_mean": control_mean} if entry.get("control_mean_basis", "").startswith("assumed") else entry
        for entry in table["study"]
        if outliers or entry["kind"] != "ratio"
    ]
    return EvidenceBenefit(table | {"study": entries})


def _assumptions(benefit: EvidenceBenefit) -> str:
    lines = ["| mean absence assumed for the review | Stockholm's figure in the mixture | pool | prior: log ratio (standard deviation) | "
             "expected reduction | at most of 100 net days, 90 % interval |", "|---|---|---|---|---|---|"]  # fmt: skip
    for control_mean, outliers in itertools.product(CONTROL_MEANS, (True, False)):
        other = otherwise(benefit.table, control_mean, outliers)
        prior, most = other.prior, other.reduction(np.array([1.0]))
        lines.append(f"| {control_mean:g} | {'yes' if outliers else 'no'} | {_percent(other.pooled.estimate)} | "
                     f"{prior.mean:.3f} ({prior.sd:.3f}) | {100 * prior.reduction:.1f} % | "
                     f"{100 * most.low[0]:.0f} to {100 * most.high[0]:.0f} |")  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown(EvidenceBenefit.from_toml()))
