"""Preventable days on every score, by the evidence route (models/benefit)."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.benefit.evidence import EvidenceBenefit
from pipeline.score.scoring import EXITS

COLUMNS = (
    "spell_id", "person_key", "unit_id", "as_of", "day", "degree", "target_group", "p_90", "p_180", "p_365",
    "days_left", "net_days_left", "preventable_days", "preventable_low", "preventable_high", "benefit_basis",
    "reasons", "model_version", "comparable_days_left", "other_effects_days",
    "p_90_low", "p_90_high", "net_days_left_low", "net_days_left_high", *EXITS,
)  # fmt: skip
LAST = COLUMNS[COLUMNS.index("comparable_days_left"):]  # behind what others read by place


def with_preventable_days(
    scores: pl.DataFrame, features: pl.DataFrame, benefit: EvidenceBenefit, has_contacts: bool
) -> pl.DataFrame:
    """Add preventable_days and its 90 % interval (net days within 365 days), and where they come from.

    scores : score.scoring.score; features : features.spell_features, the same spells in the same order.
    has_contacts : whether the region sends contacts at all.
    """

    def numbers(name: str) -> np.ndarray:
        # null as NaN: what missing means, EvidenceBenefit says
        return features[name].cast(pl.Float64).to_numpy()

    # of the time before the spell: every spell has visits of its own
    contacts = numbers("contacts_before_365d_count")
    if not has_contacts:  # an extract that never came is not low care use
        contacts = np.full(features.height, np.nan)
    saved = benefit.predict_saved(
        scores["net_days_left"].to_numpy(),
        None,  # net_days_sd is the spread of outcomes; how sure the expectation is comes with the ensemble
        target_group=features["target_group"].to_numpy(),
        prior_sick_leave_days=numbers("spell_days_24m"),
        care_contacts=contacts,
        degree=numbers("degree"),
    )
    return scores.with_columns(
        preventable_days=pl.Series(saved.mean),
        preventable_low=pl.Series(saved.low),
        preventable_high=pl.Series(saved.high),
        benefit_basis=pl.lit("evidence"),
    ).select(COLUMNS)
