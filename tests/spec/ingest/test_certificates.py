"""ingest.certificates: from when to when each certificate counted."""

import polars as pl
import pytest

from tests.tables import expect, given
from tests.tables import rows as rows_of

HEAD = (
    "certificate_id | person_key | unit_id | doctor_id | issued_at | received_at | form | diagnosis_1 | diagnosis_2 | "
    "diagnosis_3 | occupation | prognosis | prognosis_days | measures | replaces_id | revoked_at | exclude | known_on | superseded_on | provider_id"
)


def row(name, received="", *, person=1, unit="U1", form="FK7804", replaces="", revoked="", exclude="", known_on="", superseded=""):
    return (
        f"{name} | {person} | {unit} | d1 | 2026-01-05T10:00 | {received} | {form} | F411 | | | WORK | | | | "
        f"{replaces} | {revoked} | {exclude} | {known_on} | {superseded} | "
    )


@pytest.fixture
def certificates(run_table):
    given("ingest.persons", "person_key\n1\n2", run_table)
    given("ingest.units", "unit_id\nU1", run_table)

    def run(*rows):
        table = rows_of("\n".join([HEAD, *rows]))
        texts = [name for name, kind in table.schema.items() if kind == pl.Int64 and name != "person_key"]
        run_table.fill("raw.certificates", table.with_columns(pl.col(texts).cast(pl.String)))  # a column of blanks is text
        return run_table("ingest.certificates")

    return run


def test_a_certificate_is_known_when_received_else_when_issued(certificates):
    expect(certificates(row("a", "2026-01-07T01:00"), row("b")), """
        certificate_id | known_from | known_until | counts
        a              | 2026-01-07 |             | true
        b              | 2026-01-05 |             | true
    """)


def test_a_revoked_certificate_counts_until_the_day_it_was_revoked(certificates):
    expect(certificates(row("a", revoked="2026-01-09T12:00")), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-09
    """)


def test_a_replaced_certificate_counts_until_its_replacer_is_known(certificates):
    expect(certificates(row("a"), row("b", "2026-01-08T09:00", replaces="a")), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        b              | 2026-01-08 |
    """)


def test_a_certificate_whose_replacer_is_revoked_comes_back(certificates):
    expect(certificates(row("a"), row("b", "2026-01-08T09:00", replaces="a", revoked="2026-01-12T09:00")), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        a              | 2026-01-12 |
        b              | 2026-01-08 | 2026-01-12
    """)


def test_a_certificate_that_came_back_can_be_revoked_itself(certificates):
    expect(certificates(
        row("a", revoked="2026-01-20T09:00"), row("b", "2026-01-08T09:00", replaces="a", revoked="2026-01-12T09:00")
    ), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        a              | 2026-01-12 | 2026-01-20
        b              | 2026-01-08 | 2026-01-12
    """)


def test_a_certificate_revoked_before_its_replacer_was_does_not_come_back(certificates):
    expect(certificates(
        row("a", revoked="2026-01-10T09:00"), row("b", "2026-01-08T09:00", replaces="a", revoked="2026-01-12T09:00")
    ), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        b              | 2026-01-08 | 2026-01-12
    """)


def test_with_two_replacers_it_stays_away_while_one_of_them_stands(certificates):
    expect(certificates(
        row("a"), row("b", "2026-01-08T09:00", replaces="a", revoked="2026-01-12T09:00"),
        row("c", "2026-01-09T09:00", replaces="a"),
    ), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        b              | 2026-01-08 | 2026-01-12
        c              | 2026-01-09 |
    """)


def test_a_replacer_that_was_gone_before_the_certificate_was_known_replaces_nothing(certificates):
    expect(certificates(
        row("a", "2026-01-15T09:00"), row("b", "2026-01-08T09:00", replaces="a", revoked="2026-01-12T09:00")
    ), """
        certificate_id | known_from | known_until
        a              | 2026-01-15 |
        b              | 2026-01-08 | 2026-01-12
    """)


def test_a_certificate_known_after_its_replacer_never_counts(certificates):
    expect(certificates(row("a", "2026-01-15T09:00"), row("b", "2026-01-08T09:00", replaces="a")), """
        certificate_id | known_from | known_until
        b              | 2026-01-08 |
    """)


def test_another_persons_certificate_or_a_test_certificate_replaces_nothing(certificates):
    expect(certificates(row("a"), row("b", person=2, replaces="a"), row("c", replaces="a", exclude="test")), """
        certificate_id | known_from | known_until | counts
        a              | 2026-01-05 |             | true
        b              | 2026-01-05 |             | true
        c              | 2026-01-05 |             | false
    """)


def test_only_sick_leave_forms_that_are_not_excluded_count(certificates):
    expect(certificates(
        row("a", form=""), row("b", form="FK7263"), row("c", form="other"), row("d", exclude="infection"),
        row("e", exclude="blocked"),
    ), """
        certificate_id | counts
        a              | true
        b              | true
        c              | false
        d              | false
        e              | false
    """)


def test_certificates_of_unknown_persons_or_units_wait(certificates):
    expect(certificates(row("a"), row("b", person=3), row("c", unit="U9")), """
        certificate_id
        a
    """)


def test_a_certificate_stays_away_while_a_replacer_of_its_replacer_lives(certificates):
    expect(certificates(
        row("a"), row("b", "2026-01-08T09:00", replaces="a", revoked="2026-01-20T09:00"),
        row("c", "2026-01-12T09:00", replaces="b"),
    ), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        b              | 2026-01-08 | 2026-01-12
        c              | 2026-01-12 |
    """)


def test_a_certificate_comes_back_when_all_down_the_chain_are_revoked(certificates):
    expect(certificates(
        row("a"), row("b", "2026-01-08T09:00", replaces="a", revoked="2026-01-14T09:00"),
        row("c", "2026-01-12T09:00", replaces="b", revoked="2026-01-20T09:00"),
    ), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        a              | 2026-01-20 |
        b              | 2026-01-08 | 2026-01-12
        c              | 2026-01-12 | 2026-01-20
    """)


def test_two_replacers_whose_lives_lie_apart_send_it_away_twice(certificates):
    expect(certificates(
        row("a"), row("b", "2026-01-08T09:00", replaces="a", revoked="2026-01-12T09:00"),
        row("c", "2026-01-15T09:00", replaces="a", revoked="2026-01-20T09:00"),
    ), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        a              | 2026-01-12 | 2026-01-15
        a              | 2026-01-20 |
        b              | 2026-01-08 | 2026-01-12
        c              | 2026-01-15 | 2026-01-20
    """)


def test_certificates_that_replace_each_other_or_themselves_end_the_night_no_later(certificates):
    expect(certificates(row("a", replaces="b"), row("b", "2026-01-08T09:00", replaces="a"), row("c", replaces="c")), """
        certificate_id | known_from | known_until
        a              | 2026-01-05 | 2026-01-08
        c              | 2026-01-05 |
    """)


def test_a_changed_certificate_counts_as_it_was_until_the_delivery_that_changed_it(certificates):
    expect(certificates(
        row("a", superseded="2026-01-19"), row("a", form="other", known_on="2026-01-19"),
        row("b", "2026-01-10T09:00", replaces="a", superseded="2026-01-26"), row("b", "2026-01-10T09:00", known_on="2026-01-26"),
    ), """
        certificate_id | known_from | known_until | form
        a              | 2026-01-05 | 2026-01-10  | FK7804
        a              | 2026-01-26 |             | other
        b              | 2026-01-10 | 2026-01-26  | FK7804
        b              | 2026-01-26 |             | FK7804
    """)
