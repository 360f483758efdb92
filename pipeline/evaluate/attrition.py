"""Who was left at each step, named and counted: the flow of a study from everyone found to everyone analysed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl

from pipeline.errors import UsageError
from pipeline.evaluate.protocol import Protocol, Words

FOUND = Words("Funna", "Found")
NO_ARM = Words("Utanför båda armarna", "In neither arm")
ONCE = Words("Redan inräknade vid ett tidigare tillfälle", "Already counted at an earlier time zero")
SEEN = {
    "whole": Words("Följda hela tiden", "Followed throughout"),
    "withdrew": Words("Drog sig ur", "Withdrew"),
    "moved": Words("Flyttade", "Moved away"),
    "end of data": Words("Data tog slut", "Data ended"),
}


@dataclass(frozen=True)
class Count:
    """One line of the flow: who stayed after a step, and how many it took away."""

    name: dict[str, str]
    left: int
    treated: int
    control: int
    taken: int
    clusters: int | None = None


def flow(cohort: pl.DataFrame, protocol: Protocol) -> tuple[pl.DataFrame, list[Count]]:
    """Keep those who meet every step, in the protocol's order. Each step's `taken` and what is left add up.

    Raises UsageError when a step names a column that the cohort lacks, or is no condition, or nobody is left.
    """
    frame = cohort.with_columns(
        treated=pl.when(pl.col("arm") == protocol.arms.treated_is).then(1.0).when(pl.col("arm").is_in(_controls(cohort, protocol))).then(0.0)
    )  # fmt: skip
    lines = [_count(FOUND, frame, frame.height, protocol)]

    def keep(name: Words, left: pl.DataFrame) -> pl.DataFrame:
        lines.append(_count(name, left, frame.height, protocol))
        return left

    if frame["treated"].null_count():
        frame = keep(NO_ARM, frame.filter(pl.col("treated").is_not_null()))
    for step in protocol.population.steps:
        frame = keep(step.name, frame.filter(condition(step.where, frame).fill_null(False)))
    if protocol.population.source == "weekly" and protocol.population.once != "moment":
        key = "person_key" if protocol.population.once == "person" else "spell_id"
        frame = keep(ONCE, frame.sort("as_of", "person_key").unique(key, keep="first", maintain_order=True))
    if not 0 < frame["treated"].sum() < frame.height:
        raise UsageError(
            f"study {protocol.study}: after {lines[-1].name['en']!r} an arm is empty "
            f"({lines[-1].treated} treated, {lines[-1].control} controls)",
            remedy="look at population and arms in the protocol, and at what the extract holds",
        )
    return frame, lines


def followed(frame: pl.DataFrame, protocol: Protocol) -> list[Count]:
    """How far the analysed were followed, by why it ended."""
    found = []
    for key, name in SEEN.items():
        part = frame.filter(pl.col("outcome_seen") == key)
        if part.height or key == "whole":
            found.append(_count(name, part, frame.height, protocol))
    return found


def as_records(lines: list[Count]) -> list[dict]:
    """For results.json."""
    return [asdict(line) for line in lines]


def _controls(cohort: pl.DataFrame, protocol: Protocol) -> list:
    if cohort["arm"].dtype != pl.String:
        return [value for value in cohort["arm"].drop_nulls().unique().to_list() if value != protocol.arms.treated_is]
    return [one for one in cohort["arm"].drop_nulls().unique().to_list() if one not in (protocol.arms.treated_is, "earlier")]


def condition(where: str, frame: pl.DataFrame) -> pl.Expr:
    """SQL over the cohort's columns. Raises UsageError when it names others or is neither true nor false."""
    try:
        made = pl.sql_expr(where)
        kind = frame.lazy().select(made.alias("x")).collect_schema()["x"]
    except pl.exceptions.PolarsError as fault:
        words = str(fault).splitlines()[0]
        raise UsageError(f"the step {where!r} cannot be asked: {words}", remedy="name columns of the cohort") from None
    if kind != pl.Boolean:
        raise UsageError(f"the step {where!r} is no condition", remedy="write something that is true or false")
    return made


def _count(name: Words, left: pl.DataFrame, before: int, protocol: Protocol) -> Count:
    treated = int(left["treated"].fill_null(-1).eq(1).sum())
    control = int(left["treated"].fill_null(-1).eq(0).sum())
    clusters = left[protocol.clusters].n_unique() if protocol.clusters in left.columns else None
    return Count({"sv": name.sv, "en": name.en}, left.height, treated, control, before - left.height, clusters)
