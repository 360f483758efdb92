"""What Rehabstöd's screen of each care unit shows, and spells by the rule that a region reports by."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipeline.spells.rehabstod import patient_view, unit_view

REPORTED = ("rule", "person_key", "as_of", "provider_id", "start_date", "end_date", "days", "ongoing")


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
