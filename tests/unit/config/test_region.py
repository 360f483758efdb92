"""region.toml: what it may say, and how it says what it may not."""

import pytest

from pipeline.config.region import DEFAULT_GROUPS, EXAMPLE, Region, load_region
from pipeline.errors import SettingsError


def load(tmp_path, text):
    file = tmp_path / "region.toml"
    file.write_text(text, encoding="utf-8")
    return load_region(file)


def test_the_example_says_the_defaults_and_nothing_else():
    assert load_region(EXAMPLE) == Region()


def test_every_commented_default_of_the_example_is_the_default_of_the_program(tmp_path):
    lines = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        bare = line.removeprefix("# ")
        is_sample = bare.startswith(("[ingest.tables", "[[ingest", "file =", "separator", "encoding", "decimal", "date_f"))
        is_sample |= bare.startswith(("timestamp", "Personnr", "K =", "name = \"stock"))
        if line.startswith("# ") and " = " in bare and not is_sample:
            lines.append(bare)
        elif not line.startswith("#"):
            lines.append(line)
    assert load(tmp_path, "\n".join(lines)) == Region()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('nam = "x"', 1, "nam is not a setting"),
        ("\n[spells]\nmax_gap = 5", 3, "spells.max_gap is not a setting"),
        ('[spells]\nmax_gap_days = "5"', 2, "not a whole number"),
        ("[spells]\nmax_gap_days = true", 2, "not a whole number"),
        ("[spells]\nmax_gap_days = 91", 2, "give a value from 0 to 90"),
        ('language = "de"', 1, "use one of 'sv', 'en'"),
        ('[engine]\nmemory_limit = "much"', 2, "is no amount of memory"),
        ('[worklist]\nfirst_days_kinds = "primary"', 2, "must be a list"),
        ('[worklist]\n\nfirst_days_kinds = ["primary", 3]', 3, "is 3"),
        ('[worklist]\nfirst_days_kinds = ["Vårdcentral"]', 2, "use one of 'primary', 'psychiatry'"),
        ("[worklist]\nmin_preventable_days = nan", 2, "give a value from -365 to 365"),
        ("[worklist]\ndefault_capacity = -5", 2, "give a value from 0 to 10000"),
        ("[training]\nseed = -1", 2, "give a value from 0"),
        ('[ingest.tables.persons]\nseparator = ","\ncolums = {}', 3, "is not a setting"),
        ('[ingest.tables.persons.codes]\nsex = "K"', 2, "must be a table"),
        ("worklist = 3", 1, "must be a table"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line_and_a_remedy(tmp_path, text, line, said):
    with pytest.raises(SettingsError) as stop:
        load(tmp_path, text)
    assert f"region.toml, line {line}:" in str(stop.value)
    assert said in str(stop.value)
    assert "\n  -> " in str(stop.value)


@pytest.mark.parametrize(
    ("text", "line", "setting"),
    [
        ('name = "x"\nlanguage =', 2, "language"),
        ("name = norr\n", 1, "name"),
        ('name = "x\nlanguage = "sv"\n', 1, "name"),
        ("[worklist]\nmax_rows = 5 5\n", 2, "worklist.max_rows"),
        ('[worklist]\nfirst_days_kinds = ["primary"\nmax_rows = 5\n', 2, "worklist.first_days_kinds"),
        ("[worklist]\nmax_rows = 5\nmax_rows = 6\n", 3, "worklist.max_rows"),
        ("\n[worklist\nmax_rows = 5\n", 2, ""),
        ("[spells]\nmax_gap_days 5", 2, ""),
    ],
)
def test_text_that_is_not_toml_is_told_with_its_line_and_setting(tmp_path, text, line, setting):
    with pytest.raises(SettingsError) as stop:
        load(tmp_path, text)
    assert f"region.toml, line {line}: {setting}{': ' if setting else ''}" in str(stop.value)
    assert "\n  -> mend that line" in str(stop.value)


def test_settings_in_latin_1_are_refused(tmp_path):
    file = tmp_path / "region.toml"
    file.write_bytes('name = "Örebro"'.encode("latin-1"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_region(file)


def test_a_group_named_anew_leaves_the_others_as_they_are(tmp_path):
    groups = load(tmp_path, '[groups]\nmental = ["F43"]').groups
    assert groups == {"mental": ("F43",), "pain": DEFAULT_GROUPS["pain"]}


def test_a_whole_number_will_do_where_a_number_is_asked_for(tmp_path):
    assert load(tmp_path, "[worklist]\nrandom_share = 1").worklist.random_share == 1.0


def test_tables_codes_and_reserve_numbers_are_read(tmp_path):
    ingest = load(
        tmp_path,
        """
        [[ingest.reserve_numbers]]
        name = "stockholm"
        checked = true
        [ingest.tables.persons]
        encoding = "windows-1252"
        columns = { Personnr = "patient_id" }
        [ingest.tables.persons.codes.sex]
        K = "F"
        """,
    ).ingest
    assert ingest.reserve_numbers[0].name == "stockholm"
    assert ingest.tables["persons"].columns == {"Personnr": "patient_id"}
    assert ingest.tables["persons"].codes == {"sex": {"K": "F"}}
