"""What came after a night changes no byte of what that night gives: model, spells, features, scores and lists.

Homes with one key: one holds only what had been received by that night, the others also what came later, true or not.
"""

import datetime as dt
import shutil

import polars as pl
import pytest

from pipeline.config.home import Home
from pipeline.privacy.pseudonyms import Keyring
from tests.flow import regions

THEN = dt.date(2025, 11, 10)
DELIVERED = "2026-01-12"
AFTER = (THEN + dt.timedelta(days=1)).isoformat()
# when a row was known: the first of these that is filled in
KNOWN = {
    "certificates": ("received_at", "issued_at"),
    "contacts": ("started_at",),
    "coordination": ("recorded_at", "offered_on", "started_on"),
    "benefits": ("received_at", "start_date"),
    "questionnaires": ("answered_on",),
    "enrolments": ("enrolled_on",),
}
# what had not happened yet, in rows that were known
TOLD_LATER = {
    "persons": ("deceased_on", "emigrated_on"),
    "certificates": ("revoked_at",),
    "coordination": ("started_on", "ended_on"),
    "enrolments": ("withdrew_on",),
}
COMPARED = ("lake/spells", "lake/ongoing", "lake/certificate_segments", "scores", "worklists", "models")
NONSENSE = {
    "certificates": {
        "unit_id": "SE2321000099-03E8", "doctor_id": "d0", "form": "FK7263", "diagnosis_1": "Z99.9", "diagnosis_2": "A00",
        "occupation": "STUDENT", "prognosis": "UNLIKELY", "prognosis_days": "", "measures": "NOTHING", "exclude": "",
    },
    "certificate_periods": {"degree": "25"},
    "contacts": {"kind": "letter", "profession": "other", "diagnoses": "Z99.9|A00", "actions": "GC001"},
    "coordination": {"answer": "declined", "external_consent": "1"},
    "benefits": {"degree": "25", "kind": "disability"},
    "questionnaires": {"value": "99"},
}  # fmt: skip


def tables(home: Home) -> dict[str, pl.DataFrame]:
    folder = home.raw / DELIVERED
    return {file.stem: regions.extract(folder, file.stem) for file in sorted(folder.glob("*.csv"))}


def known_by_then(name: str, rows: pl.DataFrame, certificates: set[str]) -> pl.Series:
    """Which rows had been received by THEN; a period is known with its certificate."""
    if name in KNOWN:
        when = pl.coalesce(
            pl.when(pl.col(column).str.len_chars() > 0).then(pl.col(column).str.slice(0, 10)) for column in KNOWN[name]
        )
        return rows.select(when < AFTER).to_series()
    if name == "certificate_periods":
        return rows["certificate_id"].is_in(list(certificates))
    return pl.repeat(True, rows.height, eager=True)


def untold(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as they stood on THEN: without dates that came later, nor an answer that only such a start tells of."""
    if name == "coordination":
        unanswered = (pl.col("started_on") >= AFTER).fill_null(False)
        rows = rows.with_columns(answer=pl.when(unanswered).then(pl.lit("pending")).otherwise("answer"))
    return rows.with_columns(
        pl.when(pl.col(column).str.slice(0, 10) < AFTER).then(column).alias(column) for column in TOLD_LATER.get(name, ())
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    home = regions.region(tmp_path_factory.mktemp("travel") / "all", 3000, seed=11)
    regions.settings(home, **regions.SMALL)
    own = tables(home)["certificates"]
    lately = own["received_at"].is_between(pl.lit("2025-10-01"), pl.lit(AFTER)).fill_null(False)
    own = own.with_columns(revoked_at=pl.when(lately).then(pl.lit("2025-12-01T09:00:00")).otherwise("revoked_at"))
    regions.deliver(home.raw / DELIVERED, "certificates", own)  # the simulator's are few
    Keyring.open(home.vault)  # one key for all homes: keys decide person keys, and so the order of rows
    return home


@pytest.fixture(scope="module")
def split(source):
    """table -> (rows, which were known by THEN)."""
    found = tables(source)
    own = found["certificates"]
    known = set(own.filter(known_by_then("certificates", own, set()))["certificate_id"])
    marks = {name: known_by_then(name, rows, known) for name, rows in found.items()}
    return {name: (rows, marks[name]) for name, rows in found.items()}


@pytest.fixture(scope="module")
def then(source, split, tmp_path_factory):
    """The night as it was: nothing in the home that was not known."""
    home = beside(source, tmp_path_factory)
    for name, (rows, known) in split.items():
        regions.deliver(home.raw / DELIVERED, name, untold(name, rows.filter(known)))
    regions.night(home, THEN)
    return home


def beside(source: Home, tmp_path_factory) -> Home:
    return regions.copied(source, tmp_path_factory.mktemp("travel") / "home")


def compared(home: Home) -> dict[str, str]:
    kept = regions.digests(home, *COMPARED)
    kept |= {name: digest for name, digest in regions.digests(home, "lake").items() if "/features." in name or "/outcomes." in name}
    # the trees' own file differs from dump to dump; the version is a digest of all that it was learnt from
    return {name: digest for name, digest in kept.items() if not name.endswith(("model.skops", "meta.json"))}


def same(one: Home, other: Home) -> None:
    left, right = compared(one), compared(other)
    assert len(left) > 30 and any("worklists/" in name for name in left)
    assert {name for name in left | right if left.get(name) != right.get(name)} == set()
    assert (one.models / "current").read_text() == (other.models / "current").read_text()


def test_the_split_holds_what_it_should(split):
    """Else the tests below would compare a night with itself."""
    for name in KNOWN.keys() - {"enrolments"}:
        rows, known = split[name]
        assert 0 < known.sum() < rows.height, name
    rows, known = split["certificates"]
    late = rows.filter(known & (rows["revoked_at"].str.slice(0, 10) >= AFTER).fill_null(False))
    signed_before = rows.filter(~known & (rows["issued_at"].str.slice(0, 10) < AFTER))
    assert late.height > 0 and signed_before.height > 0


def test_the_night_of_the_past_has_learnt_and_listed(then):
    record = regions.records(then)[-1]
    assert record["outcome"] == "done" and record["trained"] == record["model"]
    assert "national" not in (then.models / record["model"] / "meta.json").read_text()
    assert record["worklists"]["rows"] > 10


def test_rows_received_later_change_no_byte(source, then, tmp_path_factory):
    home = beside(source, tmp_path_factory)
    regions.night(home, THEN)
    same(home, then)


def test_poisoned_rows_and_later_deliveries_change_no_byte(source, split, then, tmp_path_factory):
    """Every later row made nonsense that passes all rules, and two later deliveries that revoke, replace and rename."""
    home = beside(source, tmp_path_factory)
    for name, (rows, known) in split.items():
        bad = rows.with_columns(pl.lit(value).alias(column) for column, value in NONSENSE.get(name, {}).items())
        regions.deliver(home.raw / DELIVERED, name, pl.concat([untold(name, rows.filter(known)), bad.filter(~known)]))
    later = home.raw / "2026-01-19"
    late = "2026-01-18T08:00:00"
    certificates, known = split["certificates"]
    running = certificates.filter(known).tail(400)
    regions.deliver(later, "certificates", pl.concat([
        running[:200].with_columns(revoked_at=pl.lit(late)),
        running[200:].with_columns(
            certificate_id="new-" + pl.col("certificate_id"), replaces_id="certificate_id", issued_at=pl.lit(late),
            received_at=pl.lit(late), diagnosis_1=pl.lit("Z99"),
        ),
    ]))  # fmt: skip
    periods = split["certificate_periods"][0].filter(pl.col("certificate_id").is_in(running[200:]["certificate_id"].to_list()))
    regions.deliver(later, "certificate_periods", periods.with_columns(
        certificate_id="new-" + pl.col("certificate_id"), degree=pl.lit("25")
    ))  # fmt: skip
    people = split["persons"][0]
    regions.deliver(home.raw / "2026-01-20", "persons", people[:500].with_columns(
        name=pl.lit("Any Body"), protected=pl.lit("1"), deceased_on=pl.lit("2026-01-19"), listed_unit_id=pl.lit("")
    ))  # fmt: skip
    cases, case_known = split["coordination"]
    regions.deliver(home.raw / "2026-01-20", "coordination", cases.filter(case_known).with_columns(
        answer=pl.lit("declined"), end_reason=pl.lit("withdrawn")
    ))  # fmt: skip
    regions.night(home, THEN)
    same(home, then)


def test_a_night_of_the_past_gives_what_it_gave_after_later_nights_too(source, then, tmp_path_factory):
    """Ask about the newest night in between: what it left must not be seen by the older one."""
    home = Home(shutil.copytree(then.path, tmp_path_factory.mktemp("travel") / "home", copy_function=shutil.copy2))
    for name, rows in tables(source).items():
        regions.deliver(home.raw / DELIVERED, name, rows)
    regions.night(home)
    newer = regions.scores(home)
    assert newer["as_of"].unique().to_list() == [regions.AS_OF]
    regions.night(home, THEN)
    left, right = compared(home), compared(then)
    new = {name for name in left | right if left.get(name) != right.get(name)}
    assert {name for name in new if "2026-01-12" not in name} == set()
