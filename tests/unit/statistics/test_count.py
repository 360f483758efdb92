"""statistics.count: what is told adds up, and what is hidden cannot be worked out from it."""

import datetime as dt
from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from pipeline.errors import UsageError
from pipeline.statistics.count import BOTH, FINER, GROUPS, LEVELS, OTHERS, REGION, SEXES, SIDES, count
from tests.unit.statistics.regions import AS_OF, grouped

MANY = 10_000
KEY = ["place", "measure", "grouping", "level", "sex"]


@pytest.fixture(scope="module")
def region():
    frame = grouped(1, [900, 400, 300, 60, 9, 3])
    return frame, count(frame, AS_OF)


def told(found, **where):
    return found.cells.filter(**where)["spells"].to_list()


def test_the_regions_totals_are_those_of_the_spells(region):
    frame, found = region
    for sex in SEXES:
        assert told(found, place=REGION, measure="ongoing", grouping="total", sex=sex) == [frame.filter("ongoing", sex=sex).height]
    begun = frame.filter(pl.col("start_date").is_between(dt.date(2025, 1, 1), dt.date(2025, 12, 31)))
    assert told(found, place=REGION, measure="started", grouping="total", sex=BOTH) == [begun.height]


def test_what_is_shown_of_places_and_groups_adds_up_wherever_nothing_is_hidden(region):
    _, found = region
    checked = 0
    whole = {tuple(key): spells for *key, spells in found.cells.filter(grouping="total").iter_rows()}
    for (place, measure, grouping, sex), part in found.cells.filter(pl.col("grouping").is_in([*GROUPS, "long"])).group_by(
        "place", "measure", "grouping", "sex"
    ):
        if part["spells"].null_count() == 0:
            checked += 1
            assert part["spells"].sum() == whole[place, measure, "total", "", sex], grouping
    assert checked > 20


def test_each_unit_is_counted_as_it_is_or_hidden(region):
    frame, found = region
    of_unit = frame.filter("ongoing", unit_id="U0", sex="F")
    for grouping in GROUPS:
        true = dict(of_unit.group_by(grouping).len().iter_rows())
        for level, spells in found.cells.filter(place="U0", measure="ongoing", grouping=grouping, sex="F").select("level", "spells").iter_rows():
            assert spells in (None, true.get(level, 0))


def test_units_too_small_to_show_are_counted_together(region):
    _, found = region
    assert "U5" not in found.places
    assert OTHERS in found.places
    assert found.places[-1] == REGION


def test_six_spells_of_two_persons_are_hidden():
    frame = grouped(3, [600, 500])
    repeated = frame.filter("ongoing", unit_id="U0", sex="F", degree="25").head(1)
    rest = frame.filter(~(pl.col("ongoing") & (pl.col("unit_id") == "U0") & (pl.col("sex") == "F") & (pl.col("degree") == "25")))
    six = pl.concat([repeated] * 6)
    found = count(pl.concat([rest, six]), AS_OF)
    assert told(found, place="U0", measure="ongoing", grouping="degree", level="25", sex="F") == [None]


def test_the_regions_finer_groups_add_up_to_the_wider_ones_and_are_told_of_no_unit(region):
    frame, found = region
    checked = 0
    for finer, (grouping, wholes) in FINER.items():
        assert found.cells.filter(grouping=finer)["place"].unique().to_list() == [REGION]
        for whole, parts in wholes.items():
            cells = [told(found, place=REGION, measure="started", grouping=finer, level=one, sex="F")[0] for one in parts]
            if None not in cells:
                checked += 1
                assert [sum(cells)] == told(found, place=REGION, measure="started", grouping=grouping, level=whole, sex="F")
    assert checked > 8
    mental = frame.filter(pl.col("start_date").is_between(dt.date(2025, 1, 1), dt.date(2025, 12, 31)), sex="F", chapter="F00-F99")
    assert told(found, place=REGION, measure="started", grouping="chapter", level="F00-F99", sex="F") == [mental.height]


@pytest.mark.parametrize("sizes", [[900, 400, 300, 60, 9, 3], [900, 120, 90, 70, 60, 50]])
def test_the_regions_numbers_are_hidden_for_small_ones_of_its_own_and_never_for_a_small_units(sizes):
    frame = grouped(7, sizes)
    found = count(frame, AS_OF)
    truth = _truth(frame, found)
    checked = 0
    for (measure, grouping, sex), part in found.cells.filter(place=REGION).group_by("measure", "grouping", "sex"):
        if sex == BOTH or (measure, grouping) == ("ongoing", "month"):
            continue
        persons = {level: truth.get((REGION, measure, grouping, level, sex), (0, 0))[1] for level in part["level"]}
        if not any(0 < one < 5 for one in persons.values()):
            checked += 1
            assert part["spells"].null_count() == 0, (measure, grouping, sex)
    assert checked >= 10


def test_persons_of_unknown_sex_are_left_out_and_counted():
    frame = grouped(4, [500, 400])
    blank = frame.with_columns(sex=pl.when(pl.int_range(pl.len()) < 7).then(None).otherwise("sex"))
    assert count(blank, AS_OF).without_sex == 7


def test_a_region_with_too_few_on_leave_is_told_nothing_of():
    with pytest.raises(UsageError, match="fewer than 5"):
        count(grouped(5, [6]), AS_OF)


def test_the_order_of_the_spells_changes_nothing(region):
    frame, found = region
    again = count(frame.sample(fraction=1, shuffle=True, seed=2), AS_OF)
    assert again.cells.sort(KEY).equals(found.cells.sort(KEY))


def test_the_current_month_is_not_a_month_yet(region):
    _, found = region
    assert (len(found.months), found.months[0], found.months[-1]) == (24, dt.date(2024, 1, 1), dt.date(2025, 12, 1))


def test_a_spell_is_ongoing_in_every_month_it_touches():
    frame = grouped(6, [800, 700]).with_columns(
        start_date=pl.lit(dt.date(2025, 3, 31)), end_date=pl.lit(dt.date(2025, 5, 1)), ongoing=pl.col("person_key") % 2 == 0
    )
    found = count(frame, AS_OF)
    during = found.cells.filter(place=REGION, measure="ongoing", grouping="month", sex=BOTH)
    assert during.filter(pl.col("spells") > 0)["level"].to_list() == ["2025-03-01", "2025-04-01", "2025-05-01"]
    assert told(found, place=REGION, measure="started", grouping="month", level="2025-03-01", sex=BOTH) == [1500]


# ---------------------------------------------------------------- nobody can work a hidden number out


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.sampled_from([2, 8, 25, 60, 120]), min_size=1, max_size=4),
    st.sampled_from([1.0, 0.4]),
)
def test_every_hidden_number_of_fewer_than_five_could_be_another_and_five_given_all_that_is_told(seed, sizes, share):
    frame = grouped(seed, [150, *sizes], share)
    try:
        found = count(frame, AS_OF)
    except UsageError:
        return
    places = [one for one in found.places if one != REGION]
    truth = _truth(frame, found)
    shown = {tuple(key): spells for *key, spells in found.cells.iter_rows()}
    for key, (spells, persons) in truth.items():
        if key[2] in FINER and key[0] != REGION:
            assert key not in shown
            continue
        assert shown[key] in (None, spells)
        assert shown[key] is None or not 0 < persons < 5, key
    for measure in ("ongoing", "started"):
        for sex in SEXES:
            for grouping in ("length", "age", "diagnosis", "degree"):
                _audit(places, measure, sex, grouping, shown, truth)
    _audit(places, "started", SEXES[0], "month", shown, truth, levels=[str(one) for one in found.months[12:]])
    _audit(places, "started", SEXES[1], "month", shown, truth, levels=[str(one) for one in found.months[:12]], sums_shown=False)


def _truth(frame, found):
    """Every single number with the persons behind it, counted the slow way."""
    cells = defaultdict(lambda: (0, set()))
    units = [one for one in found.places if one not in (OTHERS, REGION)]
    since = {str(month) for month in found.months[12:]}
    earlier = {str(month) for month in found.months[:12]}
    for row in frame.filter(pl.col("sex").is_in(SEXES)).iter_rows(named=True):
        month = str(row["start_date"].replace(day=1))
        side = "91+" if row["days"] > 90 else "0-90"
        levels = [(name, row[name]) for name in LEVELS] + [("long", side), ("total", "")]
        told = [("ongoing", levels)] * row["ongoing"] + [("started", [*levels, ("month", month)])] * (month in since)
        told += [("started", [("month", month)])] * (month in earlier)
        for measure, groups in told:
            for grouping, level in groups:
                for place in (row["unit_id"] if row["unit_id"] in units else OTHERS, REGION):
                    key = (place, measure, grouping, level, row["sex"])
                    spells, persons = cells[key]
                    cells[key] = (spells + 1, persons | {row["person_key"]})
    return {key: (spells, len(persons)) for key, (spells, persons) in cells.items()}


def _audit(places, measure, sex, grouping, shown, truth, levels=None, sums_shown=True):
    """Linear programming over all that is told of one sex by one grouping, women's and men's sums being told as they are."""
    levels = levels or list(GROUPS[grouping])
    sides = list(SIDES) if grouping == "length" else []
    names = [(place, grouping, level) for place in (*places, REGION) for level in levels]
    names += [(place, "long", side) for place in (*places, REGION) for side in sides]
    finer = {name: wholes for name, (whole, wholes) in FINER.items() if whole == grouping}
    names += [(REGION, name, level) for name in finer for level in LEVELS[name]]
    at = {name: one for one, name in enumerate(names)}
    equal, sums = [], []

    def says(parts, whole, value=0.0):
        row = np.zeros(len(names))
        row[[at[one] for one in parts]] = 1
        if whole:
            row[at[whole]] = -1
        equal.append(row)
        sums.append(value)

    for place in (*places, REGION):
        if sums_shown:
            says([(place, grouping, level) for level in levels], None, shown[place, measure, "total", "", sex])
        for side in sides:
            says([(place, grouping, level) for level in SIDES[side]], (place, "long", side))
    for name, wholes in finer.items():
        for whole, parts in wholes.items():
            says([(REGION, name, level) for level in parts], (REGION, grouping, whole))
    for kind, level in {(kind, level) for _, kind, level in names if kind not in finer}:
        says([(place, kind, level) for place in places], (REGION, kind, level))
    key = {name: (name[0], measure, name[1], name[2], sex) for name in names}
    # a hidden number is taken to be known to stand for somebody, but where all of a place are hidden, noughts too
    together = [*SIDES.values(), sides] if grouping == "length" else [levels]
    nothing = {
        (place, level)
        for place in places for group in together for level in group
        if all(shown[place, measure, "long" if group == sides else grouping, one, sex] is None for one in group)
    }  # fmt: skip
    nothing |= {
        (name, level)
        for name, wholes in finer.items() for parts in wholes.values() for level in parts
        if all(shown[REGION, measure, name, one, sex] is None for one in parts)
    }  # fmt: skip
    least = {one: 0 if {(one[0], one[2]), one[1:]} & nothing else min(truth.get(key[one], (0, 0))[0], 1) for one in names}
    low = [shown[key[one]] if shown[key[one]] is not None else least[one] for one in names]
    high = [shown[key[one]] if shown[key[one]] is not None else MANY for one in names]
    for name in names:
        spells, persons = truth.get(key[name], (0, 0))
        if not 0 < persons < 5:
            continue
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(names))
            aim[at[name]] = sign
            answer = optimize.linprog(aim, A_eq=np.array(equal), b_eq=np.array(sums), bounds=list(zip(low, high, strict=True)))
            assert answer.status == 0, "what is told does not agree with itself"
            ends.append(answer.x[at[name]])
        assert ends[1] - ends[0] > 0.5, f"{key[name]} can only be {spells}"
        # what no weighted sum of shown numbers bounds under five (duality) is in no sum of fewer that can be worked out
        aim = np.zeros(len(names))
        aim[at[name]] = -1
        free = [(one, one) if key_told is not None else (0, MANY) for one, key_told in zip(low, (shown[key[each]] for each in names), strict=True)]
        most = optimize.linprog(aim, A_eq=np.array(equal), b_eq=np.array(sums), bounds=free)
        assert most.status == 0 and most.x[at[name]] > 4.5, f"{key[name]}, {spells}, can be {most.x[at[name]]:.0f} at most"
