"""From columns to the arrays of each estimator: one small function a method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.effects.design import Design
from models.effects.result import Effect
from models.registry import EFFECTS
from pipeline.errors import UsageError
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


def kaplan_meier(a: Asked, c: Columns) -> Effect:
    given = _survival(a, c)
    given["event"] = _only(given["event"], a.cause)
    times = a.numbers() or ([a.tau] if a.tau else None)
    return EFFECTS["kaplan-meier"](**given, **_arms(c), times=times)


def rmst(a: Asked, c: Columns) -> Effect:
    given = _survival(a, c)
    given["event"] = _only(given["event"], a.cause)
    return EFFECTS["rmst"](**given, **_arms(c), tau=a.tau)


def aalen_johansen(a: Asked, c: Columns) -> Effect:
    return EFFECTS["aalen-johansen"](
        **_survival(a, c), **_arms(c), cause=a.cause, times=a.numbers() or ([a.tau] if a.tau else None)
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


METHODS: dict[str, Callable[[Asked, Columns], Effect]] = {
    "mean-difference": mean_difference,
    "ols": ols,
    "wild-bootstrap": wild_bootstrap,
    "kaplan-meier": kaplan_meier,
    "rmst": rmst,
    "aalen-johansen": aalen_johansen,
    "time-lost": time_lost,
    "cox": cox,
    "fine-gray": fine_gray,
    "andersen-gill": andersen_gill,
}


def method(name: str) -> Callable[[Asked, Columns], Effect]:
    """The method of that name; UsageError names those there are."""
    if name not in METHODS:
        raise UsageError(f"there is no method {name}", remedy=f"choose one of {', '.join(METHODS)}")
    return METHODS[name]
