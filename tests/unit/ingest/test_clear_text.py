"""No identity number and no free text gets past a column that is meant for codes; doctors are pseudonyms."""

import pytest

from tests.unit.ingest.conftest import ANNA, BO, FILES

HEAD = "certificate_id;patient_id;unit_id;doctor_id;issued_at;diagnosis_1;diagnosis_2;measures\n"
PERIODS = "certificate_id;start_date;end_date;degree\nc0;2026-01-05;2026-01-18;100\n"
HIDDEN = "identity number in another column"
SHORT = f"{BO[2:8]}-{BO[8:]}"
UUID = f"{ANNA[:8]}-{ANNA[8:]}-4000-8000-{ANNA}"  # only digits, as one of many will be


def night(region, *rows, **files):
    certificates = HEAD + "".join(f"{row}\n" for row in ("c0;" + f"{ANNA};U1;d1;2026-01-05T10:00;F41.1;;", *rows))
    region.deliver(files={**FILES, "certificates": certificates, "certificate_periods": PERIODS, **files})
    return region.night()


@pytest.mark.parametrize("said", [ANNA, SHORT, "Anna Invented", "F411 anna", "F41.1234", "DEPRESSION", "F4", "1F41", ANNA[:6] + "+" + BO[8:]])
def test_what_is_no_icd_code_is_quarantined(region, said):
    report = night(region, f"c1;{ANNA};U1;;2026-01-05T10:00;{said};;", f"c2;{ANNA};U1;;2026-01-05T10:00;F41;{said};")
    assert report.of("certificates", "no ICD code") == 2
    assert region.table("certificates")["certificate_id"].to_list() == ["c0"]


@pytest.mark.parametrize(
    "said, kept",
    [("f41.1", "F411"), (" F43.8A ", "F438A"), ("M80-P", "M80-P"), ("M80.1-", "M801-"), ("Z56", "Z56"), ("G63.2*", "G632"), ("F 43 8 A", "F438A")],
)
def test_a_code_is_read_as_it_is_written_in_sweden(region, said, kept):
    report = night(region, f"c1;{ANNA};U1;;2026-01-05T10:00;{said};;")
    assert report.total("quarantined") == 0
    assert set(region.table("certificates")["diagnosis_1"]) == {"F411", kept}


@pytest.mark.parametrize(
    "column, said, rule",
    [
        ("diagnoses", f"F41.1|{ANNA}", "no ICD code"), ("diagnoses", "F41.1|Anna", "no ICD code"),
        ("actions", ANNA, "no action code"), ("actions", ANNA[2:], "no action code"), ("actions", "GC001|Anna", "no action code"),
        ("contact_id", ANNA, HIDDEN), ("contact_id", f"v-{SHORT}", HIDDEN), ("contact_id", f"v{SHORT}x", HIDDEN),
        ("unit_id", f"{ANNA[:8]}-{ANNA[8:]}", HIDDEN), ("unit_id", "850783-9802", HIDDEN),
    ],
)  # fmt: skip
def test_lists_are_read_item_by_item_and_other_texts_hold_no_number(region, column, said, rule):
    row = {"contact_id": "v1", "patient_id": ANNA, "unit_id": "U1", "started_at": "2026-01-02T10:00", "diagnoses": "", "actions": ""}
    rows = [{**row, "contact_id": "v0", "diagnoses": "F41.1|Z56", "actions": "GC001|JKA20|AV012"}, {**row, column: said}]
    text = ";".join(row) + "\n" + "".join(";".join(one.values()) + "\n" for one in rows)
    report = night(region, contacts=text)
    assert report.of("contacts", rule) == 1 and report.total("quarantined") == 1
    assert region.table("contacts").select("diagnoses", "actions").rows() == [("F411|Z56", "GC001|JKA20|AV012")]


def test_measures_and_reasons_are_short_codes(region):
    report = night(
        region, f"c1;{ANNA};U1;;2026-01-05T10:00;F41;;ARBETSTRANING|KONTAKT_FHV", f"c2;{ANNA};U1;;2026-01-05T10:00;F41;;ring {SHORT}",
        f"c3;{ANNA};U1;;2026-01-05T10:00;F41;;{'x' * 41}", f"c4;{ANNA};U1;;2026-01-05T10:00;F41;;A|800101",
        coordination="case_id;patient_id;offered_on;end_reason\n"
        f"k1;{ANNA};2026-01-05;återtaget samtycke\nk2;{ANNA};2026-01-05;Anna, {ANNA}\n",
    )
    assert report.of("certificates", "unknown code: measures") == 3
    assert report.of("coordination", "unknown code: end_reason") == 1
    assert region.table("certificates")["measures"].drop_nulls().to_list() == ["ARBETSTRANING|KONTAKT_FHV"]
    assert region.table("coordination")["end_reason"].to_list() == ["återtaget samtycke"]


def test_a_doctor_is_a_pseudonym_that_stays_the_same(region):
    night(
        region, f"c1;{ANNA};U1;{BO};2026-01-05T10:00;F41;;", f"c2;{ANNA};U1;{BO};2026-01-06T10:00;F41;;",
        f"c3;{ANNA};U1;;2026-01-06T10:00;F41;;",
    )
    doctors = dict(region.table("certificates").select("certificate_id", "doctor_id").rows())
    assert doctors["c3"] is None and doctors["c1"] == doctors["c2"] != doctors["c0"]
    assert doctors["c1"].startswith("d") and len(doctors["c1"]) == 16 and "d1" not in doctors.values()
    region.deliver("2026-01-19", certificates=f"{HEAD}c9;{ANNA};U1;{BO};2026-01-15T10:00;F41;;\n")
    region.night()
    later = dict(region.table("certificates").select("certificate_id", "doctor_id").rows())
    assert later["c9"] == doctors["c1"]


def test_organisation_numbers_and_uuids_are_no_identity_numbers(region):
    unit = "SE2321000099-03F2"
    report = night(
        region, f"{UUID};{ANNA};{unit};;2026-01-05T10:00;F41;;", units=f"unit_id;name\nU1;One\n{unit};Two\n",
    )
    assert report.total("quarantined") == 0
    assert unit in region.table("certificates")["unit_id"].to_list()
