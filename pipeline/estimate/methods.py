"""From columns to the arrays of each estimator: one small function a method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.effects.design import CannotEstimate, Design, arms
from models.effects.formula import names_in, sides
from models.effects.result import Effect
from models.registry import EFFECTS
from pipeline.errors import InputError, UsageError
from pipeline.estimate.asked import Asked
from pipeline.estimate.columns import Columns


def mean_difference(a: Asked, c: Columns) -> Effect:
    a.need("outcome", "treated")
    return EFFECTS["mean-difference"](
        c.role("outcome"), c.role("treated"), cluster=c.role("cluster"), weights=c.role("weights"), se=a.se
    )


def ols(a: Asked, c: Columns) -> Effect:
    return EFFECTS["ols"](
        c.outcome(), c.design(a.treated), cluster=c.role("cluster"), weights=c.role("weights"), se=a.se, of=a.treated
    )


def wild_bootstrap(a: Asked, c: Columns) -> Effect:
    a.need("cluster")
    return EFFECTS["wild-bootstrap"](
        c.outcome(), c.design(a.treated), cluster=c.role("cluster"), weights=c.role("weights"), of=a.treated,
        kind=a.boot, draws=a.draws or 9999, seed=a.seed,
    )  # fmt: skip


def _survival(a: Asked, c: Columns) -> dict:
    a.need("duration", "event")
    return {
        "duration": c.role("duration"), "event": c.role("event"), "entry": c.role("entry"),
        "weights": c.role("weights"), "cluster": c.role("cluster") if a.cluster else c.role("id"),
    }  # fmt: skip


def _only(event: np.ndarray, cause: int | None) -> np.ndarray:
    return event if cause is None else np.where(event == cause, event, 0)


def _arms(c: Columns) -> dict:
    return {"treated": c.role("treated"), "groups": c.role("strata")}


def _times(a: Asked) -> list[float] | None:
    """--times and --tau together."""
    return sorted({*a.numbers(), *([a.tau] if a.tau else [])}) or None


def kaplan_meier(a: Asked, c: Columns) -> Effect:
    given = _survival(a, c)
    given["event"] = _only(given["event"], a.cause)
    return EFFECTS["kaplan-meier"](**given, **_arms(c), times=_times(a))


def rmst(a: Asked, c: Columns) -> Effect:
    given = _survival(a, c)
    given["event"] = _only(given["event"], a.cause)
    return EFFECTS["rmst"](**given, **_arms(c), tau=a.tau)


def aalen_johansen(a: Asked, c: Columns) -> Effect:
    return EFFECTS["aalen-johansen"](
        **_survival(a, c), **_arms(c), cause=a.cause, times=_times(a)
    )


def time_lost(a: Asked, c: Columns) -> Effect:
    return EFFECTS["time-lost"](**_survival(a, c), **_arms(c), cause=a.cause, tau=a.tau)


def _hazard_design(a: Asked, c: Columns) -> Design:
    if not a.formula and not a.covariates and not a.treated:
        a.need("covariates")
    return c.design(a.treated).without("Intercept")


def cox(a: Asked, c: Columns) -> Effect:
    given = _survival(a, c)
    return EFFECTS["cox"](
        given.pop("duration"), given.pop("event"), _hazard_design(a, c), **given, cause=a.cause,
        strata=c.role("strata"), ties=a.ties, of=a.treated,
    )  # fmt: skip


def fine_gray(a: Asked, c: Columns) -> Effect:
    given = _survival(a, c)
    return EFFECTS["fine-gray"](
        given["duration"], given["event"], _hazard_design(a, c), cause=a.cause, cluster=given["cluster"], of=a.treated
    )


def andersen_gill(a: Asked, c: Columns) -> Effect:
    given = _survival(a, c)
    if not a.cluster:
        a.need("id")
    return EFFECTS["andersen-gill"](
        given["duration"], given["event"], _hazard_design(a, c), person=given["cluster"], entry=given["entry"],
        weights=given["weights"], cause=a.cause, strata=c.role("strata"), ties=a.ties, of=a.treated,
    )  # fmt: skip


def mean_cumulative(a: Asked, c: Columns) -> Effect:
    given = _survival(a, c)
    person = given.pop("cluster")
    return EFFECTS["mean-cumulative"](
        **given, **_arms(c), person=person, cause=a.cause, times=_times(a)
    )


def _causal(a: Asked, c: Columns) -> tuple[np.ndarray, np.ndarray, Design]:
    """Outcome, arm and covariates; a formula's left side may be the outcome or the arm."""
    a.need("treated")
    y = c.role("outcome")
    if y is None:
        y = c.outcome()
    X = c.design()
    own = [name for name in X.names if name == a.treated or name.startswith((f"{a.treated}[", f"C({a.treated})"))]
    crossed = [name for name in X.names if ":" in name and any(part in own for part in name.split(":"))]
    X = X.without(*own, *crossed)
    if set(X.names) <= {"Intercept"}:
        a.need("covariates")
    return np.asarray(y, dtype=float), c.role("treated"), X


def _estimand(a: Asked) -> str:
    if a.estimand not in (None, "ate", "att"):
        raise UsageError(f"there is no estimand {a.estimand}", remedy="choose ate or att")
    return a.estimand or "ate"


def ipw(a: Asked, c: Columns) -> Effect:
    return EFFECTS["ipw"](
        *_causal(a, c), estimand=_estimand(a), cluster=c.role("cluster"), weights=c.role("weights"), se=a.se or "stacked"
    )


def aipw(a: Asked, c: Columns) -> Effect:
    return EFFECTS["aipw"](
        *_causal(a, c), estimand=_estimand(a), learner=a.learner, folds=a.folds, cluster=c.role("cluster"),
        weights=c.role("weights"), seed=a.seed,
    )  # fmt: skip


def standardise(a: Asked, c: Columns) -> Effect:
    y, arm, X = _causal(a, c)
    models = None
    # a formula of the outcome that names the arm is the regression itself
    if a.formula and a.treated in names_in(sides(a.formula)[1], c.frame.columns):
        models = c.designs_by_arm()
    return EFFECTS["standardise"](
        y, arm, X, models=models, estimand=_estimand(a), weights=c.role("weights"), cluster=c.role("cluster")
    )


def match(a: Asked, c: Columns) -> Effect:
    if a.estimand not in (None, "att"):
        raise UsageError("match answers for the treated, att, alone", remedy="leave out --estimand, or use aipw for ate")
    exact = None
    if a.exact:
        exact = np.array(["\x1f".join(map(str, row)) for row in zip(*(c.named(name) for name in a.exact), strict=True)])
    return EFFECTS["match"](*_causal(a, c), exact=exact, caliper=a.caliper, replace=a.replace, side=a.side)


def did(a: Asked, c: Columns) -> Effect:
    if a.first:
        a.need("outcome", "period", "id")
        return EFFECTS["staggered-did"](
            c.role("outcome"), c.role("id"), c.numbers("period"), c.first_period(), cluster=c.role("cluster")
        )
    if a.formula:
        asked_term = None if a.treated is None or ":" in "".join(c.design().names) else a.treated
        return EFFECTS["ols"](
            c.outcome(), c.design(), cluster=c.role("cluster"), weights=c.role("weights"), se=a.se, of=asked_term
        )
    period = c.role("period")
    if period is None and len(a.times) == 1 and a.times[0] in c.frame.columns:
        period = c.named(a.times[0])
    if period is None:
        a.need("outcome", "treated", "period")
    if period.dtype.kind not in "biuf":
        raise InputError("the column of the period is text", remedy="write 0 for before and 1 for after")
    X = c.design() if a.covariates else None
    return EFFECTS["did"](
        c.role("outcome"), c.role("treated"), period, X=X, cluster=c.role("cluster"),
        weights=c.role("weights"), se=a.se,
    )  # fmt: skip


def negative_binomial(a: Asked, c: Columns) -> Effect:
    y, X = c.outcome(), c.design(a.treated)
    group = c.role("cluster") if a.cluster else c.role("id")
    return EFFECTS["negative-binomial"](
        y, X, exposure=c.role("duration"), cluster=group, weights=c.role("weights"), of=a.treated
    )


def net_benefit(a: Asked, c: Columns) -> Effect:
    if a.cost:
        a.need("outcome", "treated")
        X = c.design() if a.covariates else None
        return EFFECTS["net-benefit"](
            c.role("outcome"), c.role("cost"), c.role("treated"), worth=a.numbers() or [1.0], X=X,
            cluster=c.role("cluster"), weights=c.role("weights"),
        )  # fmt: skip
    chance = a.priority or (a.covariates[0] if len(a.covariates) == 1 else None)
    if chance is None or (a.priority and a.covariates):
        raise UsageError(
            "net-benefit needs --cost with --outcome and --treated, or a predicted chance",
            remedy="give --cost COLUMN for an intervention; --priority CHANCE with --outcome, or with --duration, "
            "--event and --tau, for a prediction",
        )
    predicted = c.named(chance)
    if predicted.dtype.kind not in "biuf":
        raise InputError(f"column {chance} is text, and a predicted chance must be numbers", remedy="write decimals with a point")
    given = {"outcome": c.role("outcome")}
    if a.duration:
        a.need("event", "tau")
        given = {"duration": c.role("duration"), "event": c.role("event"), "tau": a.tau}
    else:
        a.need("outcome")
    thresholds = a.numbers() or [i / 100 for i in range(5, 55, 5)]
    return EFFECTS["decision-curve"](predicted, thresholds=thresholds, weights=c.role("weights"), **given)


def rate(a: Asked, c: Columns) -> Effect:
    """Scores as given, or made from outcome, arm and covariates; without covariates the arm's share is the chance."""
    a.need("outcome", "priority")
    y = c.role("outcome").astype(float)
    if a.treated:
        from models.effects.doubly_robust import nuisances, scores

        if len(y) < 4:
            raise CannotEstimate("too few rows to rank")
        yes, _ = arms(c.role("treated"))
        folds = a.folds or (2 if a.learner == "linear" else 5)
        e, mu0, mu1 = nuisances(
            y, yes, c.design(), learner=a.learner, folds=folds, seed=a.seed, cluster=c.role("cluster")
        )
        y = np.diff(scores(y, yes, e, mu0, mu1), axis=1)[:, 0]
    return EFFECTS["rate"](
        y, c.role("priority").astype(float), cluster=c.role("cluster"), draws=a.draws or 500, seed=a.seed
    )


def randomisation(a: Asked, c: Columns) -> Effect:
    a.need("outcome", "treated")
    return EFFECTS["randomisation"](
        c.role("outcome"), c.role("treated"), cluster=c.role("cluster"), block=c.role("strata"),
        draws=a.draws or 9999, seed=a.seed,
    )  # fmt: skip


def pseudo(a: Asked, c: Columns) -> Effect:
    a.need("duration", "event", "tau")
    groups = c.role("treated") if a.treated else None
    what = "rmst" if a.cause is None else "time-lost"
    return EFFECTS["pseudo"](
        c.role("duration"), c.role("event"), c.design(a.treated), tau=a.tau, what=what, cause=a.cause or 1,
        entry=c.role("entry"), groups=groups, cluster=c.role("cluster"), se=a.se, of=a.treated,
    )  # fmt: skip


def aft(a: Asked, c: Columns) -> Effect:
    a.need("duration", "event")
    return EFFECTS["aft"](
        c.role("duration"), _only(c.role("event"), a.cause), c.design(a.treated), shape=a.shape, of=a.treated
    )


def discrete_hazard(a: Asked, c: Columns) -> Effect:
    a.need("duration", "event")
    return EFFECTS["discrete-hazard"](
        c.role("duration"), _only(c.role("event"), a.cause), _hazard_design(a, c), of=a.treated
    )


def sequential_trials(a: Asked, c: Columns) -> Effect:
    a.need("id", "period", "treated", "event", "tau")
    if not a.tau.is_integer():
        raise UsageError("--tau counts whole periods in sequential-trials", remedy="give a whole number")
    return EFFECTS["sequential-trials"](
        c.role("id"), c.numbers("period"), c.role("treated"), _only(c.role("event"), a.cause) > 0, c.design(),
        lags=int(a.tau), cluster=c.role("cluster"),
    )  # fmt: skip


METHODS: dict[str, Callable[[Asked, Columns], Effect]] = {
    "mean-difference": mean_difference,
    "ols": ols,
    "did": did,
    "ipw": ipw,
    "aipw": aipw,
    "standardise": standardise,
    "match": match,
    "rmst": rmst,
    "kaplan-meier": kaplan_meier,
    "aalen-johansen": aalen_johansen,
    "time-lost": time_lost,
    "pseudo": pseudo,
    "cox": cox,
    "fine-gray": fine_gray,
    "andersen-gill": andersen_gill,
    "mean-cumulative": mean_cumulative,
    "aft": aft,
    "discrete-hazard": discrete_hazard,
    "negative-binomial": negative_binomial,
    "wild-bootstrap": wild_bootstrap,
    "randomisation": randomisation,
    "sequential-trials": sequential_trials,
    "net-benefit": net_benefit,
    "rate": rate,
}


def method(name: str) -> Callable[[Asked, Columns], Effect]:
    """The method of that name; UsageError names those there are."""
    if name not in METHODS:
        raise UsageError(f"there is no method {name}", remedy=f"choose one of {', '.join(METHODS)}")
    return METHODS[name]
