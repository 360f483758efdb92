"""The flow of a study: every person is found, left out at one step, or analysed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.evaluate.attrition import flow, followed
from pipeline.evaluate.disclosure import shown_flow
from tests.unit.evaluate.made_up import cohort, protocol


def test_what_every_step_takes_and_what_is_left_add_up(tmp_path):
    kept, lines = flow(cohort(), protocol(tmp_path).protocol)
    assert lines[0].left == 300 and lines[-1].left == kept.height
    assert lines[0].left - sum(line.taken for line in lines) == kept.height
    assert [line.taken for line in lines] == [0, 0, 6]
    assert all(line.treated + line.control == line.left for line in lines)


def test_those_followed_and_lost_add_up_to_the_analysed(tmp_path):
    told = protocol(tmp_path).protocol
    kept, _ = flow(cohort(), told)
    assert sum(line.left for line in followed(kept, told)) == kept.height


def test_an_unknown_answer_to_a_condition_leaves_the_person_out(tmp_path):
    frame = cohort().with_columns(moved=None)
    with pytest.raises(UsageError, match="an arm is empty"):
        flow(frame, protocol(tmp_path).protocol)


@pytest.mark.parametrize(
    ("where", "says"), [("nowhere = 1", "cannot be asked"), ("age_years + 1", "no condition"), ("select 1", "cannot be asked")]
)
def test_a_step_that_cannot_be_asked_is_told(tmp_path, where, says):
    read = protocol(tmp_path, ("where: not dead and not moved", f"where: {where}"))
    with pytest.raises(UsageError, match=says):
        flow(cohort(), read.protocol)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=4), st.integers(3, 6))
def test_no_small_count_of_a_flow_is_shown_nor_can_it_be_had_by_subtraction(taken, smallest):
    shown = np.array(shown_flow(taken, smallest), dtype=object)
    whole = np.array(taken)
    whole = np.vstack([whole, whole.sum(axis=0)])
    whole = np.hstack([whole, whole.sum(axis=1, keepdims=True)])
    hidden = np.equal(shown, None)
    assert not (((whole > 0) & (whole < smallest)) & ~hidden).any()
    # one hidden cell alone in its row or column would be the sum less the rest
    assert all(row.sum() != 1 for row in hidden) and all(column.sum() != 1 for column in hidden.T)
