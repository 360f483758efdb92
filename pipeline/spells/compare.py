"""How spells by another rule differ from ours: for how many persons and by how much."""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl


@dataclass(frozen=True)
class Difference:
    """One rule beside the clean one. Persons, and days of those whose days differ."""

    rule: str
    spells: int  # of all persons, ended ones too; of the unit view, those shown
    ongoing: int  # persons with an ongoing spell by this rule
    only_here: int  # persons ongoing by this rule alone
    only_clean: int  # persons ongoing by the clean rule alone
    other_start: int  # persons ongoing by both whose spell begins on another day
    other_days: int  # ... whose certified days differ
    median_days: float | None  # of the differences in days, without sign
    most_days: int | None
    any_other: int | None  # persons not all of whose spells, ended ones too, begin the same day with the same days


def difference(rule: str, clean: pl.DataFrame, other: pl.DataFrame, all_spells: bool = True) -> Difference:
    """Compare the ongoing spells of each person, and all of them; both frames hold person_key, start_date, days, ongoing.

    all_spells : whether `other` has the ended ones too; else any_other is None.
    A person with several ongoing spells by a rule (of several care units or care givers) differs when any of them does.
    """
    ours = clean.filter("ongoing").select("person_key", our_start="start_date", our_days="days")
    theirs = other.filter("ongoing")
    both = theirs.join(ours, on="person_key").with_columns(off=(pl.col("days") - pl.col("our_days")).abs())
    off = both.group_by("person_key").agg(pl.col("off").max()).filter(pl.col("off") > 0)["off"]
    return Difference(
        rule=rule,
        spells=other.height,
        ongoing=theirs["person_key"].n_unique(),
        only_here=theirs.join(ours, on="person_key", how="anti")["person_key"].n_unique(),
        only_clean=ours.join(theirs, on="person_key", how="anti")["person_key"].n_unique(),
        other_start=both.filter(pl.col("start_date") != pl.col("our_start"))["person_key"].n_unique(),
        other_days=off.len(),
        median_days=off.median(),
        most_days=off.max(),
        any_other=_any_other(clean, other) if all_spells else None,
    )


def _any_other(clean: pl.DataFrame, other: pl.DataFrame) -> int:
    spell = ["person_key", "start_date", "days"]
    # a person's days come as 32 bits from one table and 64 from another
    ours, theirs = (frame.select(*spell[:2], pl.col("days").cast(pl.Int64)) for frame in (clean, other))
    apart = [ours.join(theirs, on=spell, how="anti"), theirs.join(ours, on=spell, how="anti")]
    return pl.concat(frame.select("person_key") for frame in apart)["person_key"].n_unique()


def as_table(title: str, found: list[Difference], words: dict[str, str], names: dict[str, str]) -> list[str]:
    """The differences as lines of text, a rule a line."""
    columns = [field.name for field in fields(Difference)]
    cells = [[words[name] for name in columns]]
    for one in found:
        row = [getattr(one, name) for name in columns]
        cells.append([names[one.rule], *("–" if value is None else f"{value:.10g}" for value in row[1:])])
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    lines = [
        "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]
    return [title, "", *lines, "", words["note"]]
