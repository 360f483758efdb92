"""Is it worth it: incremental net benefit of an intervention, net benefit of acting on a prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from models.effects.counting import counts, survival
from models.effects.design import CannotEstimate, Design, arms
from models.effects.linear import least_squares
from models.effects.result import Effect, Term, effect, wald


def incremental_net_benefit(
    gain: np.ndarray,
    cost: np.ndarray,
    treated: np.ndarray,
    *,
    worth: Sequence[float],
    X: Design | None = None,
    cluster: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> Effect:
    """worth x gain - cost, treated less control, at each amount a unit of gain is worth.

    Parameters
    ----------
    gain : (n,) greater is better (days NOT on sick leave). cost : (n,). worth : what one unit of gain is worth.
    X : covariates. The answer is at the last worth; the table is the acceptability curve.
    Errors: HC2, or CR2 with clusters. Source: Stinnett & Mullahy 1998; Hoch, Briggs & Willan 2002, Health Econ 11:415.
    """
    yes, _ = arms(treated)
    L = None if X is None else X.without("Intercept")
    columns = [np.ones(len(yes)), yes.astype(float)] + ([] if L is None else [L.X])
    design = Design(np.column_stack(columns), ("Intercept", "treated", *(() if L is None else L.names)))
    kind = "cr2" if cluster is not None else "hc2"

    def at(outcome: np.ndarray) -> Term:
        return least_squares(outcome, design, weights).terms(kind, cluster)["treated"]

    gain, cost = np.asarray(gain, dtype=float), np.asarray(cost, dtype=float)
    table, main = [], None
    for one in worth:
        main = at(one * gain - cost)
        spread = stats.norm if main.df is None else stats.t(main.df)
        chance = float(spread.cdf(main.estimate / main.se)) if main.se > 0 else math.nan
        table.append({"worth": float(one), "net_benefit": main.estimate, "se": main.se, "ci_low": main.ci_low,
                      "ci_high": main.ci_high, "chance_worth_it": chance})  # fmt: skip
    if main is None:
        raise CannotEstimate("give at least one amount that a unit of gain is worth")
    terms = {"net benefit": main, "gain": at(gain), "cost": at(cost)}
    per_unit = terms["cost"].estimate / terms["gain"].estimate if terms["gain"].estimate else math.nan
    return effect(
        main, len(gain), terms=terms, table=table, fit={"cost_per_unit_of_gain": per_unit},
        assumes="arms alike but for the treatment; gain and cost are all that counts",
    )  # fmt: skip


def decision_curve(
    chance: np.ndarray,
    *,
    thresholds: Sequence[float],
    outcome: np.ndarray | None = None,
    duration: np.ndarray | None = None,
    event: np.ndarray | None = None,
    tau: float | None = None,
    weights: np.ndarray | None = None,
) -> Effect:
    """Net benefit of acting where `chance` >= threshold, beside acting on all; on none it is 0.

    outcome : (n,) of 0 and 1; or duration, event and tau, the share with the event by tau then being Kaplan-Meier's
    among those acted on. The answer is at the last threshold; binary outcomes get a standard error.
    Source: Vickers & Elkin 2006, Med Decis Making 26:565; Vickers et al. 2008 for survival; Marsh et al. 2020 for errors.
    """
    chance = np.asarray(chance, dtype=float)
    w = np.ones(len(chance)) if weights is None else np.asarray(weights, dtype=float)
    if not all(0 < one < 1 for one in thresholds):
        raise CannotEstimate("thresholds lie between 0 and 1")
    if outside := int(((chance < 0) | (chance > 1)).sum()):
        raise CannotEstimate(f"{outside} predicted chances lie outside 0 to 1")
    if outcome is not None and not np.isin(outcome, (0, 1)).all():
        raise CannotEstimate("the outcome of a prediction is 0 or 1")

    def share(acted: np.ndarray) -> float:
        if not acted.any():
            return 0.0
        if outcome is not None:
            return float(w[acted] @ np.asarray(outcome, dtype=float)[acted] / w[acted].sum())
        of = counts(np.asarray(duration)[acted], np.asarray(event)[acted], weights=w[acted])
        return 1 - float(survival(of)[of.place(tau)])

    table, main = [], None
    for one in thresholds:
        row = {"threshold": float(one)}
        for name, acted in (("net_benefit", chance >= one), ("all", np.ones(len(chance), dtype=bool))):
            yes = share(acted)
            row[name] = float(w[acted].sum() / w.sum() * (yes - (1 - yes) * one / (1 - one)))
        error = math.nan
        if outcome is not None:
            hit = np.asarray(outcome, dtype=float)
            each = (chance >= one) * (hit - (1 - hit) * one / (1 - one))
            error = math.sqrt(float(w**2 @ (each - row["net_benefit"]) ** 2)) / w.sum()
        main = wald(row["net_benefit"], error)
        table.append({**row, "se": error, "ci_low": main.ci_low, "ci_high": main.ci_high})
    if main is None:
        raise CannotEstimate("give at least one threshold")
    return effect(main, len(chance), terms={"net benefit": main}, table=table, assumes="a threshold is what a false alarm costs against a missed case")
