"""What the model card says of forecasts of days: within the test months, and within the year they are told for."""

from __future__ import annotations

from pipeline.train.card_performance import NAMES, Line, interval, number, signed
from pipeline.train.forecasts import CERTIFIED
from pipeline.train.net_days import SHIPPED

MEANS = (
    "The last two columns are the champion's error less that row's, of the same persons: below 0 the champion is nearer. An expectation is nearest in "
    "squared error; in error either way a forecast that is too low wins where most spells end soon, as its observed/expected shows."
)


def in_test_months(found: dict) -> list[Line]:
    """Days left within the days that test months hold; found : as `days_forecast` gives it."""
    if not found:
        return []
    return [
        ("head", f"Days left within the next {found['within']}"),
        (
            "text",
            f"On {found['moments']} test moments of {found['persons']} persons whose next {found['within']} days were all seen. {MEANS}",
        ),
        *_tables(found, NAMES),
    ]


def within_a_year(meta: dict, found: dict) -> list[Line]:
    """Days left and net days within 365 days; found : the report of `learn_net_days`."""
    head: Line = ("head", "Days left and net days within 365 days")
    if not found["learned"]:
        return [
            head,
            (
                "text",
                f"Not validated: only {found['moments_followed_a_year']} moments were followed for a year. Net days are today's degree carried along "
                "the curve; relapses are not in them.",
            ),
        ]
    judged, (sick, rest, after) = found["net_days"], found["shares"]
    when = (
        "and nothing from their first day on, but for the tested model's number of trees and recalibration"
        if found["later"]
        else "though of the same months: the history holds no earlier years to learn from. Its number of trees and recalibration are the tested model's"
    )
    carried = {name: f"{told}, x today's degree" for name, told in NAMES.items()}
    return [
        head,
        (
            "text",
            f"The test months hold no moment whose year has been followed. Judged are {judged['moments']} moments of {judged['persons']} persons from "
            f"{found['first']} to {found['last']}, each forecast by models of the same make that never met the person ({found['folds']} folds of persons), {when}. "
            f"{MEANS}",
        ),
        ("head3", "Days left"),
        *_tables(found["days_left"], NAMES),
        ("head3", "Net days, relapses included"),
        (
            "text",
            f"Learned from {found['moments_followed_a_year']} moments followed for a year: a day expected on sick leave counts {sick:.2f} of today's degree "
            f"and {rest:.2f} of the rest up to 100 %, a day of the year after it {after:.3f}. After death, a move abroad, full disability benefit or the age limit no days count.",
        ),
        *_tables(judged, carried | {SHIPPED: f"net days, as told ({NAMES[meta['kind']]})"}),
    ]


def ends_of_net_days(found: dict) -> list[str]:
    """How often the ends of net days held."""
    if not found["learned"]:
        return []
    return [
        "Between a score's net_days_left_low and _high nine in ten persons' own net days should lie. Ends learned from some folds of persons held "
        f"{found['covered']:.0%} of the others'."
    ]


def _tables(found: dict, names: dict[str, str]) -> list[Line]:
    champion = found["champion"]
    rows = [[
        "forecast", "expected, mean days", "observed", "observed / expected", "distance by tenth", "error either way", "root mean square",
        "champion less it: either way", "root mean square",
    ]]  # fmt: skip
    for name, f in found["models"].items():
        chosen = " (told)" if name == champion and name != SHIPPED else ""
        rows.append([
            names[name] + chosen, number(f["expected"], 1), number(f["observed"], 1), interval(f["o_e"], 2 if name == CERTIFIED else 3),
            number(f["tenth_error"], 1), interval(f["mae"], 1), interval(f["rmse"], 1),
            *(signed(f.get(key), 1) for key in ("mae_less", "rmse_less")),
        ])  # fmt: skip
    tenths = [["tenth of the expectation", "expected", "observed"]]
    tenths += [[t["tenth"], number(t["expected"], 1), interval((t["observed"], *t["observed_95"]), 1)] for t in found["models"][champion]["tenths"]]
    return [("table", rows), ("table", tenths)]
