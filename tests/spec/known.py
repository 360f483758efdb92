"""The ingest tables as small texts: only the columns a paragraph is about, the rest plain and lawful."""

from __future__ import annotations

import polars as pl

from tests.tables import rows

DAY, STAMP, TEXT, INT, REAL, FLAG = pl.Date, pl.Datetime("us"), pl.String, pl.Int32, pl.Float64, pl.Boolean

COLUMNS = {
    "ingest.persons": {
        "person_key": pl.Int64, "sex": TEXT, "birth_month": DAY, "listed_unit_id": TEXT, "deceased_on": DAY,
        "emigrated_on": DAY, "protected": FLAG, "delivered_on": DAY,
    },
    "ingest.units": {
        "unit_id": TEXT, "provider_id": TEXT, "parent_id": TEXT, "name": TEXT, "municipality": TEXT,
        "kind": TEXT, "list_size": INT, "capacity_per_week": REAL,
    },
    "ingest.certificates": {
        "certificate_id": TEXT, "person_key": pl.Int64, "unit_id": TEXT, "doctor_id": TEXT, "issued_at": STAMP,
        "known_from": DAY, "known_until": DAY, "form": TEXT, "diagnosis_1": TEXT, "diagnosis_2": TEXT,
        "diagnosis_3": TEXT, "occupation": TEXT, "prognosis": TEXT, "prognosis_days": INT, "measures": TEXT,
        "replaces_id": TEXT, "exclude": TEXT, "counts": FLAG, "provider_id": TEXT,
    },
    "ingest.certificate_periods": {
        "certificate_id": TEXT, "person_key": pl.Int64, "unit_id": TEXT, "doctor_id": TEXT, "issued_at": STAMP,
        "known_from": DAY, "known_until": DAY, "diagnosis_1": TEXT, "occupation": TEXT, "start_date": DAY,
        "end_date": DAY, "degree": INT,
    },
    "ingest.contacts": {
        "contact_id": TEXT, "person_key": pl.Int64, "unit_id": TEXT, "started_at": STAMP, "known_from": DAY,
        "kind": TEXT, "profession": TEXT, "diagnoses": TEXT, "actions": TEXT,
    },
    "ingest.coordination": {
        "case_id": TEXT, "person_key": pl.Int64, "unit_id": TEXT, "offered_on": DAY, "answer": TEXT,
        "started_on": DAY, "ended_on": DAY, "end_reason": TEXT, "external_consent": FLAG, "known_from": DAY,
        "known_until": DAY, "answer_known_from": DAY, "status": TEXT, "source": TEXT,
    },
    "ingest.benefits": {
        "person_key": pl.Int64, "start_date": DAY, "end_date": DAY, "degree": INT, "kind": TEXT,
        "known_from": DAY,
    },
    "ingest.diagnosis_groups": {"prefix": TEXT, "target_group": TEXT},
}  # fmt: skip

GROUPS = """
    prefix | target_group
    F32    | mental
    F43    | mental
    M54    | pain
    R52    | pain
"""


def fill(table: str, text: str, run_table, **plain) -> None:
    """Fill an ingest table: columns of `text`, then `plain` values, then nulls, all of the right type."""
    run_table.fill(table, typed(table, rows(text), **plain))


def typed(table: str, frame: pl.DataFrame, **plain) -> pl.DataFrame:
    """The frame with every column of the table, in its order and types."""
    columns = [
        (pl.col(name) if name in frame.columns else pl.lit(plain.get(name))).cast(dtype).alias(name)
        for name, dtype in COLUMNS[table].items()
    ]
    return frame.select(columns)


def empty(run_table, *tables: str) -> None:
    """Tables nothing was delivered to: there, with their columns, without rows."""
    for table in tables:
        run_table.fill(table, pl.DataFrame(schema=COLUMNS[table]))


def periods(text: str, run_table, table: str = "ingest.certificate_periods") -> None:
    """Periods that count: signed and known on the certificate's first day, whole, by one doctor, unless told."""
    frame = rows(text)
    given = frame.columns
    names = pl.Series([f"c{row}" for row in range(1, frame.height + 1)], dtype=pl.String)
    defaults = {
        "certificate_id": names,
        "unit_id": pl.lit("U1"),
        "doctor_id": pl.lit("D1"),
        "issued_at": pl.col("start_date").min().over("certificate_id").cast(STAMP),
        "known_from": pl.col("start_date").min().over("certificate_id"),
        "diagnosis_1": pl.lit("F430"),
        "occupation": pl.lit("WORK"),
        "degree": pl.lit(100),
    }
    for name, value in defaults.items():
        frame = frame if name in given else frame.with_columns(value.alias(name))
    run_table.fill(table, typed(table, frame))


def certificates_of_periods(run_table, **plain) -> None:
    """ingest.certificates to go with the periods: one row a certificate and time known."""
    frame = run_table.con.sql(
        "select certificate_id, person_key, unit_id, doctor_id, issued_at, known_from, known_until, "
        "diagnosis_1, occupation from ingest.certificate_periods group by all"
    ).pl()
    frame = typed("ingest.certificates", frame, form="FK7804", counts=True, **plain)
    run_table.fill("ingest.certificates", frame)


def asked(text: str, run_table) -> None:
    """The moments asked about: `person_key | as_of`."""
    run_table.fill("moments.asked", rows(text).with_columns(pl.col("person_key").cast(pl.Int64)))


def spells_at(run_table, max_gap_days: int = 5, days_since_end: int = 0) -> None:
    """Run the spells room over what is filled, in its order."""
    run_table("spells.certificate_segments")
    run_table("spells.spells", max_gap_days=max_gap_days)
    run_table("spells.ongoing", days_since_end=days_since_end)
