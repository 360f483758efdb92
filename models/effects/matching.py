"""Matching on the propensity: nearest, caliper, exact columns, with and without replacement."""

from __future__ import annotations

import numpy as np

from models.effects.balance import balance_table
from models.effects.design import CannotEstimate, Design, arms, design
from models.effects.linear import least_squares
from models.effects.result import Effect, Term, effect, wald
from models.effects.weighting import propensity


class _Shelf:
    """Rows in the order of their distance, ties in the order of the file; finds the nearest control still free."""

    def __init__(self, distance: np.ndarray, treated: np.ndarray, rows: np.ndarray) -> None:
        self.order = rows[np.lexsort((rows, distance[rows]))]
        self.place = dict(zip(self.order.tolist(), range(1, len(rows) + 1), strict=True))
        self.line = [-np.inf, *distance[self.order].tolist(), np.inf]
        # place 0 and the last are walls; a place that is not free points onwards
        taken = [False, *treated[self.order].tolist(), False]
        self.left = [at - 1 if full else at for at, full in enumerate(taken)]
        self.right = [at + 1 if full else at for at, full in enumerate(taken)]

    def take(self, row: int, reach: float, side: str) -> int:
        """The free control nearest to a treated row, the one below among equals; -1 when none is within reach."""
        at = self.place[row]
        value, below, above = self.line[at], _end(self.left, at), _end(self.right, at)
        down, up = value - self.line[below], self.line[above] - value
        pick, gap = (below, down) if down <= up or (side == "below" and down <= reach) else (above, up)
        if not (gap <= reach and np.isfinite(gap)):
            return -1
        self.left[pick], self.right[pick] = pick - 1, pick + 1
        return int(self.order[pick - 1])


def _end(links: list[int], at: int) -> int:
    """Where a chain of links ends; the chain is made short on the way."""
    end = at
    while links[end] != end:
        end = links[end]
    while links[at] != end:
        links[at], at = end, links[at]
    return end


def nearest(
    distance: np.ndarray, treated: np.ndarray, *, cell: np.ndarray | None = None, reach: float = np.inf, replace: bool = False,
    side: str = "nearest",
) -> np.ndarray:  # fmt: skip
    """(number of treated,) row of the control of each treated in row order, -1 for none.

    Without replacement the treated of the greatest distance measure choose first (MatchIt's m.order = "largest").
    cell : (n,) whole numbers; only controls of the same cell serve. side : "below" takes the nearest from below
    where there is one, though one above be nearer: what MatchIt 4.5.1 does (its distance loses its decimals), kept
    to check against it.
    """
    yes = np.flatnonzero(treated)
    cell = np.zeros(len(distance), dtype=int) if cell is None else cell
    found = np.full(len(distance), -1)
    for one in np.unique(cell[yes]):
        mine = yes[cell[yes] == one]
        theirs = np.flatnonzero(~treated & (cell == one))
        if not len(theirs):
            continue
        if replace:
            found[mine] = _with_replacement(distance, mine, theirs, reach)
            continue
        shelf = _Shelf(distance, treated, np.concatenate([mine, theirs]))
        for row in mine[np.lexsort((mine, -distance[mine]))].tolist():
            found[row] = shelf.take(row, reach, side)
    return found[yes]


def _with_replacement(distance: np.ndarray, mine: np.ndarray, theirs: np.ndarray, reach: float) -> np.ndarray:
    order = theirs[np.lexsort((theirs, distance[theirs]))]
    line = distance[order]
    at = np.searchsorted(line, distance[mine])
    low, high = np.clip(at - 1, 0, len(line) - 1), np.clip(at, 0, len(line) - 1)
    pick = np.where(np.abs(line[low] - distance[mine]) <= np.abs(line[high] - distance[mine]), low, high)
    return np.where(np.abs(line[pick] - distance[mine]) <= reach, order[pick], -1)


def match(
    outcome: np.ndarray,
    treated: np.ndarray,
    X: Design,
    *,
    exact: np.ndarray | None = None,
    caliper: float | None = None,
    replace: bool = False,
    distance: np.ndarray | None = None,
    side: str = "nearest",
) -> Effect:
    """Effect on the treated who found a match: mean of treated less their controls.

    Parameters
    ----------
    X : of the logistic propensity, whose chance is the distance. exact : (n,) label that must be equal.
    caliper : greatest gap, in standard deviations of the logit of the propensity; the distance is then the logit.
    distance : (n,) to match on instead of the propensity. side : as `nearest`.

    Errors: clusters of pairs (CR1S) without replacement; Abadie & Imbens 2006 with. The term "adjusted" is the
    regression on X within the matched. The table is the balance before and after, SD of the treated.
    Source: Ho, Imai, King & Stuart 2011, J Stat Softw 42(8).
    """
    y = np.asarray(outcome, dtype=float)
    yes, names = arms(treated)
    reach = np.inf
    if distance is None:
        distance = propensity(yes, X).mean
        if caliper is not None:
            distance = np.log(distance / (1 - distance))
    if caliper is not None:
        reach = caliper * np.sqrt((distance[yes].var(ddof=1) + distance[~yes].var(ddof=1)) / 2)
    cell = None if exact is None else np.unique(exact, return_inverse=True)[1]
    control = nearest(distance, yes, cell=cell, reach=reach, replace=replace, side=side)
    mine, theirs = np.flatnonzero(yes)[control >= 0], control[control >= 0]
    if len(mine) < 2:
        raise CannotEstimate("fewer than two treated find a match")
    w = np.bincount(np.append(mine, theirs), minlength=len(y)).astype(float)
    pairs = np.append(np.arange(len(mine)), np.arange(len(mine)))
    rows = np.append(mine, theirs)
    plain = least_squares(y[rows], design({"treated": yes[rows].astype(float)}, len(rows)))
    gap = plain.beta[1]
    if replace:
        main = wald(gap, _abadie_imbens(y, yes, distance, mine, theirs, w))
    else:
        main = plain.terms("cr1s", pairs)["treated"]
    terms = {"att": main, "adjusted": _adjusted(y, yes, X, rows, pairs, replace)}
    terms["mean " + names[0]] = plain.terms("hc1")["Intercept"]
    return effect(
        main, len(y), terms=terms, table=balance_table(X, yes, w, "treated"),
        fit={"pairs": len(mine), "unmatched": int(yes.sum() - len(mine)), "controls_used": len(np.unique(theirs)),
             "most_uses": float(w[~yes].max())},
        assumes="the estimate is the plain difference between the treated who found a match and their controls, and speaks of "
        "those treated; the term adjusted is the regression on the covariates within the matched, which takes what is left of "
        "their differences; every reason for treatment that bears on the outcome is among the covariates",
    )  # fmt: skip


def _adjusted(y: np.ndarray, yes: np.ndarray, X: Design, rows: np.ndarray, pairs: np.ndarray, replace: bool) -> Term:
    L = X.without("Intercept")
    columns = np.column_stack([np.ones(len(rows)), yes[rows], L.X[rows]])
    fit = least_squares(y[rows], Design(columns, ("Intercept", "treated", *L.names)))
    # a control used often is one row of evidence: clusters are then the controls
    clusters = rows if replace else pairs
    return fit.terms("cr1s", clusters)["treated"]


def _abadie_imbens(y, yes, distance, mine, theirs, w) -> float:
    gap = y[mine] - y[theirs]
    spread = np.zeros(len(y))
    used = np.unique(theirs)
    order = np.flatnonzero(~yes)[np.argsort(distance[~yes], kind="stable")]
    if len(order) > 1:
        # variance of a control from its nearest fellow control
        place = np.empty(len(y), dtype=int)
        place[order] = np.arange(len(order))
        beside = order[np.where(place[used] + 1 < len(order), place[used] + 1, place[used] - 1)]
        spread[used] = (y[used] - y[beside]) ** 2 / 2
    extra = (w[used] * (w[used] - 1)) @ spread[used]
    return float(np.sqrt(((gap - gap.mean()) ** 2).sum() + extra) / len(mine))
