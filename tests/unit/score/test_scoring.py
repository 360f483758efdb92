"""Chances, days and reasons on every ongoing spell."""

import datetime as dt
import re

import numpy as np
import polars as pl
import pytest

from models.risk.fact_groups import GROUPS, UNSAID, grouped
from models.risk.person_period import HORIZON
from pipeline.errors import InputError, UsageError
from pipeline.score.load import LoadedModel
from pipeline.score.reasons import REASON, TELLS, reasons, words
from pipeline.score.scoring import score
from pipeline.train.training import shipped
from tests.unit.models.renewals import world
from tests.unit.train.invented import AS_OF, candidate, features


def model():
    return LoadedModel("20250701-abcdef01", candidate().meta, candidate().risk)


def test_a_row_has_the_columns_of_the_contract_in_the_order_of_the_spells():
    given = features(50)
    found = score(given, model(), "sv")
    assert found.columns == [
        "spell_id", "person_key", "unit_id", "as_of", "day", "degree", "target_group", "p_90", "p_180", "p_365",
        "days_left", "net_days_left", "net_days_sd", "reasons",
        "comparable_days_left", "p_90_low", "p_90_high", "net_days_left_low", "net_days_left_high", "other_effects_days",
        "ends_by_return", "ends_by_death", "ends_by_emigration", "ends_by_disability", "ends_by_age_limit", "model_version",
    ]  # fmt: skip
    assert found["spell_id"].to_list() == given["spell_id"].to_list()
    assert found.schema["reasons"] == REASON


def test_nothing_goes_on_beyond_the_age_limit_whose_day_is_known():
    given = features(200).with_columns(as_of=pl.lit(dt.date(2026, 3, 10)), day=pl.lit(30), certified_days_ahead=pl.lit(10))
    for risk in (model(), LoadedModel("v", shipped(AS_OF, "abc123").meta, shipped(AS_OF, "abc123").risk)):
        free, near, now = (score(given.with_columns(age_months=pl.lit(months)), risk, "sv") for months in (600, 67 * 12 - 2, 67 * 12 - 1))
        # the limit is on 1 May: day 82 of the spell, 52 days away; on 1 April: 22 days away
        for found, left in ((near, 52), (now, 22)):
            assert found["p_90"].max() == 0 and found["p_365"].max() == 0
            assert found["days_left"].min() >= 10 and found["days_left"].max() <= left
            assert found["net_days_left"].max() <= left and found["net_days_left_high"].max() <= left
        assert (near["days_left"] < free["days_left"]).all() and (now["days_left"] <= near["days_left"]).all()
        assert (near["net_days_left"] < free["net_days_left"]).all()
        # one who reached it before the moment, or whose age is not known, is not cut
        assert score(given.with_columns(age_months=pl.lit(67 * 12)), risk, "sv")["days_left"].to_list() == free["days_left"].to_list()


def test_ends_by_cause_add_up_to_the_end_within_a_year_and_the_age_limit_takes_the_rest():
    given = features(200).with_columns(as_of=pl.lit(dt.date(2026, 3, 10)), age_months=pl.Series([600] * 100 + [67 * 12 - 1] * 100))
    found = score(given, model(), "sv")
    total = found.select(pl.sum_horizontal("^ends_by_.*$")).to_series().to_numpy()
    curves = model().risk.curves(given, np.arange(HORIZON + 1))
    assert np.allclose(total, 1 - curves[:, -1], atol=1e-5)
    assert (found["ends_by_age_limit"][:100] == 0).all() and (found["ends_by_age_limit"][100:] > 0).all()
    national = score(given, LoadedModel("v", shipped(AS_OF, "abc123").meta, shipped(AS_OF, "abc123").risk), "sv")
    assert national["ends_by_return"].null_count() == 200  # published lengths know no causes


def test_a_later_day_is_passed_less_often_and_a_passed_day_for_certain():
    found = score(features(2000), model(), "sv")
    assert found.filter(
        (pl.col("p_180") > pl.col("p_90") + 1e-6) | (pl.col("p_365") > pl.col("p_180") + 1e-6)
    ).is_empty()
    assert (found.filter(pl.col("day") > 90)["p_90"] == 1).all()
    assert found["days_left"].is_between(0, 365).all() and found["net_days_left"].is_between(0, 365).all()


def test_a_certificate_that_reaches_past_day_90_makes_passing_it_almost_certain():
    given = features(500).with_columns(day=pl.lit(60), certified_days_ahead=pl.lit(40))
    assert score(given, model(), "sv")["p_90"].min() > 0.99


def test_the_chances_are_those_of_the_world():
    rows = world(4000, 31)
    found = score(
        rows.drop("duration_days", "cause", "net_days_365", "followed_days", "true_90", "true_180"),
        model(),
        "en",
    )
    error = (found["p_90"] - rows["true_90"]).abs()
    # so few moments teach only this much: the tests of models/ hold the hazard itself to less
    assert abs(found["p_90"].mean() - rows["true_90"].mean()) < 0.05
    assert error.mean() < 0.08


def test_reasons_are_at_most_three_largest_first_in_the_readers_language():
    swedish, english = (
        score(features(300), model(), language)["reasons"].to_list() for language in ("sv", "en")
    )
    assert max(len(one) for one in swedish) == 3
    for one in swedish:
        sizes = [abs(reason["effect_days"]) for reason in one]
        assert sizes == sorted(sizes, reverse=True)
        assert all(size >= 2.45 for size in sizes)  # less rounds to no days
    for told, ending in ((swedish, "sjukskrivning än i liknande fall."), (english, "on sick leave than in similar cases.")):
        texts = [reason["text"] for one in told for reason in one]
        assert len(texts) > 300 and all(text.endswith(ending) and "{" not in text for text in texts)


def test_reasons_add_up_from_comparable_spells_to_the_persons_days_left():
    for risk in (model(), LoadedModel("v", shipped(AS_OF, "abc123").meta, shipped(AS_OF, "abc123").risk)):
        found = score(features(200), risk, "sv")
        stated = [sum(reason["effect_days"] for reason in one) for one in found["reasons"].to_list()]
        summed = found["comparable_days_left"] + pl.Series(stated) + found["other_effects_days"]
        assert np.allclose(summed, found["days_left"], atol=1e-6)
    assert (found["other_effects_days"].abs() < 6).all()  # national figures: two facts and no more, effects below 2.5 days unsaid


def test_what_no_group_of_facts_accounts_for_is_a_few_days():
    given = features(1000)
    comparable, effects = model().risk.effects(given)
    missed = model().risk.outlook(given).days_left - comparable - np.nansum(list(effects.values()), axis=0)
    assert np.median(np.abs(missed)) < 5
    other = score(given, model(), "sv")["other_effects_days"].abs()
    assert other.median() < 8 and other.quantile(0.9) < 25


def test_of_a_diagnosis_that_the_model_never_met_nothing_is_said():
    given = features(300)
    said = {reason["feature"] for one in score(given, model(), "sv")["reasons"].to_list() for reason in one}
    assert "diagnosis" in said
    strange = given.with_columns(diagnosis_3=pl.lit("Q99"))
    found = score(strange, model(), "sv")
    assert not [reason for one in found["reasons"].to_list() for reason in one if reason["feature"] == "diagnosis"]
    assert np.isfinite(found["other_effects_days"].to_numpy()).all()


def test_a_spell_with_many_earlier_ones_has_them_as_a_reason_that_lengthens():
    given = features(300).with_columns(spells_24m_count=pl.lit(4), spell_days_24m=pl.lit(90.0))
    found = score(given, model(), "en")["reasons"].to_list()
    effects = [reason["effect_days"] for one in found for reason in one if reason["feature"] == "history"]
    assert len(effects) > 200
    assert np.mean(np.array(effects) > 0) > 0.95


FACTS = pl.DataFrame({
    "certified_days_ahead": [1, 12, 0, None], "prognosis": ["LIKELY", "AFTER_DAYS", "UNCLEAR", None], "prognosis_days": [None, 60, None, None],
    "diagnosis_3": ["M79", "F43", "F32", None], "diagnosis_4": ["M797", None, "F321", None], "age_years": [51.7, 30.0, 64.0, None],
    "spells_24m_count": [0, 1, 3, 2], "occupation": ["WORK", "WORK|STUDENT", None, "OWN_CODE"], "sex": ["F", "M", None, "F"],
})  # fmt: skip


@pytest.mark.parametrize(
    ("language", "group", "effect", "told"),
    [
        ("sv", "certificate_end", 12.4, [
            "Att intyget gäller i 1 dag till talar för omkring 10 dagar längre sjukskrivning än i liknande fall.",
            "Att intyget gäller i 12 dagar till talar för omkring 10 dagar längre sjukskrivning än i liknande fall.",
            "Att intyget gäller till och med i dag talar för omkring 10 dagar längre sjukskrivning än i liknande fall.",
            "Att intygets sista dag inte är känd talar för omkring 10 dagar längre sjukskrivning än i liknande fall."]),
        ("sv", "prognosis", -2.5, [
            "Läkarens bedömning att återgång i sysselsättning är mycket sannolik när intyget går ut talar för omkring 5 dagar kortare sjukskrivning än i liknande fall.",
            "Läkarens bedömning att återgång i sysselsättning kan ske efter 60 dagar talar för omkring 5 dagar kortare sjukskrivning än i liknande fall.",
            "Läkarens bedömning att det ännu är oklart när återgång i sysselsättning kan ske talar för omkring 5 dagar kortare sjukskrivning än i liknande fall.",
            "Att intyget inte säger när återgång i sysselsättning kan ske talar för omkring 5 dagar kortare sjukskrivning än i liknande fall."]),
        ("en", "diagnosis", 33.0, [
            "The diagnosis M79.7 points to about 35 days longer on sick leave than in similar cases.",
            "The diagnosis F43 points to about 35 days longer on sick leave than in similar cases.",
            "The diagnosis F32.1 points to about 35 days longer on sick leave than in similar cases.",
            "That the certificate states no diagnosis points to about 35 days longer on sick leave than in similar cases."]),
        ("en", "history", -8.0, [
            "That there has been no earlier sick leave in the last two years points to about 10 days less on sick leave than in similar cases.",
            "That there has been one earlier sick leave in the last two years points to about 10 days less on sick leave than in similar cases.",
            "That there have been 3 earlier sick leaves in the last two years points to about 10 days less on sick leave than in similar cases.",
            "That there have been 2 earlier sick leaves in the last two years points to about 10 days less on sick leave than in similar cases."]),
        ("sv", "occupation", 6.0, [
            "Sysselsättningen (arbete) talar för omkring 5 dagar längre sjukskrivning än i liknande fall.",
            "Sysselsättningen (arbete, studier) talar för omkring 5 dagar längre sjukskrivning än i liknande fall.",
            "Att sysselsättningen inte framgår av intyget talar för omkring 5 dagar längre sjukskrivning än i liknande fall.",
            "Sysselsättningen (OWN_CODE) talar för omkring 5 dagar längre sjukskrivning än i liknande fall."]),
        ("en", "age", 6.0, [
            "The age (52 years) points to about 5 days longer on sick leave than in similar cases.",
            "The age (30 years) points to about 5 days longer on sick leave than in similar cases.",
            "The age (64 years) points to about 5 days longer on sick leave than in similar cases.",
            "That the age is not known points to about 5 days longer on sick leave than in similar cases."]),
    ],
)  # fmt: skip
def test_a_reason_is_a_whole_sentence_that_names_its_fact(language, group, effect, told):
    found = reasons(FACTS, {group: np.full(4, effect)}, language).to_list()
    assert [row[0]["text"] for row in found] == told


def test_what_rounds_to_no_days_is_not_said():
    found = reasons(FACTS, {"age": np.array([2.4, -2.4, 2.5, np.nan])}, "sv").to_list()
    assert [len(row) for row in found] == [0, 0, 1, 0]


def test_every_group_that_may_be_said_has_its_sentence_and_no_sentence_blames():
    told = {name for name in GROUPS if name not in UNSAID}
    for language, blaming in (
        ("sv", "vägra|bristande|trots|fortfarande|borde|misslyck|inte vill|ovillig|beroende|dålig|avböj|sent"),
        ("en", "refus|lack of|despite|still|should|fail|unwilling|poor|declin|late"),
    ):
        facts = words(language)["facts"]
        assert facts.keys() == told == TELLS.keys()
        for form in (form for forms in facts.values() for form in forms.values()):
            assert not re.search(rf"\b({blaming})", form), form


def test_every_feature_belongs_to_one_group_and_what_defines_comparable_to_none():
    names = [
        "day",
        "target_group",
        "age_years",
        "contacts_365d_count",
        "disability_degree",
        "something_new_days",
    ]
    assert grouped(names) == {
        "course": ("day",),
        "age": ("age_years",),
        "contacts": ("contacts_365d_count",),
        "disability": ("disability_degree",),
        "other": ("something_new_days",),
    }


def test_both_languages_have_the_same_texts():
    sv, en = words("sv"), words("en")
    assert sv.keys() == en.keys() and sv["occupations"].keys() == en["occupations"].keys()
    assert {name: set(forms) for name, forms in sv["facts"].items()} == {name: set(forms) for name, forms in en["facts"].items()}
    with pytest.raises(UsageError, match="no texts in language 'xx'"):
        words("xx")


def test_no_rows_give_no_rows_of_the_same_form():
    empty = score(features(5).clear(), model(), "sv")
    assert empty.height == 0
    assert empty.schema == score(features(5), model(), "sv").schema


def test_a_missing_column_or_day_stops_it_and_names_no_one():
    with pytest.raises(InputError, match="lacks degree"):
        score(features(3).drop("degree"), model(), "sv")
    with pytest.raises(InputError, match="does not fit these features: features lack age_years"):
        score(features(3).drop("age_years"), model(), "sv")
    with pytest.raises(InputError, match="3 spells have no day"):
        score(features(3).with_columns(day=pl.lit(None, dtype=pl.Int64)), model(), "sv")


def test_the_shipped_figures_score_too():
    made = shipped(AS_OF, "abc123")
    found = score(features(200), LoadedModel("v", made.meta, made.risk), "sv")
    assert found["p_90"].is_between(0, 1).all()
    assert {r["feature"] for one in found["reasons"].to_list() for r in one} <= {"diagnosis", "certificate_end"}


def test_the_intervals_hold_what_this_world_really_is():
    rows = world(4000, 31)
    found = score(rows.drop("duration_days", "cause", "net_days_365", "followed_days", "true_90", "true_180"), model(), "en")
    within = rows["true_90"].is_between(found["p_90_low"], found["p_90_high"])
    assert 0.85 < within.mean() < 0.98
    own = rows["net_days_365"].is_between(found["net_days_left_low"], found["net_days_left_high"])
    assert own.mean() == pytest.approx(0.9, abs=0.04)


def test_published_figures_claim_no_interval_of_a_chance():
    kept = shipped(AS_OF, "abc123")
    found = score(features(50), LoadedModel("20250701-00000000", kept.meta, kept.risk), "sv")
    assert found["p_90_low"].null_count() == found["p_90_high"].null_count() == 50
    assert (found["net_days_left_low"] <= found["net_days_left"]).all()
