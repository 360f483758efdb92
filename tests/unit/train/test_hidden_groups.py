"""Groups on the model card that are too small to show."""

from pipeline.train.validation import hidden_groups


def test_a_group_of_four_takes_the_next_smallest_with_it():
    assert hidden_groups({"10-": 4, "20-": 26, "30-": 27, "60-": 19}) == {"10-", "60-"}


def test_two_small_groups_hide_each_other():
    assert hidden_groups({"a": 1, "b": 4, "c": 30}) == {"a", "b"}


def test_groups_of_five_are_shown_and_a_lone_small_group_is_hidden():
    assert hidden_groups({"a": 5, "b": 6}) == set()
    assert hidden_groups({"a": 4}) == {"a"}
