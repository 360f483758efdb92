"""Was the protocol the same when outcomes were first read?"""

import datetime as dt

import pytest

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.evaluate import registered
from tests.unit.evaluate.made_up import protocol

DAY, NOW = dt.date(2026, 1, 12), dt.datetime(2026, 1, 13, 4, 5)


def test_before_outcomes_are_read_the_status_is_before(tmp_path):
    read = protocol(tmp_path)
    assert registered.status(registered.history(Home(tmp_path), "sll-2012"), read.sha256) == "before"


def test_the_first_protocol_stays_first_however_often_it_is_run(tmp_path):
    home, read = Home(tmp_path), protocol(tmp_path)
    for _ in range(2):
        told = registered.outcomes_are_read(home, read, DAY, NOW)
    assert len(told) == 1 and registered.status(told, read.sha256) == "first"


def test_a_protocol_changed_after_outcomes_were_read_is_told_and_going_back_is_not(tmp_path):
    home, first = Home(tmp_path), protocol(tmp_path)
    registered.outcomes_are_read(home, first, DAY, NOW)
    second = protocol(tmp_path, ("least_worthwhile: 14", "least_worthwhile: 5"))
    told = registered.outcomes_are_read(home, second, DAY, NOW)
    assert registered.status(told, second.sha256) == "changed"
    assert registered.status(told, first.sha256) == "first"


def test_a_torn_book_is_not_taken_for_an_empty_one(tmp_path):
    home = Home(tmp_path)
    registered.outcomes_are_read(home, protocol(tmp_path), DAY, NOW)
    registered.file_of(home, "sll-2012").write_text("[{")
    with pytest.raises(UsageError, match="cannot be read"):
        registered.history(home, "sll-2012")
