"""Difference-in-differences: two arms and two periods, or staggered starts without forbidden comparisons."""

from __future__ import annotations

import math

import numpy as np

from models.effects.design import CannotEstimate, Design, arms
from models.effects.few_clusters import degrees_of_freedom, few, left_out
from models.effects.influence import cluster_sums
from models.effects.linear import ols
from models.effects.result import Effect, effect, wald


def did(
    outcome: np.ndarray,
    treated: np.ndarray,
    after: np.ndarray,
    *,
    X: Design | None = None,
    cluster: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    se: str | None = None,
) -> Effect:
    """The treated arm's change less the control arm's: coefficient of treated x after.

    treated, after : (n,) of two values each, the greater is treated, and after. X : covariates.
    Errors as `linear.ols`. The table has the four means.
    """
    y = np.asarray(outcome, dtype=float)
    (yes, names), (late, _) = arms(treated), arms(after)
    columns = np.column_stack([np.ones(len(y)), yes, late, yes & late]).astype(float)
    labels: tuple[str, ...] = ("Intercept", "treated", "after", "treated:after")
    if X is not None:
        extra = X.without("Intercept")
        columns, labels = np.column_stack([columns, extra.X]), labels + extra.names
    found = ols(y, Design(columns, labels), cluster=cluster, weights=weights, se=se, of="treated:after")
    if "treated:after" not in found.terms:
        raise CannotEstimate("an arm has no row before, or none after")
    cells = [
        {"arm": name, "after": int(period), "n": int(rows.sum()), "mean": float(y[rows].mean()) if rows.any() else math.nan}
        for name, arm in zip(names, (~yes, yes), strict=True)
        for period in (0, 1)
        for rows in (arm & (late == period),)
    ]
    main = found.terms["treated:after"]
    return effect(
        main, found.n, terms=found.terms, table=cells, fit=found.fit,
        assumes="without treatment both arms would have changed alike; " + found.assumes.split("; ", 1)[-1],
    )  # fmt: skip


def staggered(
    outcome: np.ndarray,
    unit: np.ndarray,
    period: np.ndarray,
    first: np.ndarray,
    *,
    controls: str = "not-yet",
    cluster: np.ndarray | None = None,
) -> Effect:
    """Effect of treatment that starts at different times, and its course before and after the start.

    Parameters
    ----------
    unit, period : (n,) one row a unit and period. first : (n,) period of the unit's first treatment; nan or 0 = never.
    controls : "not-yet" (never treated and not yet treated) or "never".
    cluster : (n,) in which units lie, constant within a unit; default the unit.

    The answer: mean over treated units and their periods after the start ("simple"). Terms: "overall" weighs each
    start's own mean by its units; "before" is the mean of all before the start; "e=-2" .. are the event study, base the
    period before the start; the table has every (start, period).
    Errors: influence functions, the chance in how many start when included. Few units (50 or fewer): how many start when is
    the design's, variances within each start unbiased, t(units - starts). Few clusters, or a start of one unit: the jackknife, its degrees of freedom
    by how few units make up the variance.
    Source: Callaway & Sant'Anna 2021, J Econometrics 225:200, without covariates.
    """
    panel = _Panel(outcome, unit, period, first, cluster)
    cells, answers = panel.answers(controls)
    errors, df = [panel.error(moved) for _, moved in answers.values()], np.full(len(answers), np.inf if cluster is None else panel.clusters - 1)
    label = np.asarray(unit if cluster is None else cluster)
    if cluster is None and few(label) and min(panel.counts) > 1:
        answers = panel.answers(controls, by_design=True)[1]
        errors, df = [float(np.sqrt(moved @ moved)) for _, moved in answers.values()], np.full(len(answers), float(panel.counts.sum() - len(panel.counts)))
    elif few(label):
        columns = [np.asarray(one) for one in (outcome, unit, period, first, label)]

        def again(rows: np.ndarray) -> np.ndarray:
            found = _Panel(*(one[rows] for one in columns)).answers(controls, panel.size)[1]
            return np.array([found[name][0] if name in found else np.nan for name in answers])

        gaps = left_out(again, np.array([value for value, _ in answers.values()]), label)
        errors, df = np.sqrt((gaps**2).sum(axis=0) * (len(gaps) - 1) / len(gaps)), degrees_of_freedom(gaps)
    terms = {
        name: wald(value, error, float(own) if np.isfinite(own) else None)
        for (name, (value, _)), error, own in zip(answers.items(), errors, df, strict=True)
    }
    table = [{"start": c.g, "period": c.t, "effect": c.value, "se": panel.error(c.moved)} for c in cells]
    return effect(
        terms["simple"], len(panel.unit_first), terms=terms, table=table,
        fit={"units": len(panel.unit_first), "treated_units": int(np.isfinite(panel.unit_first).sum()), "clusters": panel.clusters},
        assumes="without treatment those treated would have changed as the controls did; no one acts on treatment to "
        "come (see the terms before the start)",
    )  # fmt: skip


class _Cell:
    def __init__(self, g: float, t: float, value: float, moved: np.ndarray) -> None:
        self.g, self.t, self.value, self.moved = g, t, value, moved


class _Panel:
    """Outcome as units x periods, with nan where there is no row."""

    def __init__(self, outcome, unit, period, first, cluster) -> None:
        names, at = np.unique(unit, return_inverse=True)
        self.periods, when = np.unique(np.asarray(period, dtype=float), return_inverse=True)
        if len(np.unique(at * len(self.periods) + when)) < len(at):
            raise CannotEstimate("a unit has more than one row in a period; give their mean, or the persons as units")
        self.y = np.full((len(names), len(self.periods)), np.nan)
        self.y[at, when] = np.asarray(outcome, dtype=float)
        start = np.asarray(first, dtype=float)
        start = np.where(np.isnan(start) | (start == 0), np.inf, start)
        self.unit_first = np.full(len(names), np.inf)
        np.minimum.at(self.unit_first, at, start)
        if (start != self.unit_first[at]).any():
            raise CannotEstimate("a unit has more than one first period")
        self.cluster = None
        if cluster is not None:
            self.cluster = np.empty(len(names), dtype=np.asarray(cluster).dtype)
            self.cluster[at] = cluster
        self.clusters = len(names) if cluster is None else len(np.unique(self.cluster))
        self.starts = sorted({float(g) for g in self.unit_first if np.isfinite(g)})
        self.by_design = False
        self.counts = np.unique(self.unit_first, return_counts=True)[1]
        self.size = {g: float((self.unit_first == g).mean()) for g in self.starts}
        self.place = {float(t): at for at, t in enumerate(self.periods)}

    def cell(self, g: float, t: float, controls: str) -> _Cell | None:
        before = self.periods[self.periods < g]
        if not len(before) or t == before[-1]:
            return None
        change = self.y[:, self.place[t]] - self.y[:, self.place[before[-1]]]
        seen = np.isfinite(change)
        mine = (self.unit_first == g) & seen
        others = np.isinf(self.unit_first) if controls == "never" else self.unit_first > max(t, g)
        others = others & seen
        if not mine.any() or not others.any():
            return None
        gap = change[mine].mean() - change[others].mean()
        moved = np.zeros(len(change))
        moved[mine] = (change[mine] - change[mine].mean()) / mine.sum()
        moved[others] = -(change[others] - change[others].mean()) / others.sum()
        if self.by_design:  # sums of squares over n (n - 1)
            for rows in (mine, others):
                moved[rows] *= math.sqrt(rows.sum() / max(rows.sum() - 1, 1))
        return _Cell(g, t, float(gap), moved)

    def error(self, moved: np.ndarray) -> float:
        summed = cluster_sums(moved[:, None], self.cluster)
        return float(np.sqrt((summed**2).sum() * len(summed) / (len(summed) - 1)))

    def pool_parts(self, cells: list[_Cell], g: float) -> _Cell:
        return _Cell(g, g, float(np.mean([c.value for c in cells])), np.mean([c.moved for c in cells], axis=0))

    def answers(
        self, controls: str, size: dict[float, float] | None = None, by_design: bool = False
    ) -> tuple[list[_Cell], dict[str, tuple[float, np.ndarray]]]:
        """Every cell, and each pooled number by name with its influence. size : of each start, when not as found here.
        by_design : how many start when is no chance, and variances are unbiased."""
        self.size, self.by_design = size or self.size, by_design
        cells = [cell for g in self.starts for t in self.periods if (cell := self.cell(g, t, controls)) is not None]
        after = [cell for cell in cells if cell.t >= cell.g]
        if not after:
            raise CannotEstimate("no start has a period before it and controls after it")
        # each start's own mean first, then over starts
        by_start = [self.pool_parts([cell for cell in after if cell.g == g], g) for g in sorted({cell.g for cell in after})]
        found = {"simple": self.pool(after), "overall": self.pool(by_start)}
        if before := [cell for cell in cells if cell.t < cell.g]:
            found["before"] = self.pool(before)  # nought if both would have changed alike
        for gap in sorted({cell.t - cell.g for cell in cells}):
            found[f"e={gap:g}"] = self.pool([cell for cell in cells if cell.t - cell.g == gap])
        return cells, found

    def pool(self, cells: list[_Cell]) -> tuple[float, np.ndarray]:
        """Mean of cells by the number of units of their start, that number's own chance counted in."""
        n = len(self.unit_first)
        member = np.array([self.unit_first == c.g for c in cells])
        size = np.array([self.size[c.g] for c in cells])
        share = size / size.sum()
        value = np.array([c.value for c in cells])
        whole = float(share @ value)
        moved = share @ np.array([c.moved for c in cells])
        if self.by_design:
            return whole, moved
        moved = moved + ((value - whole) @ (member - size[:, None])) / size.sum() / n
        return whole, moved
