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
    _append(folder / "certificates.csv", f"{REJECTED_NAME};{MARKED_NUMBERS[0]}")
    _append(folder / "contacts.csv", f"v-{REJECTED_NAME};{MARKED_NUMBERS[1]};;yesterday;visit;nurse;;")
    sign(folder)


def _append(file: Path, line: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
