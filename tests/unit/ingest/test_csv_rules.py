"""The rules of a text file: quotes, line ends, byte order mark, blanks - whatever is written is read back."""

import csv
import io
import tempfile
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.ingest.quarantine import show
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from tests.unit.ingest.conftest import ANNA, BO, FILES, TinyRegion

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="\ufeff")
INSIDE = st.text(st.one_of(LETTERS, st.sampled_from(';"\n |')), max_size=12)
QUICK = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(
    names=st.lists(INSIDE, min_size=1, max_size=8),
    line_end=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
    last=st.booleans(),
    quote=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_text_in_a_quoted_field_is_read_back(names, line_end, mark, last, quote):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator=line_end, quoting=quote)
    writer.writerow(["unit_id", "name", "municipality"])
    for number, name in enumerate(names):
        writer.writerow([f"U{number}", name, "x"])
    text = ("\ufeff" if mark else "") + (out.getvalue() if last else out.getvalue().removesuffix(line_end))
    with tempfile.TemporaryDirectory() as folder:
        region = TinyRegion(folder)
        region.deliver(files={**FILES, "units": text})
        report = region.night()
        assert next(file for file in report.files if file.table == "units").accepted == len(names)
        read = dict(region.table("units").select("unit_id", "name").rows())
        assert read == {f"U{number}": name.strip(" ") or None for number, name in enumerate(names)}


LINES = {
    "good": lambda n: f"v{n};{ANNA};2026-01-02T10:00",
    "quoted": lambda n: f'"v{n}";"{BO}";"2026-01-02T10:00"',
    "too few": lambda n: f"v{n};{ANNA}",
    "too many": lambda n: f"v{n};{ANNA};2026-01-02T10:00;x;y",
    "bad date": lambda n: f"v{n};{ANNA};2026-02-30T10:00",
    "bad number": lambda n: f"v{n};{ANNA[:-1]}{(int(ANNA[-1]) + 1) % 10};2026-01-02T10:00",
    "blank": lambda n: "",
}
RULES = {
    "too few": "line with too few fields",
    "too many": "line with too many fields",
    "bad date": "impossible date",
    "bad number": "check digit",
}


@QUICK
@given(kinds=st.lists(st.sampled_from(list(LINES)), min_size=1, max_size=25), line_end=st.sampled_from(["\n", "\r\n"]))
def test_each_line_is_accepted_or_quarantined_under_its_rule_with_its_own_number_and_text(kinds, line_end):
    lines = ["contact_id;patient_id;started_at"] + [LINES[kind](n) for n, kind in enumerate(kinds)]
    with tempfile.TemporaryDirectory() as folder:
        region = TinyRegion(folder)
        region.deliver(files={**FILES, "contacts": line_end.join(lines) + line_end})
        report = region.night()
        file = next(one for one in report.files if one.table == "contacts")
        assert file.received == sum(kind != "blank" for kind in kinds)
        assert file.accepted == sum(kind in ("good", "quoted") for kind in kinds) == region.table("contacts").height
        wanted = [(at + 2, RULES[kind], lines[at + 1]) for at, kind in enumerate(kinds) if kind in RULES]
        shown = show(region.home, Vault(region.home, Keyring.open(region.home.vault)), date(2026, 1, 12))
        assert shown.select("line", "rule", "raw").rows() == wanted


def test_blanks_around_values_are_no_part_of_them(region):
    region.deliver(files={**FILES, "units": "unit_id ; name\n U1 ; One \nU2;   \n"})
    region.night()
    assert region.table("units").select("unit_id", "name").rows() == [("U1", "One"), ("U2", None)]
