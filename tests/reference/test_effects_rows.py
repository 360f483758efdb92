"""How many rows of the list of public data with known answers the estimators are held to."""

from tests.reference import (
    test_effects_causal,
    test_effects_linear,
    test_effects_predictions,
    test_effects_times,
)
from tests.reference.effects_data import ROWS


def test_every_row_is_a_test(capsys):
    assert test_effects_causal and test_effects_linear and test_effects_predictions and test_effects_times
    rows = {f"O{number}" for number in range(1, 34)}
    with capsys.disabled():
        print(f"\nreference rows covered: {len(rows & set(ROWS))} of {len(rows)}")
    assert rows <= set(ROWS)
