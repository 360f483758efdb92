"""The tables that evaluate reads, as small texts."""

from __future__ import annotations

import polars as pl

from tests.spec.known import DAY, INT, REAL, TEXT
from tests.tables import rows

COLUMNS = {
    "ingest.enrolments": {
        "study_id": TEXT, "person_key": pl.Int64, "unit_id": TEXT, "arm": TEXT, "enrolled_on": DAY, "withdrew_on": DAY,
    },
    "ingest.questionnaires": {
        "person_key": pl.Int64, "answered_on": DAY, "instrument": TEXT, "item": TEXT, "value": REAL, "known_from": DAY,
    },
    "evaluate.time_zero": {"person_key": pl.Int64, "as_of": DAY, "unit_id": TEXT, "arm": TEXT, "withdrew_on": DAY},
    "evaluate.starts": {"unit_id": TEXT, "starts_on": DAY},
    "evaluate.cohort": {"person_key": pl.Int64, "as_of": DAY, "withdrew_on": DAY},
    "evaluate.followed": {"person_key": pl.Int64, "as_of": DAY, "followed_days": INT},
    "features.spell_features": {
        "spell_id": TEXT, "person_key": pl.Int64, "as_of": DAY, "unit_id": TEXT, "sex": TEXT, "age_years": INT, "day": INT,
    },
    "spells.final_spells": {"person_key": pl.Int64, "start_date": DAY, "end_date": DAY},
    "spells.final_segments": {"person_key": pl.Int64, "start_date": DAY, "end_date": DAY, "degree": INT},
}  # fmt: skip


def fill(table: str, text: str, run_table) -> None:
    """Fill a table: columns of `text`, else nulls, all of the right type. No text: empty."""
    frame = rows(text) if text.strip() else pl.DataFrame({"_": []})
    run_table.fill(
        table,
        frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in COLUMNS[table].items()
        ),
    )
