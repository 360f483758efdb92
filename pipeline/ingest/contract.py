"""What each extract holds: its columns, their kinds, its key and what a row may wait for.

The declarations below are the contract with the sender; typed.py turns them into the SQL that reads a file.
A line is: column, kind, and `needed` where the column must be there and filled. Kinds: text, private (for the
vault alone), identity, keyed (a name of whatever form, kept as a pseudonym), icd, icds, actions, words (short codes of
the sender's own), date, timestamp, integer, number, flag, code:A/B and codes:A/B. icds, actions, words and codes are
lists joined by |.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of an extract; `allowed` are the canonical codes, empty for other kinds."""

    name: str
    kind: str
    needed: bool
    allowed: tuple[str, ...]

    @property
    def staged(self) -> str:
        """Its name once pseudonymised."""
        return self.name.removesuffix("_id").replace("patient", "person") + "_key" if self.kind == "identity" else self.name


@dataclass(frozen=True)
class Extract:
    """One table of a delivery. `waits`: what must have arrived before a row counts."""

    name: str
    required: bool
    key: tuple[str, ...]
    waits: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def staged_key(self) -> tuple[str, ...]:
        """The key's columns once pseudonymised."""
        return tuple(column.staged for column in self.columns if column.name in self.key)

    @property
    def place(self) -> str:
        """What tells a staged row's place in its file: behind the join that pseudonymises, rows are in no order."""
        return "row" if self.of_kind("identity") else "file_row_number"

    def of_kind(self, *kinds: str) -> list[Column]:
        """The columns of these kinds."""
        return [column for column in self.columns if column.kind in kinds]


def _extract(name: str, key: str, columns: str, *, required: bool = False, waits: str = "") -> Extract:
    made = []
    for line in columns.strip().splitlines():
        words = line.split()
        kind, _, codes = words[1].partition(":")
        made.append(Column(words[0], kind, "needed" in words, tuple(codes.split("/")) if codes else ()))
    return Extract(name, required, tuple(key.split()), tuple(waits.split()), tuple(made))


DEGREES = "code:25/50/75/100"
EXTRACTS = {
    extract.name: extract
    for extract in (
        _extract("persons", "patient_id", """
            patient_id identity needed
            former_id identity
            name private
            sex code:F/M
            listed_unit_id text
            deceased_on date
            emigrated_on date
            protected flag""", required=True),
        _extract("units", "unit_id", """
            unit_id text needed
            provider_id text
            parent_id text
            name text
            municipality text
            kind code:primary/psychiatry/orthopaedics/medicine/oncology/rehab/other
            list_size integer
            capacity_per_week number""", required=True),
        _extract("certificates", "certificate_id", """
            certificate_id text needed
            patient_id identity needed
            unit_id text needed
            doctor_id keyed
            issued_at timestamp needed
            received_at timestamp
            form code:FK7804/FK7263/other
            diagnosis_1 icd
            diagnosis_2 icd
            diagnosis_3 icd
            occupation codes:WORK/UNEMPLOYED/PARENTAL/STUDENT/SELF_EMPLOYED
            prognosis code:LIKELY/AFTER_DAYS/UNCLEAR/UNLIKELY
            prognosis_days code:30/60/90/180/365
            measures words
            replaces_id text
            revoked_at timestamp
            exclude code:test/infection/blocked
            provider_id text""", required=True, waits="person unit"),
        _extract("certificate_periods", "certificate_id start_date", f"""
            certificate_id text needed
            start_date date needed
            end_date date needed
            degree {DEGREES} needed""", required=True, waits="certificate"),
        _extract("contacts", "contact_id", """
            contact_id text needed
            patient_id identity needed
            unit_id text
            started_at timestamp needed
            kind code:visit/phone/video/letter/inpatient
            profession code:physician/nurse/psychologist/physiotherapist/occupational/social/coordinator/other
            diagnoses icds
            actions actions""", waits="person unit"),
        _extract("coordination", "case_id", """
            case_id text needed
            patient_id identity needed
            unit_id text
            offered_on date
            answer code:accepted/declined/pending
            started_on date
            ended_on date
            end_reason words
            external_consent flag
            recorded_at timestamp""", waits="person unit"),
        _extract("benefits", "patient_id start_date end_date degree kind", f"""
            patient_id identity needed
            start_date date needed
            end_date date needed
            degree {DEGREES} needed
            kind code:sickness/rehabilitation/disability needed
            received_at timestamp""", waits="person"),
        _extract("questionnaires", "patient_id answered_on instrument item", """
            patient_id identity needed
            answered_on date needed
            instrument text needed
            item text needed
            value number""", waits="person"),
        _extract("enrolments", "study_id patient_id", """
            study_id text needed
            patient_id identity needed
            unit_id text
            arm code:intervention/control
            enrolled_on date
            withdrew_on date""", waits="person"),
    )
}
INTEGERS = ("degree", "prognosis_days")  # codes that are numbers once read
