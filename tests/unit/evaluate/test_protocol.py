"""A protocol file: what may stand in it, and how a mistake is told."""

import dataclasses
import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.evaluate import protocol_schema
from pipeline.evaluate.protocol import Protocol
from pipeline.evaluate.protocol_file import SHIPPED, find, read_protocol

SHIPPED_FILES = sorted(SHIPPED.glob("*.yaml"))


def read(tmp_path, text):
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    return read_protocol(file)


@pytest.mark.parametrize("file", SHIPPED_FILES, ids=lambda file: file.stem)
def test_a_shipped_protocol_reads_and_is_called_as_its_file(file):
    assert read_protocol(file).protocol.study == file.stem


def test_there_are_four_shipped_protocols():
    assert [file.stem for file in SHIPPED_FILES] == ["emulated-trial", "sll-2012", "stepped-by-unit", "workers-comp"]


@pytest.mark.parametrize("file", SHIPPED_FILES, ids=lambda file: file.stem)
def test_a_shipped_protocol_uses_only_what_the_schema_knows(file):
    known = protocol_schema.schema()
    assert not _unknown(json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str)), known)


def _unknown(value, known, place=""):
    if known.get("type") == "object" and "properties" in known:
        found = [f"{place}.{key}" for key in value if key not in known["properties"]]
        missing = [f"{place}.{key}" for key in known.get("required", []) if key not in value]
        return found + missing + [one for key in value if key in known["properties"]
                                  for one in _unknown(value[key], known["properties"][key], f"{place}.{key}")]  # fmt: skip
    if known.get("type") == "array":
        return [one for item in value for one in _unknown(item, known["items"], place)]
    return [place] if "enum" in known and value not in known["enum"] else []


def test_the_schema_file_is_what_the_dataclasses_say():
    assert protocol_schema.FILE.read_text(encoding="utf-8") == protocol_schema.text()


def test_every_setting_says_in_the_schema_what_it_means():
    properties = protocol_schema.schema()["properties"]
    assert properties["clusters"]["description"] and properties["adjust"]["properties"]["trim"]["maximum"] == 0.2


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("came_about: randomised", "came_about: random", "came_about: random", "use one of 'randomised'"),
        ("clusters: unit_id", "cluster: unit_id", "cluster: unit_id", "is not a setting"),
        ("{days: 365, months_before: 6}", "{days: one year, months_before: 6}", "one year", "give a whole number"),
        ("{days: 365, months_before: 6}", "{days: 5, months_before: 6}", "{days: 5", "give a value from 30 to 1095"),
        ("seed: 2012", "seed: 2012\nseed: 2013", "seed: 2013", "is written twice"),
        ("registered: 2026-01-05", "registered: soon", "registered: soon", "give a date, YYYY-MM-DD"),
        ("purpose: follow-up", "purpose: research", "purpose: research", "ethical review"),
        ("study: sll-2012\n", "study: ../else\n", "study: ../else", "no folder's name"),
        ("  source: enrolments\n  study_id: sll-2012", "  source: enrolments", "source: enrolments", "needs study_id"),
        ("came_about: randomised", "came_about: stepped by unit", "came_about: stepped", "starts and stepped by unit"),
        ("subgroups:\n", "subgroups: none\nx:\n", "subgroups: none", "must be a list"),
        ("question:\n", "question: why\nx:\n", "question: why", "write key: value lines under it"),
        ("where: not dead and not moved", "where: [a, b]", "where: [a, b]", "must be one value"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(tmp_path, old, new, line, says):
    text = find("sll-2012").read_text(encoding="utf-8")
    assert old in text
    broken = text.replace(old, new, 1)
    number = next(at for at, words in enumerate(broken.splitlines(), 1) if line in words)
    with pytest.raises(SettingsError) as told:
        read(tmp_path, broken)
    assert f"line {number}:" in str(told.value) and says in str(told.value)


@pytest.mark.parametrize("text", ["", "- a\n- b", "a: [1, 2", "a: b: c", "\tstudy: x"])
def test_a_file_that_is_no_protocol_is_told_so(tmp_path, text):
    with pytest.raises(SettingsError):
        read(tmp_path, text)


def test_a_file_that_is_not_utf8_is_told_so(tmp_path):
    (tmp_path / "p.yaml").write_bytes(b"study: \xe5\xe4\xf6")
    with pytest.raises(SettingsError, match="UTF-8"):
        read_protocol(tmp_path / "p.yaml")


def test_a_missing_protocol_names_those_that_are_shipped():
    with pytest.raises(SettingsError, match="sll-2012"):
        find("nowhere")


def test_one_changed_letter_is_another_protocol(tmp_path):
    text = find("sll-2012").read_text(encoding="utf-8")
    assert read(tmp_path, text).sha256 != read(tmp_path, text.replace("seven", "Seven")).sha256
    assert read(tmp_path, text).sha256 == read_protocol(find("sll-2012")).sha256


def test_nothing_in_a_protocol_can_be_changed_after_it_was_read(tmp_path):
    protocol = read_protocol(find("sll-2012")).protocol
    with pytest.raises(dataclasses.FrozenInstanceError):
        protocol.seed = 1


BAD = st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), st.lists(st.integers(), max_size=2),
                st.dictionaries(st.text(max_size=4), st.integers(), max_size=2))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([item.name for item in dataclasses.fields(Protocol)]), BAD)
def test_whatever_stands_at_a_key_the_file_is_read_or_the_line_is_told(tmp_path_factory, name, value):
    given_ = yaml.safe_load(find("sll-2012").read_text(encoding="utf-8"))
    given_[name] = value
    file = tmp_path_factory.mktemp("p") / "p.yaml"
    file.write_text(yaml.safe_dump(given_, allow_unicode=True), encoding="utf-8")
    try:
        assert isinstance(read_protocol(file).protocol, Protocol)
    except SettingsError as told:
        assert str(file) in str(told) and "->" in str(told)
