"""No feature may see the future: training makes the features of one day of the past once more, from what was known by then.

What the night's SQL gives at a past moment from all that is known now must be what it gives from the rows that were known
that day. A feature for which that is not so, because a row counts that became known later, makes training refuse.
"""

from __future__ import annotations

import shutil
from datetime import date

import polars as pl

from pipeline.errors import InputError
from pipeline.run_order import FEATURE_TABLES, SPELL_TABLES
from pipeline.spells.clean import make_spells
from pipeline.store.tables import Lake

KEYS = ("person_key", "as_of")
# dates that a known row tells of before they have come: a later delivery filled them in
TOLD_LATER = {"persons": ("deceased_on", "emigrated_on"), "coordination": ("started_on", "ended_on")}


def refuse_what_sees_the_future(night: Lake, training: Lake, tables: tuple[str, ...], max_gap_days: int) -> None:
    """Compare the features in the training lake with those made from what was known by one day.

    tables : of ingest, as the night's lake has them. The views of the training lake are as before when it is done.
    Raises InputError naming the features that differ.
    """
    day = _a_day(training)
    known = Lake(training.con, training.root / "known")
    try:
        for table in tables:
            _as_known_by(night, table, day)
        place = str(training.file("moments.training")).replace("'", "''")
        training.con.execute(f"create or replace view moments.asked as select * from read_parquet('{place}') where as_of = date '{day}'")
        make_spells(known, max_gap_days, days_since_end=0)
        for table in FEATURE_TABLES:
            known.run(table)
        then = known.read("features.spell_features")
    finally:
        shutil.rmtree(known.root, ignore_errors=True)
        for table in tables:
            night.view(table)
        training.view("moments.asked", training.file("moments.training"))
        for table in (*SPELL_TABLES, *FEATURE_TABLES):
            if training.file(table).is_file():
                training.view(table)
    now = training.read(f"features.spell_features where as_of = date '{day}'")
    if found := differing(now, then):
        told = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
        raise InputError(
            f"features see the future: of {now.height} moments on {day}, so many change with what became known later: {told}",
            remedy="mend their SQL: a row counts from its known_from, an event from its own day (pipeline/features/README.md)",
        )


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


def _a_day(training: Lake) -> date:
    """Of the days in the first half of the moments the one with most: much became known after it."""
    days = training.read("moments.training", "as_of")["as_of"]
    early = days.filter(days <= days.median()) if days.len() else days
    counted = early.value_counts().sort("count", "as_of", descending=[True, False])
    return counted["as_of"][0]


def _as_known_by(night: Lake, table: str, day: date) -> None:
    file = night.file(table)
    place = str(file).replace("'", "''")
    columns = [name for name, *_ in night.con.execute(f"describe select * from read_parquet('{place}')").fetchall()]
    name = table.split(".")[1]
    later = [one for one in ("known_until", *TOLD_LATER.get(name, ())) if one in columns]
    changed = ", ".join(f"case when {one} <= date '{day}' then {one} end as {one}" for one in later)
    replaced = f" replace ({changed})" if later else ""
    known = f" where known_from <= date '{day}'" if "known_from" in columns else ""
    night.con.execute(f"create or replace view {table} as select *{replaced} from read_parquet('{place}'){known}")
