"""Which facts of a spell the evidence is asked about."""

import polars as pl
import pytest

from models.benefit.evidence import EvidenceBenefit
from pipeline.score.preventable import COLUMNS, with_preventable_days

PLAIN = {
    "target_group": "mental", "spell_days_24m": 0, "contacts_365d_count": 9, "contacts_before_365d_count": 9, "degree": 100,
}  # fmt: skip


def saved(has_contacts=True, **facts):
    """Expected saving of 100 net days left, for one spell with these facts."""
    features = pl.DataFrame(
        [PLAIN | facts], schema_overrides=dict.fromkeys(PLAIN.keys() - {"target_group"}, pl.Int32)
    )
    scores = features.select(**{name: pl.lit(100.0 if name == "net_days_left" else None) for name in COLUMNS})
    made = with_preventable_days(scores, features, EvidenceBenefit.from_toml(), has_contacts)
    assert made["benefit_basis"].to_list() == ["evidence"]
    return made["preventable_days"][0]


def test_low_care_use_is_that_before_the_spell_not_the_visits_of_the_spell_itself():
    assert saved(contacts_before_365d_count=1) == 0
    assert saved(contacts_before_365d_count=1, contacts_365d_count=0) == 0
    assert saved(contacts_before_365d_count=9, contacts_365d_count=0) > 0


def test_a_degree_that_is_missing_counts_as_whole_time():
    assert saved(degree=None) == pytest.approx(saved(degree=100)) and saved(degree=None) > saved(degree=25)


def test_a_history_that_is_missing_is_none():
    assert saved(spell_days_24m=None) == saved(spell_days_24m=0) < saved(spell_days_24m=30)


def test_contacts_that_the_region_never_sent_are_not_low_care_use():
    assert 0 < saved(False, contacts_before_365d_count=0) < saved(contacts_before_365d_count=9)
