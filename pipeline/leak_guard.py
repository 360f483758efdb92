"""No feature may see the future: training makes the features of past moments once more, from what was known by each of them.

What the night's SQL gives at a past moment from all that is known now must be what it gives from the rows, and the columns of
a row, that were known by that moment. A feature for which that is not so makes training refuse. Which columns of a known row are
filled in later is declared with the table (`told_later` in data/schemas/ingest.*.json), so that a new one has to be.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl

from pipeline.errors import InputError
from pipeline.run_order import FEATURE_TABLES, SPELL_TABLES
from pipeline.spells.clean import make_spells
from pipeline.store.gate import SCHEMAS
from pipeline.store.tables import Lake

KEYS = ("person_key", "as_of")
COMPARED = 5_000  # moments, if there are so many
MOST_ROUNDS = 5  # of a person's moments, one a round
MOST_PERSONS = 20_000  # a round


def refuse_what_sees_the_future(night: Lake, training: Lake, tables: tuple[str, ...], max_gap_days: int) -> int:
    """Compare the features in the training lake with those made from what was known by the moment.

    Each person is looked at on a day of their own, so that one pass over the tables covers the days of the whole past; a feature
    is made of its own person's rows alone. Of few persons further moments are compared, a pass each.

    tables : of ingest, as the night's lake has them. The views of the training lake are as before when it is done.
    Returns how many moments were compared. Raises InputError naming the features that differ.
    """
    compared, found = 0, {}
    for asked in _rounds(training.read("moments.training")):
        now, then = _both(night, training, tables, max_gap_days, asked)
        compared += now.height
        for name, count in differing(now, then).items():
            found[name] = found.get(name, 0) + count
        if compared >= COMPARED or found:
            break
    if found:
        told = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
        raise InputError(
            f"features see the future: of {compared} past moments, so many change with what became known later: {told}",
            remedy="mend their SQL: a row counts from its known_from, a column that is filled in later from its own day, an event from its own "
            "(pipeline/features/README.md)",
        )
    return compared


def differing(now: pl.DataFrame, then: pl.DataFrame) -> dict[str, int]:
    """Feature -> moments at which it is not the same in both; `spell` for moments that only one of them has."""
    both = now.join(then, on=KEYS, suffix="_then")
    found = {"spell": now.height + then.height - 2 * both.height}
    for name, kind in now.schema.items():
        if name not in KEYS:
            left, right = pl.col(name), pl.col(f"{name}_then")
            close = ((left - right).abs() <= 1e-9 * (1 + left.abs())).fill_null(False) if kind.is_float() else pl.lit(False)
            found[name] = both.filter(left.ne_missing(right) & ~close).height
    return {name: count for name, count in found.items() if count}


def told_later(table: str) -> tuple[str | None, dict[str, str | None]]:
    """Of a table of ingest: the column from whose day a row is known, and column -> the column from whose day it is told (None: no
    day is kept with it, so that nothing of the past may be made of it).
    """
    told = json.loads((SCHEMAS / f"{table}.json").read_text(encoding="utf-8"))["meta"]
    from_column = told.get("rows_from", "known_from" if "known_from" in told["types"] else None)
    return from_column, told.get("told_later", {})


def _rounds(moments: pl.DataFrame) -> list[pl.DataFrame]:
    """One moment a person and round, of the first half of all moments: much became known after it."""
    early = moments.filter(pl.col("as_of") <= pl.col("as_of").median())
    mixed = early.sort(KEYS).sample(fraction=1.0, shuffle=True, seed=1)
    turn = mixed.with_columns(turn=pl.int_range(pl.len()).over("person_key"))
    return [turn.filter(pl.col("turn") == n).head(MOST_PERSONS).select(KEYS).sort(KEYS) for n in range(MOST_ROUNDS)]


def _both(
    night: Lake, training: Lake, tables: tuple[str, ...], max_gap_days: int, asked: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Features at the moments asked about: as training has them, and as made from what was known by then."""
    known = Lake(training.con, training.root / "known")
    try:
        known.write("moments.training", asked)
        days = known.file("moments.training")
        now = training.read(f"features.spell_features semi join read_parquet('{_quoted(days)}') using (person_key, as_of)")
        for table in tables:
            _as_known(night, table, days)
        known.view("moments.asked", days)
        make_spells(known, max_gap_days, days_since_end=0)
        for table in FEATURE_TABLES:
            known.run(table)
        return now, known.read("features.spell_features")
    finally:
        shutil.rmtree(known.root, ignore_errors=True)
        for table in tables:
            night.view(table)
        training.view("moments.training")
        training.view("moments.asked", training.file("moments.training"))
        for table in (*SPELL_TABLES, *FEATURE_TABLES):
            if training.file(table).is_file():
                training.view(table)


def _as_known(night: Lake, table: str, days: Path) -> None:
    """The table as each person's own day in `days` (person_key, as_of) knew it."""
    place = _quoted(night.file(table))
    columns = [name for name, *_ in night.con.execute(f"describe select * from read_parquet('{place}')").fetchall()]
    if "person_key" not in columns:
        return  # units and diagnosis groups: places and words, not events
    row_from, later = told_later(table)
    changed = ", ".join(
        f"case when {f't.{from_column} <= d.as_of' if from_column else 'false'} then t.{column} end as {column}"
        for column, from_column in later.items()
        if column in columns
    )
    replaced = f" replace ({changed})" if changed else ""
    known = f" where t.{row_from} <= d.as_of" if row_from else ""
    night.con.execute(
        f"create or replace view {table} as select t.*{replaced} from read_parquet('{place}') as t "
        f"inner join read_parquet('{_quoted(days)}') as d on t.person_key = d.person_key{known}"
    )


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")
