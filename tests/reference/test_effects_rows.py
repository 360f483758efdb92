"""How many rows of the list of public data with known answers the estimators are held to."""

from tests.reference import test_effects_causal, test_effects_linear, test_effects_times
from tests.reference.effects_data import ROWS

# predictions, not effects: random forests, boosting and their Brier scores
OUTSIDE = {"O21", "O22", "O23"}


def test_every_row_of_an_estimator_is_a_test(capsys):
    assert test_effects_causal and test_effects_linear and test_effects_times
    rows = {f"O{number}" for number in range(1, 34)}
    with capsys.disabled():
        print(f"\nreference rows covered: {len(rows & set(ROWS))} of {len(rows)}; outside: {', '.join(sorted(OUTSIDE))}")
    assert rows - set(ROWS) == OUTSIDE
