"""privacy.access_log: who saw whom, when, where and why."""

import stat
from datetime import datetime

import numpy as np
import pytest

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.privacy.access_log import FIELDS, AccessLog

AT = datetime(2026, 11, 20, 8, 30)


@pytest.fixture
def log(tmp_path):
    return AccessLog(Home(tmp_path))


def test_every_patient_shown_is_one_line_with_the_six_fields(log):
    assert log.write(AT, "bo", "list", "care", np.array([5, -6]), ["SE1", "SE2"]) == 2
    assert log.read().columns == list(FIELDS)
    assert log.read().rows() == [
        ("2026-11-20T08:30:00", "bo", "list", "SE1", 5, "care"),
        ("2026-11-20T08:30:00", "bo", "list", "SE2", -6, "care"),
    ]


def test_lines_are_added_and_never_changed(log):
    log.write(AT, "bo", "list", "care", [1])
    before = log.path.read_bytes()
    log.write(AT, "eva\n{}", "quarantine --show", "quality")
    assert log.path.read_bytes().startswith(before)
    assert log.read()["user"].to_list() == ["bo", "eva\n{}"]
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_a_line_cut_short_by_a_crash_spoils_no_other(log):
    log.write(AT, "bo", "list", "care", [1])
    with log.path.open("ab") as file:
        file.write(b'{"time": "2026')
    log.write(AT, "eva", "list", "care", [2])
    assert log.read()["patient"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("user", "action", "purpose"), [("", "list", "care"), ("bo", " ", "care"), ("bo", "list", "fun")]
)
def test_an_access_without_user_action_or_lawful_purpose_is_refused(log, user, action, purpose):
    with pytest.raises(UsageError):
        log.write(AT, user, action, purpose, [1])
    assert not log.path.exists()


def test_units_must_be_as_many_as_patients(log):
    with pytest.raises(UsageError, match="1 units for 2 patients"):
        log.write(AT, "bo", "list", "care", [1, 2], ["SE1"])
