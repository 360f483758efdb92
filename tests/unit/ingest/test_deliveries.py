"""Several deliveries: the newest row wins, rows wait and are taken up, and a run on the same files changes nothing."""

from datetime import date

import polars as pl

from pipeline import ingest
from pipeline.config.region import load_region
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from tests.unit.ingest.conftest import ANNA, BO, CEM, FILES

CERTIFICATE = "certificate_id;patient_id;unit_id;issued_at;diagnosis_1\n"
PERIOD = "certificate_id;start_date;end_date;degree\n"


def of(report, day, table):
    return next(file for file in report.files if file.delivery == date.fromisoformat(day) and file.table == table)


def test_the_newest_deliverys_row_of_a_key_wins(region):
    region.deliver()
    region.deliver("2026-01-19", certificates=f"{CERTIFICATE}c1;{ANNA};U2;2026-01-05T10:00:00;F41.1\n")
    region.night()
    rows = region.table("certificates").filter(pl.col("known_until").is_null()).sort("certificate_id")
    assert rows.select("certificate_id", "unit_id", "diagnosis_1").rows() == [("c1", "U2", "F411"), ("c2", "U2", None)]


def test_a_delivery_after_the_night_is_not_read(region):
    region.deliver()
    region.deliver("2026-01-19", certificates=f"{CERTIFICATE}c9;{ANNA};U2;2026-01-15T10:00:00;F41.1\n")
    report = region.night("2026-01-18")
    assert report.deliveries == [date(2026, 1, 12)]
    assert region.table("certificates").height == 2


def test_a_night_before_all_deliveries_reads_the_first_alone(region):
    region.deliver()
    region.deliver("2026-01-19", units="unit_id\nU3\n")
    assert region.night("2025-12-31").deliveries == [date(2026, 1, 12)]


def test_going_back_in_time_and_forth_again_gives_the_same_tables(region):
    region.deliver()
    region.deliver("2026-01-19", certificates=f"{CERTIFICATE}c9;{ANNA};U2;2026-01-15T10:00:00;F41.1\n")
    region.night()
    newest = region.table("certificates")
    region.night("2026-01-18")
    region.night()
    assert region.table("certificates").equals(newest)


def test_a_row_of_an_unknown_person_waits_and_is_taken_up_when_the_person_comes(region):
    region.deliver(files={**FILES, "certificates": FILES["certificates"] + f"c3;{CEM};U1;2026-01-07T10:00:00\n",
                          "certificate_periods": FILES["certificate_periods"] + "c3;2026-01-07;2026-01-09;100\n"})
    first = region.night()
    assert of(first, "2026-01-12", "certificates").waits == {"its person": 1}
    assert of(first, "2026-01-12", "certificate_periods").waits == {"its certificate, which waits": 1}
    assert region.table("certificates").height == 2
    region.deliver("2026-01-19", persons=f"patient_id\n{CEM}\n")
    second = region.night()
    assert second.total("waiting") == 0
    assert region.table("certificates").height == 3
    assert region.table("certificate_periods").height == 3
    came = region.table("persons").sort("delivered_on")["delivered_on"].to_list()
    assert came == [date(2026, 1, 12), date(2026, 1, 12), date(2026, 1, 19)]


def test_a_period_whose_certificate_never_came_is_quarantined_after_the_waiting_days(region):
    region.deliver(files={**FILES, "certificate_periods": FILES["certificate_periods"] + "c8;2026-01-07;2026-01-09;100\n"})
    assert of(region.night(), "2026-01-12", "certificate_periods").waits == {"its certificate": 1}
    region.deliver("2026-03-13", units="unit_id\nU3\n")
    assert of(region.night(), "2026-01-12", "certificate_periods").waits == {"its certificate": 1}, "60 days: still waits"
    region.deliver("2026-03-14", units="unit_id\nU3\n")
    late = of(region.night(), "2026-01-12", "certificate_periods")
    assert late.rules == {"certificate never came": 1} and not late.waits
    from pipeline.ingest.quarantine import show

    rows = show(region.home, Vault(region.home, Keyring.open(region.home.vault)))
    assert rows.select("line", "rule", "raw").rows() == [(4, "certificate never came", "c8;2026-01-07;2026-01-09;100")]


def test_a_person_whose_number_changed_is_one_person(region):
    region.deliver()
    region.deliver(
        "2026-01-19", persons=f"patient_id;former_id;name;sex\n{CEM};{ANNA};Anna Invented;F\n",
        contacts=f"contact_id;patient_id;started_at\nv1;{ANNA};2026-01-02T10:00\nv2;{CEM};2026-01-16T10:00\n",
    )
    region.night()
    persons, certificates = region.table("persons"), region.table("certificates")
    keys = dict(zip(("new", "bo"), Keyring.open(region.home.vault).person_keys([CEM, BO]).tolist(), strict=True))
    assert set(persons["person_key"]) == set(keys.values())
    first = persons.filter(pl.col("person_key") == keys["new"])["delivered_on"].item()
    assert first == date(2026, 1, 12), "the person came with the first number"
    assert certificates.filter(pl.col("certificate_id") == "c1")["person_key"].item() == keys["new"]
    assert region.table("contacts")["person_key"].unique().to_list() == [keys["new"]]


def test_rows_of_one_key_with_other_content_are_all_quarantined_and_exact_repeats_count_once(region):
    again = f"c1;{ANNA};U1;2026-01-05T10:00:00\n"
    other = f"c2;{BO};U1;2026-01-06T10:00:00\n"
    region.deliver(files={**FILES, "certificates": FILES["certificates"] + again + other})
    file = of(region.night(), "2026-01-12", "certificates")
    assert (file.received, file.accepted, file.repeated, file.quarantined) == (4, 1, 1, 2)
    assert region.table("certificates")["certificate_id"].to_list() == ["c1"]


def test_one_person_under_two_names_in_a_file_is_a_conflict(region):
    region.deliver(files={**FILES, "persons": f"patient_id;name\n{ANNA};Anna\n{ANNA[:8]}-{ANNA[8:]};Annie\n{BO};Bo\n"})
    file = of(region.night(), "2026-01-12", "persons")
    assert file.rules == {"same key, other content": 2}


def test_a_certificate_issued_after_its_delivery_is_rejected(region):
    region.deliver(files={**FILES, "certificates": FILES["certificates"] + f"c3;{BO};U2;2026-01-13T00:00:00\n"})
    assert region.night().of("certificates", "issued after the delivery") == 1


def test_a_period_is_rejected_from_one_day_more_than_the_maximum(region):
    region.settings("[ingest]\nmax_period_days = 10\n")
    region.deliver(files={**FILES, "certificate_periods": PERIOD + "c1;2026-01-01;2026-01-10;100\nc2;2026-01-01;2026-01-11;100\n"})
    assert region.night().of("certificate_periods", "period too long") == 1
    assert region.table("certificate_periods")["certificate_id"].to_list() == ["c1"]


def test_the_same_files_again_are_not_read_and_change_no_byte(region):
    region.deliver()
    region.night()
    before = region.bytes_written()
    report = region.night()
    assert not report.anew and region.bytes_written() == before


def test_changed_settings_read_the_files_again(region):
    region.deliver()
    region.night()
    region.settings("[ingest]\nmax_period_days = 10\n")
    assert region.night().of("certificate_periods", "period too long") == 2


def test_a_later_name_goes_to_the_vault_and_an_older_delivery_that_comes_late_does_not_undo_it(region):
    region.deliver()
    region.deliver("2026-01-19", persons=f"patient_id;name\n{ANNA};Anna Married\n")
    region.night()
    region.deliver("2026-01-15", persons=f"patient_id;name\n{ANNA};Anna Between\n")
    region.night()
    vault = Vault(region.home, Keyring.open(region.home.vault))
    assert "Anna Married" in vault.identities()["name"].to_list()


def test_returned_worklists_become_coordination_and_their_notes_stay_in_the_vault(region):
    region.deliver()
    row = {"unit_id": "U1", "spell_start": date(2026, 1, 5), "external_consent": True, "returned_on": date(2026, 1, 12)}
    returns = pl.DataFrame(
        [
            {"patient_id": ANNA, "status": "contacted", "offered_on": None, "answer": None, "note": "first", **row,
             "returned_on": date(2026, 1, 11)},
            {"patient_id": ANNA, "status": "done", "offered_on": date(2026, 1, 11), "answer": "accepted", "note": "calls back", **row},
            {"patient_id": ANNA, "status": "done", "offered_on": date(2026, 1, 11), "answer": "accepted", "note": "calls back", **row,
             "returned_on": date(2026, 1, 13)},
            # read last on the day of the no, and a day after it: a note takes nothing back
            *({"patient_id": BO, "status": None, "offered_on": None, "answer": None, "note": note, **row, "external_consent": None,
               "returned_on": on, **said} for note, on, said in (
                (None, date(2026, 1, 11), {"status": "declined", "answer": "declined"}), ("ringde", date(2026, 1, 11), {}),
                ("ringde igen", date(2026, 1, 12), {}))),
        ],
        schema_overrides={"offered_on": pl.Date, "answer": pl.String},
    )
    region.night(returns=returns)
    everyone = region.table("coordination").sort("known_from")
    bo = everyone.filter(status="declined")
    assert bo.select("answer", "known_from", "known_until").rows() == [("declined", date(2026, 1, 11), None)]
    rows = everyone.filter(pl.col("person_key") != bo["person_key"].item()).select("status", "answer", "source", "known_from", "known_until")
    assert rows.rows() == [  # what was said later hides nothing of what was said before; the same again says nothing
        ("contacted", None, "worklist", date(2026, 1, 11), date(2026, 1, 12)),
        ("done", "accepted", "worklist", date(2026, 1, 12), None),
    ]
    before = region.bytes_written()
    assert not region.night(returns=returns).anew and region.bytes_written() == before
    assert not any(b"calls back" in path.read_bytes() for path in region.home.path.rglob("*") if path.is_file())
    kept = pl.read_parquet(region.home.vault / "returned_notes.parquet")["note"].to_list()
    vault = Vault(region.home, Keyring.open(region.home.vault))
    assert sorted(vault.decrypt_text(kept, "note")) == ["calls back", "ringde igen"]


def test_optional_tables_that_never_came_are_empty_and_said(region):
    region.deliver()
    report = region.night()
    assert report.absent == ["contacts", "coordination", "benefits", "questionnaires", "enrolments"]
    assert region.table("benefits").columns == ["person_key", "start_date", "end_date", "degree", "kind", "known_from"]
    assert region.table("benefits").height == 0


def test_files_of_names_each_file_with_size_and_hash(region):
    region.deliver()
    files = ingest.files_of(region.home, load_region(region.home.region_file), date(2026, 1, 12))
    assert next(file["file"] for file in files) == "2026-01-12/persons.csv"
    assert all(len(file["sha256"]) == 64 and file["size"] > 0 for file in files)


def test_rows_under_two_numbers_of_one_person_count_once_and_conflicts_are_set_aside(region):
    head = "patient_id;answered_on;instrument;item;value\n"
    region.deliver(files={
        **FILES, "persons": f"patient_id;former_id;name\n{ANNA};;Anna\n{CEM};{ANNA};Anna\n{BO};;Bo\n",
        "questionnaires": head + "".join(
            f"{who};2026-01-0{day};EQ-5D-3L;vas;{value}\n" for who, day, value in
            ((ANNA, 5, 60), (CEM, 5, 60), (ANNA, 6, 60), (CEM, 6, 70), (BO, 5, 80))
        ),
        "enrolments": f"study_id;patient_id;arm\nS;{ANNA};control\nS;{CEM};intervention\n",
    })  # fmt: skip
    report = region.night()
    file = of(report, "2026-01-12", "questionnaires")
    assert (file.received, file.accepted, file.repeated, file.rules) == (5, 2, 1, {"same key, other content": 2})
    assert sorted(region.table("questionnaires")["value"]) == [60, 80]
    assert region.table("enrolments").is_empty()
    from pipeline.ingest.quarantine import show

    rows = show(region.home, Vault(region.home, Keyring.open(region.home.vault)), table="questionnaires")
    assert rows.select("line", "rule").rows() == [(4, "same key, other content"), (5, "same key, other content")]
    assert rows["raw"].to_list() == ["2026-01-06;EQ-5D-3L;vas;60.0", "2026-01-06;EQ-5D-3L;vas;70.0"]
