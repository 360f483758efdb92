"""Could it be something else? Comparisons that must show nothing if the arms are alike but for what is judged."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.effects.design import CannotEstimate
from models.effects.e_value import e_value
from models.effects.result import Effect
from pipeline.evaluate import arrays, primary
from pipeline.evaluate.attrition import condition
from pipeline.evaluate.data import Data
from pipeline.evaluate.disclosure import counts_someone
from pipeline.evaluate.numbers import decimals_of_counts, figures, number
from pipeline.evaluate.protocol import Protocol

# of sick leave before time zero: held out when just that is what is compared
HISTORY = ("day", "degree", "first_degree", "spell_days_24m", "spells_24m_count", "net_so_far_days", "certified_days_ahead")
FEWEST = 10  # in each group
DAYS = 0.3  # net days of a month of 30 days at one per cent


def all_of(data: Data, protocol: Protocol, main: primary.Estimate, stepped: dict | None) -> list[dict]:
    """One row a check: what was found, on the scale of `unit`, and what it says (`pass`, `weak`, `fail`; None: read it).

    weak: nought is in the interval, but so is a difference as large, in standard deviations, as the study's own.
    """
    y, seen = arrays.outcome(data.frame, protocol)
    spread = float(y[seen].std(ddof=1))
    size = abs(main.effect.estimate) / spread if spread > 0 else np.inf
    made = []

    def tried(check: str, unit: str, values: np.ndarray, frame: pl.DataFrame, weights: np.ndarray, names: tuple[str, ...], **more) -> None:
        a = arrays.treated(frame)
        if min((a == 1).sum(), (a == 0).sum()) < max(FEWEST, protocol.smallest_cell) or _few_differ(values, a, protocol.smallest_cell):
            return
        try:
            found = primary.of_values(frame, values, weights, protocol, "ancova" if names else "none", names).effect
        except CannotEstimate:
            return
        told = min(decimals_of_counts(values[a == arm]) for arm in (0.0, 1.0))
        made.append({"check": check, "unit": unit, **more, **number(found, told), "says": _says(found, size * float(values.std(ddof=1)))})

    w = np.ones(data.frame.height) if data.weights is None else data.weights
    kept, own = data.frame.filter(w > 0), w[w > 0]
    names = protocol.adjust.covariates
    if stepped:
        if (before := stepped["before"]) is not None:
            made.append({"check": "before_start", "unit": "outcome", **before, "says": _said(before, abs(main.effect.estimate))})
    elif data.months is not None:
        past = data.months.filter(pl.col("month") < 0).group_by("person_key", "as_of").agg(pl.col("degree_percent").sum() * DAYS)
        told = kept.join(past, on=("person_key", "as_of"), how="left", maintain_order="left")["degree_percent"].fill_null(0.0)
        tried("before", "days", told.to_numpy(), kept, own, tuple(one for one in names if one not in HISTORY))
    if protocol.sensitivity.negative_outcome:
        name = protocol.sensitivity.negative_outcome
        values = arrays.column(kept, name).cast(pl.Float64)
        known = values.is_not_null().to_numpy()
        rest = tuple(one for one in names if one != name)
        tried("negative_outcome", "column", values.drop_nulls().to_numpy(), kept.filter(known), own[known], rest, column=name)
    if (other := protocol.sensitivity.negative_exposure) is not None:
        controls = data.frame.filter(pl.Series(seen & (arrays.treated(data.frame) == 0)))
        exposed = controls.with_columns(treated=condition(other.where, controls).fill_null(False).cast(pl.Float64))
        values = y[seen & (arrays.treated(data.frame) == 0)]
        tried("negative_exposure", "outcome", values, exposed, np.ones(exposed.height), names, name={"sv": other.name.sv, "en": other.name.en})
    if protocol.population.source == "weekly" and not stepped and "cause" in kept.columns:
        soon = (kept["duration_days"] <= protocol.arms.window_days) & (kept["cause"] == 1)
        tried("immortal", "points", 100.0 * soon.to_numpy(), kept, own, (), days=protocol.arms.window_days)
    if protocol.arms.came_about != "randomised" and protocol.adjust.method != "did":  # a ratio of changes has no meaning
        made += _e_value(main)
    return made


def _few_differ(values: np.ndarray, a: np.ndarray, smallest: int) -> bool:
    """Whether nobody, or so few of an arm that the difference would count them, have another value than the usual one."""
    return not values.std() > 0 or any(counts_someone(values[a == arm], smallest) for arm in (0.0, 1.0))


def _says(found: Effect, size: float) -> str:
    return _said({"ci_low": found.ci_low, "ci_high": found.ci_high}, size)


def _said(row: dict, size: float) -> str:
    low, high = row["ci_low"], row["ci_high"]
    if low is None or high is None or not np.isfinite([low, high]).all():
        return "weak"
    if not low <= 0 <= high:
        return "fail"
    return "weak" if max(-low, high) >= size else "pass"


def _e_value(main: primary.Estimate) -> list[dict]:
    """Of the ratio of the two means, the ends of its interval from those of the difference."""
    base, effect = main.control_mean, main.effect
    if not base > 0 or base + effect.estimate <= 0 or not np.isfinite([effect.ci_low, effect.ci_high]).all():
        return []
    ratio = lambda x: max(base + x, 1e-9) / base  # noqa: E731
    value, end = e_value(ratio(effect.estimate), ratio(effect.ci_low), ratio(effect.ci_high))
    return [{"check": "e_value", "unit": "ratio", "estimate": figures(value), "interval": figures(end), "says": None}]
