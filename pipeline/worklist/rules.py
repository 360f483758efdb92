"""Who may be on a list, and the reason why not. A list invites; nobody is enrolled by it.

The rules are design decisions of the region (region.toml [worklist]) on facts from worklist.candidates.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from pipeline.config.region import WorklistRules
from pipeline.errors import InputError

# In this order: the first that holds is the reason given. Protected identity stands first, so that
# nothing else about such a person is ever told.
REASONS = (
    "protected_identity",
    "deceased",
    "emigrated",
    "ended",
    "unit_unknown",
    "other_provider",
    "no_physician_assessment",
    "past_first_days",
    "in_coordination",
    "offer_pending",
    "declined",
    "withdrawn",
    "closed_by_coordinator",
    "too_little_to_gain",
)

# What a coordinator marks when nothing more is to be done in this spell.
CLOSING = ("closed", "no_action", "medical_rehab", "declined")


def decide(candidates: pl.DataFrame, scores: pl.DataFrame, rules: WorklistRules, as_of: date) -> pl.DataFrame:
    """Say for each candidate whether it may be on a list, on which, and why not.

    Parameters
    ----------
    candidates : worklist.candidates; rows of other moments than `as_of` are left out.
    scores : spell_id, preventable_days (net days); a spell that ended has none.

    Returns
    -------
    spell_id, list_unit_id, eligible, ineligible_because: one row a candidate in the order given.
    `ineligible_because` is the first of REASONS that holds, null where eligible. list_unit_id is null where no
    list may show the spell's existence (protected identity) or the unit is unknown.

    Raises
    ------
    InputError : a column is missing.
    """
    needed = {"spell_id", "as_of", "unit_id", "day", "protected", "ended", "has_physician", "last_status"}
    if missing := sorted(needed - set(candidates.columns)):
        raise InputError(f"worklist.candidates lacks {', '.join(missing)}", remedy="run `rehabrisk nightly`")
    here = candidates.filter(pl.col("as_of") == as_of).join(
        scores.select("spell_id", "preventable_days"), on="spell_id", how="left", maintain_order="left"
    )
    listed = "listed_" if rules.unit == "listed" else ""
    unit = pl.col(f"{listed}unit_id")
    kind = pl.col(f"{listed}unit_kind")
    holds = {
        "protected_identity": pl.col("protected"),
        "deceased": pl.col("deceased"),
        "emigrated": pl.col("emigrated"),
        # spells that just ended are shown elsewhere; they are scored by nothing and offered nothing
        "ended": pl.col("ended"),
        "unit_unknown": unit.is_null() | ~pl.col(f"{listed}unit_known"),
        # a blank provider is the one provider of all
        "other_provider": pl.col("provider_id").fill_null("") != pl.col(f"{listed}provider_id").fill_null(""),
        "no_physician_assessment": ~pl.col("has_physician") if rules.require_physician else pl.lit(False),
        "past_first_days": pl.col("day")
        > pl.when(kind.is_in(rules.first_days_kinds))
        .then(rules.first_days)
        .otherwise(rules.first_days_elsewhere),
        "in_coordination": pl.col("in_coordination"),
        "offer_pending": pl.col("pending"),
        "declined": (pl.lit(as_of) - pl.col("last_declined_on")).dt.total_days() < rules.declined_days,
        "withdrawn": pl.col("withdrawn"),
        "closed_by_coordinator": pl.col("last_status").is_in(CLOSING),
        # a row of nought days would take the time of one that gains
        "too_little_to_gain": pl.col("preventable_days") < rules.min_preventable_days,
    }
    because = pl.coalesce(
        pl.when(holds[reason].fill_null(False)).then(pl.lit(reason)) for reason in REASONS
    )  # fmt: skip
    hidden = pl.col("ineligible_because").is_in(["protected_identity", "unit_unknown"])
    return here.with_columns(because.alias("ineligible_because")).select(
        "spell_id",
        pl.when(~hidden.fill_null(False)).then(unit).alias("list_unit_id"),
        pl.col("ineligible_because").is_null().alias("eligible"),
        "ineligible_because",
    )
