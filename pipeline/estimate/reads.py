"""Which options each method reads: what --help shows, and what a question is held to before the file is opened."""

from __future__ import annotations

import textwrap
from collections.abc import Collection
from dataclasses import dataclass

from models.effects.formula import sides
from pipeline.errors import UsageError
from pipeline.estimate.asked import Asked

ARM = "treated strata"
FOLLOWED = "entry weights cluster id"
REGRESSED = "treated covariates formula"


@dataclass(frozen=True)
class Reads:
    """One way to ask a method: options it cannot do without, those it may be given, and what tells it from others."""

    needs: str
    may: str = ""
    when: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.when.split(), *self.needs.split(), *self.may.split()]))


# the first way whose `when` is among the given options; the last one has none
READS: dict[str, tuple[Reads, ...]] = {
    "mean-difference": (Reads("outcome treated", "cluster weights se"),),
    "ols": (Reads("formula", "outcome treated cluster weights se", when="formula"), Reads("outcome", "treated covariates cluster weights se")),
    "did": (
        Reads("outcome id period first", "cluster", when="first"),
        Reads("formula", "outcome treated cluster weights se", when="formula"),
        Reads("outcome treated period", "times covariates cluster weights se"),
    ),
    "ipw": (Reads("outcome treated covariates", "formula estimand se cluster weights"),),
    "aipw": (Reads("outcome treated covariates", "formula estimand learner folds cluster weights seed"),),
    "standardise": (Reads("outcome treated covariates", "formula estimand cluster weights"),),
    "match": (Reads("outcome treated covariates", "formula exact caliper replace side estimand"),),
    "wild-bootstrap": (
        Reads("formula cluster", "outcome treated weights boot draws seed", when="formula"),
        Reads("outcome cluster", "treated covariates weights boot draws seed"),
    ),
    "randomisation": (Reads("outcome treated", "cluster strata draws seed"),),
    "kaplan-meier": (Reads("duration event", f"times tau {ARM} cause {FOLLOWED}"),),
    "rmst": (Reads("duration event tau", f"{ARM} cause {FOLLOWED}"),),
    "aalen-johansen": (Reads("duration event", f"cause times tau {ARM} {FOLLOWED}"),),
    "time-lost": (Reads("duration event tau", f"cause {ARM} {FOLLOWED}"),),
    "pseudo": (Reads("duration event tau", f"{REGRESSED} cause entry cluster se"),),
    "cox": (Reads("duration event covariates", f"treated formula cause strata ties {FOLLOWED}"),),
    "fine-gray": (Reads("duration event covariates", "treated formula cause cluster id"),),
    "andersen-gill": (Reads("duration event id covariates", "entry treated formula cause strata ties weights cluster"),),
    "mean-cumulative": (Reads("duration event", f"id entry {ARM} cause times tau weights cluster"),),
    "aft": (Reads("duration event", f"{REGRESSED} cause shape"),),
    "discrete-hazard": (Reads("duration event covariates", "treated formula cause"),),
    "negative-binomial": (
        Reads("formula", "outcome treated duration cluster id weights", when="formula"),
        Reads("outcome", "treated covariates duration cluster id weights"),
    ),
    "sequential-trials": (Reads("id period treated event tau", "covariates formula cause cluster"),),
    "net-benefit": (
        Reads("cost outcome treated", "times covariates cluster weights", when="cost"),
        Reads("priority duration event tau", "covariates times weights", when="duration"),
        Reads("priority outcome", "covariates times weights"),
    ),
    "rate": (
        Reads("outcome priority treated", "covariates formula learner folds cluster draws seed", when="treated"),
        Reads("outcome priority", "cluster draws seed"),
    ),
}  # fmt: skip


def hold(asked: Asked, given: Collection[str]) -> None:
    """Raise UsageError when an option was given that the method, asked this way, does not read."""
    ways = READS[asked.method]
    way = next((one for one in ways if one.when in given), ways[-1])
    may = (*way.options, "treated_value") if "treated" in way.options and "treated" in given else way.options
    if unread := [name for name in given if name not in may]:
        how = f" with --{way.when}" if way.when and len(ways) > 1 else ""
        raise UsageError(
            f"{asked.method}{how} does not read {written(unread)}",
            remedy=f"leave it out; it reads {written(way.options)}",
        )
    if "formula" in given and "covariates" in given:
        raise UsageError("--formula and --covariates both say what to adjust for", remedy="put the covariates into the formula")
    if way.when == "formula" and "outcome" in given and sides(asked.formula)[0]:
        raise UsageError("--formula and --outcome both name the outcome", remedy="leave out --outcome")


def written(options: Collection[str]) -> str:
    """ "--a, --b"."""
    return ", ".join(f"--{name.replace('_', '-')}" for name in options)


def table() -> str:
    """A paragraph a method for --help: what it needs; what it may be given."""
    lines = []
    for method, ways in READS.items():
        for place, way in enumerate(ways):
            told = " ".join(f"--{name}" for name in way.needs.split())
            if way.may:
                told += "; may: " + " ".join(f"--{name}" for name in way.may.split())
            head = method if place == 0 else "  or"
            lines += textwrap.wrap(
                told, 76, initial_indent=f"{head:<18}", subsequent_indent=" " * 18, break_on_hyphens=False
            )
    return "\n".join(lines)
