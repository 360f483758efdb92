"""What Rehabstöd's screen of each care unit shows, and spells by the rules that a region may report by."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipeline.spells.rehabstod import merged, patient_view, unit_view

REPORTED = ("rule", "person_key", "as_of", "provider_id", "start_date", "end_date", "days", "ongoing")
PAYER_GAP_DAYS = 4  # a break of five days ends the spell
SICK_PAY_DAYS = 14  # that the employer pays


def unit_spells(certificates: pl.DataFrame, as_of: date, max_gap_days: int, days_since_end: int) -> pl.DataFrame:
    """spells.unit_spells: the unit view of every care unit at once.

    certificates : spells.unit_certificates. Returns one row a care_unit_id and person_key with the columns of unit_view.
    """
    at = ("care_unit_id", "person_key")
    shown = certificates.select(*at).unique().sort(*at).with_row_index("patient_id")
    made = unit_view(certificates.join(shown, on=at), as_of, max_gap_days, days_since_end)
    return made.join(shown, on="patient_id").sort(*at).select(*at, pl.lit(as_of).alias("as_of"), pl.exclude("patient_id", *at))


def person_spells(certificates: pl.DataFrame, as_of: date, max_gap_days: int) -> pl.DataFrame:
    """Every begun spell of every person, as the patient's page in Rehabstöd cuts them; columns REPORTED.

    certificates : person_key, certificate_id, issued_at, start_date, end_date, degree, as known at `as_of`.
    """
    made = patient_view(certificates.rename({"person_key": "patient_id"}), as_of, max_gap_days)
    return made.select(
        rule=pl.lit("rehabstod"), person_key="patient_id", as_of=pl.lit(as_of), provider_id=pl.lit(""),
        start_date="start_date", end_date="end_date", days="days", ongoing="ongoing",
    )  # fmt: skip


def payer_spells(certificates: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Spells as Försäkringskassan's register of payments would hold them if it paid for each certified day; columns REPORTED.

    certificates : person_key, start_date, end_date, occupation, as known at `as_of`. A break of at most PAYER_GAP_DAYS, from
    the farthest end so far, does not end a spell. Spells of no more than SICK_PAY_DAYS from first to last day are left out,
    but not of someone whom no certificate gives an employer: those report from the beginning. A blank occupation is work.
    Source: docs/spells.md.
    """
    runs = merged(certificates, "person_key")
    same = pl.col("person_key") == pl.col("person_key").shift(1)
    near = pl.col("start_date") <= pl.col("end_date").shift(1) + pl.duration(days=PAYER_GAP_DAYS + 1)
    covers = (pl.col("start_date") <= as_of) & (pl.col("end_date") >= as_of)
    spells = (
        runs.with_columns(spell=(~(same & near).fill_null(False)).cum_sum())
        .group_by("spell", "person_key")
        .agg(
            pl.col("start_date").min(),
            pl.col("end_date").max(),
            days=(pl.col("end_date") - pl.col("start_date")).dt.total_days().add(1).sum(),
            ongoing=covers.any(),
        )
        .filter(pl.col("start_date") <= as_of)
    )
    at_work = certificates.filter(pl.col("occupation").is_null() | pl.col("occupation").str.contains("WORK", literal=True))
    employed = (
        spells.join(at_work.select("person_key", began="start_date"), on="person_key")
        .filter(pl.col("began").is_between("start_date", "end_date"))
        .select("spell", employed=True)
        .unique()
    )
    long = (pl.col("end_date") - pl.col("start_date")).dt.total_days() >= SICK_PAY_DAYS
    held = spells.join(employed, on="spell", how="left").filter(long | pl.col("employed").is_null())
    return held.sort("person_key", "start_date").select(
        rule=pl.lit("fk"), person_key="person_key", as_of=pl.lit(as_of), provider_id=pl.lit(""),
        start_date="start_date", end_date="end_date", days="days", ongoing="ongoing",
    )  # fmt: skip
