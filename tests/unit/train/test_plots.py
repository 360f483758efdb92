"""The card's drawings."""

import re

from pipeline.train.plots import Series, chart, forest
from pipeline.train.plots_of_model import drawings
from tests.unit.train.invented import candidate


def test_a_point_beyond_the_axis_is_an_arrow_at_its_edge_and_never_a_dot():
    drawn = chart("x", "", "", [Series("a", [(0, 0.5), (1, 9.0), (2, -9.0)], line=False)], x=(0, 2), y=(0, 1))
    assert drawn.count("<circle") == 1 and drawn.count("▲") == 1 and drawn.count("▼") == 1


def test_a_line_beyond_the_axis_is_cut_there_and_not_bent_along_it():
    drawn = chart("x", "", "", [Series("a", [(0, 0.5), (1, -1.5)])], x=(0, 1), y=(0, 1))
    points = re.search(r'points="([^"]+)"', drawn).group(1).split()
    foot = float(re.search(r'<clipPath[^>]*><rect x="[^"]+" y="([^"]+)"[^>]*height="([^"]+)"', drawn).group(2)) + 30
    assert float(points[1].split(",")[1]) > foot  # it goes on below the frame, which cuts it
    assert "clip-path" in drawn and drawn.count("<circle") == 1


def test_an_interval_that_leaves_a_forests_axis_ends_in_an_arrow():
    drawn = forest("Units", "o/e", [("A", 1.0, 0.9, 1.1), ("B", 1.2, 0.2, 1.3), ("C", 2.0, 1.4, 3.0)], x=(0.5, 1.5), even=1.0)
    assert drawn.count("<circle") == 2 and drawn.count("◀") == 1 and drawn.count("▶") == 1
    assert "A 1.00; B 1.20; C 2.00" in drawn


def test_names_and_titles_are_escaped():
    assert "<script" not in forest("<script>", "", [("<script>", 1, 0.9, 1.1)], x=(0, 2)) + chart("<script>", "", "", [], x=(0, 1), y=(0, 1))


def test_the_models_drawings_hold_calibration_with_its_histogram_units_and_a_learning_curve_of_four_shares():
    made = drawings(candidate().meta, candidate().validation)
    titles = " ".join(re.search(r'aria-label="([^.]+)', one).group(1) for one in made)
    for words in ("Calibration, day 90; bars", "Decision curve", "AUC by day", "by sex", "by unit", "Learning curve, one draw"):
        assert words in titles
    calibration = next(one for one in made if "Calibration, day 90" in one)
    assert calibration.count("<rect") >= 20 and "<polygon" in calibration
    assert len(candidate().validation["learning_curve"]) >= 4
