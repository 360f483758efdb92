"""Rows that carry words and numbers nobody else has, in every place where a careless night would write them down."""

from pathlib import Path

from tests.flow.regions import sign

# valid numbers of the test series
LISTED_NAME = "Zäta Qvickström-Wollmar"
REJECTED_NAME = "Xerxes Ångqvist-Bülow"
MARKED_NUMBERS = ("198507239807", "198507239815", "850723-9823")


def add_marked_rows(folder: Path) -> None:
    """Give one person a distinctive name, and add rows that are rejected whole, torn or by one field."""
    persons = folder / "persons.csv"
    lines = persons.read_text(encoding="utf-8").splitlines()
    number, former, _, *rest = lines[1].split(";")
    lines[1] = ";".join((number, former, LISTED_NAME, *rest))
    lines.append(f"198507239899;;{REJECTED_NAME};F;;;;0")
    lines.append(f"{MARKED_NUMBERS[2]};;{REJECTED_NAME};F;;1985-02-31;;0")
    persons.write_text("\n".join(lines) + "\n", encoding="utf-8")
    hide_in_other_columns(folder)
    _append(folder / "certificates.csv", f"{REJECTED_NAME};{MARKED_NUMBERS[0]}")
    _append(folder / "contacts.csv", f"v-{REJECTED_NAME};{MARKED_NUMBERS[1]};;yesterday;visit;nurse;;")
    sign(folder)


def hide_in_other_columns(folder: Path) -> None:
    """A number or a name in columns meant for codes; and a doctor called by a personal number, in a row that is fine."""
    long, other, short = MARKED_NUMBERS
    _like_the_last(folder / "certificates.csv", [
        {"certificate_id": "q1", "diagnosis_1": long}, {"certificate_id": "q2", "diagnosis_2": REJECTED_NAME},
        {"certificate_id": "q3", "measures": f"ring {short}"}, {"certificate_id": f"q-{other}"},
        {"certificate_id": "q4", "unit_id": long}, {"certificate_id": "q5", "replaces_id": short},
        {"certificate_id": "q6", "doctor_id": long},
    ])
    _like_the_last(folder / "contacts.csv", [
        {"contact_id": "q7", "diagnoses": f"F41.1|{other}"}, {"contact_id": "q8", "actions": REJECTED_NAME},
        {"contact_id": short},
    ])
    _like_the_last(folder / "coordination.csv", [{"case_id": "q9", "end_reason": f"{REJECTED_NAME}, {long}"}])
    _like_the_last(folder / "units.csv", [{"unit_id": "q10", "name": f"Mottagning {short}"}])


def _like_the_last(file: Path, changes: list[dict[str, str]]) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    last = dict(zip(lines[0].split(";"), lines[-1].split(";"), strict=False))
    for one in changes:
        _append(file, ";".join({**last, **one}.values()))


def _append(file: Path, line: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
