"""Invented identity numbers are valid, unique, and nobody's."""

from datetime import date

import numpy as np
import pytest

from pipeline.simulate.people import EPOCH, SLOTS, former_numbers, identity_numbers, luhn, spare_numbers

AS_OF = date(2025, 6, 30)
ROOM = (date(2007, 6, 1) - date(1959, 6, 1)).days * SLOTS


def valid(text):
    """Luhn over the last ten digits, written out by hand on purpose: an independent check."""
    total = 0
    for place, digit in enumerate(text[-10:]):
        product = int(digit) * (2 if place % 2 == 0 else 1)
        total += product // 10 + product % 10
    return total % 10 == 0


def test_the_check_digit_is_that_of_known_numbers():
    # 121212-1212 and 640823-3234 are examples of Skatteverket's; 991981000010 is Stockholm's own
    assert luhn(np.array([121212121, 640823323])).tolist() == [2, 4]
    assert luhn(np.array([8100001])).tolist() == [0]


@pytest.mark.parametrize("first", [0, 300_000, ROOM, ROOM + 5000])
def test_numbers_are_valid_and_in_the_series_kept_for_tests(first):
    numbers, births, men = identity_numbers(np.arange(first, first + 2000), AS_OF)
    for number, birth, man in zip(numbers.tolist(), births.tolist(), men.tolist(), strict=True):
        text = str(number)
        assert len(text) == 12 and valid(text)
        assert 980 <= int(text[8:11]) <= 999
        assert int(text[10]) % 2 == man
        day = int(text[6:8])
        born = date(int(text[:4]), int(text[4:6]), day - 60 if day > 60 else day)
        assert (born - EPOCH).days == birth
        assert 18 <= (AS_OF - born).days / 365.25 < 66.2


def test_no_number_is_given_twice_in_a_region_of_a_million():
    numbers, _, _ = identity_numbers(np.arange(1_000_000), AS_OF)
    assert len(np.unique(numbers)) == 1_000_000
    assert (numbers >= 99 * 10**10).sum() == 1_000_000 - 2 * ROOM


def test_beyond_the_series_come_reserve_numbers_of_stockholms_form():
    numbers, _, _ = identity_numbers(np.arange(2 * ROOM, 2 * ROOM + 3), AS_OF)
    for number in numbers:
        text = str(number)
        assert text.startswith("991900")
        assert luhn(np.array([int(text[4:11])]))[0] == int(text[11])


def test_a_former_number_is_a_coordination_number_no_person_has():
    numbers, births, men = identity_numbers(np.arange(2 * ROOM), AS_OF)
    former = former_numbers(births[:5000], men[:5000])
    assert all(valid(str(n)) and int(str(n)[6:8]) > 60 for n in former.tolist())
    assert not np.isin(former, numbers).any()


def test_spare_numbers_for_faults_are_valid_and_no_persons():
    numbers, births, men = identity_numbers(np.arange(2 * ROOM), AS_OF)
    spare = spare_numbers(np.arange(34_000))
    assert all(valid(str(n)) for n in spare[:500].tolist())
    assert len(np.unique(spare)) == 34_000
    assert not np.isin(spare, numbers).any()
    assert not np.isin(spare, former_numbers(births, men)).any()
