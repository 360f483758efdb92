"""privacy.identity: one number, many spellings. All numbers here are of the series 980-999, kept for tests."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.region import ReserveNumber
from pipeline.errors import UsageError
from pipeline.privacy.identity import KNOWN_RESERVE_NUMBERS, normalise

ON = date(2026, 11, 20)
ALL_KNOWN = tuple(ReserveNumber(name, checked=True) for name in KNOWN_RESERVE_NUMBERS)


def check_digit(nine: str) -> str:
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(nine))
    return str(-total % 10)


@st.composite
def people(draw, oldest=date(1900, 1, 1), newest=ON):
    born = draw(st.dates(oldest, newest))
    serial = draw(st.integers(980, 999))
    day = born.day + draw(st.sampled_from([0, 60]))
    nine = f"{born:%y%m}{day:02d}{serial}"
    return born, f"{born.year // 100}{nine}{check_digit(nine)}"


def one(text, on=ON, reserve_numbers=()):
    return normalise(pl.Series([text], dtype=pl.String), on, reserve_numbers).row(0, named=True)


@given(people())
@settings(max_examples=100, deadline=None)
def test_every_spelling_of_a_number_becomes_the_same_twelve_characters(person):
    born, number = person
    aged = ON.year - born.year >= 100
    spellings = [
        number,
        f"{number[:8]}-{number[8:]}",
        f"{number[:8]}+{number[8:]}",
        f"  {number[:8]} {number[8:]} ",
    ]
    if aged:
        spellings.append(f"{number[2:8]}+{number[8:]}")
    else:
        spellings += [number[2:], f"{number[2:8]}-{number[8:]}"]
    read = normalise(pl.Series(spellings), ON, ())
    assert read["identity"].to_list() == [number] * len(spellings)
    assert read["birth_date"].to_list() == [born] * len(spellings)
    assert set(read["sex"]) == {"M" if int(number[10]) % 2 else "F"}
    assert set(read["kind"]) == {"samordningsnummer" if int(number[6]) >= 6 else "personnummer"}


@given(people(), st.integers(2, 11), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_any_one_changed_digit_of_the_last_ten_is_caught(person, place, by):
    _, number = person
    changed = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    read = one(changed)
    assert read["identity"] is None
    assert read["problem"] in ("check digit", "impossible date")


@given(st.text(max_size=14))
@settings(max_examples=200, deadline=None)
def test_any_text_whatever_gives_an_identity_or_a_problem_and_never_both(text):
    read = one(text, reserve_numbers=ALL_KNOWN)
    assert (read["identity"] is None) != (read["problem"] is None)


def test_ten_digits_without_a_sign_belong_to_the_latest_century_that_is_not_in_the_future():
    assert one("2611209806", on=date(2026, 11, 20))["identity"] == "202611209806"
    assert one("2611209806", on=date(2026, 11, 19))["identity"] == "192611209806"


def test_a_plus_sign_means_a_hundred_years_or_more_from_the_year_of_the_hundredth_birthday_on():
    assert one("261120+9806", on=date(2026, 1, 1))["identity"] == "192611209806"
    assert one("261120+9806", on=date(2025, 12, 31))["identity"] == "182611209806"


@pytest.mark.parametrize(
    "number", ["202611219805", "199402309893", "199413019895", "199400019890", "199406929894"]
)
def test_a_date_that_never_was_or_is_yet_to_come_is_impossible(number):
    assert one(number)["problem"] == "impossible date"


def test_a_leap_day_exists_in_leap_years_only():
    assert one("200002299808")["problem"] is None
    assert one("190002299808")["problem"] == "impossible date"


@pytest.mark.parametrize(
    "text", [None, "", "Anna", "19940506980", "1994050698012", "19940506--9801", "219405069801"]
)
def test_what_is_no_number_is_called_a_wrong_format(text):
    assert one(text)["problem"] == "format"


def test_a_reserve_number_is_read_only_where_the_region_asked_for_it():
    assert one("991981000010")["problem"] == "format"
    read = one("99198100-0010", reserve_numbers=(ReserveNumber("stockholm"),))
    assert (read["identity"], read["kind"]) == ("991981000010", "reserve:stockholm")
    assert (read["birth_date"], read["sex"]) == (None, None)


def test_a_reserve_number_with_a_wrong_check_digit_is_refused_when_it_is_checked():
    checked = (ReserveNumber("stockholm", checked=True),)
    assert one("991981000010", reserve_numbers=checked)["problem"] is None
    assert one("991981000011", reserve_numbers=checked)["problem"] == "check digit"


def test_the_letter_of_a_vgr_number_counts_as_a_digit_in_its_check_and_its_pair_tells_the_sex():
    vgr = (ReserveNumber("vgr", checked=True),)
    read = one("19810829m071", reserve_numbers=vgr)
    assert read["identity"] == "19810829M071"
    assert (read["birth_date"], read["sex"]) == (date(1981, 8, 29), "M")
    assert one("19810829M072", reserve_numbers=vgr)["problem"] == "check digit"
    assert one("19810230M071", reserve_numbers=vgr)["problem"] == "impossible date"


def test_a_skane_number_has_at_least_one_letter_in_its_last_four():
    skane = (ReserveNumber("skane"),)
    assert one("19810829123A", reserve_numbers=skane)["kind"] == "reserve:skane"
    assert one("198108291230", reserve_numbers=skane)["problem"] == "check digit"


def test_a_national_reserve_number_hides_its_century_in_a_rest_by_three():
    nrid = (ReserveNumber("nrid"),)
    born = [one(f"{sent}810829AB13", reserve_numbers=nrid)["birth_date"] for sent in ("22", "23", "24", "00")]
    assert born == [date(1981, 8, 29), None, date(1881, 8, 29), None]  # 2081 is yet to come


def test_a_pattern_of_the_regions_own_is_matched_over_the_whole_number():
    own = (ReserveNumber("own", pattern="X[0-9]{11}"),)
    assert one("x1234567-8901", reserve_numbers=own)["identity"] == "X12345678901"
    assert one("X123456789012", reserve_numbers=own)["problem"] == "format"


def test_a_broken_or_missing_pattern_is_an_error_in_the_settings():
    for number in (ReserveNumber("own", pattern="(?=x)"), ReserveNumber("unheard of")):
        with pytest.raises(UsageError, match=r"region\.toml"):
            one("nothing", reserve_numbers=(number,))


def test_rows_keep_their_order_and_a_good_personal_number_comes_before_any_pattern():
    texts = ["x", "991981000010", "200002299808", "19810829M071"]
    read = normalise(pl.Series(texts), ON, (*ALL_KNOWN, ReserveNumber("all", pattern=".+")))
    assert read["text"].to_list() == texts
    assert read["kind"].to_list() == ["reserve:all", "reserve:stockholm", "personnummer", "reserve:vgr"]
