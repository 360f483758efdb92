"""From scores and candidates to the rows of tonight's lists, still without a name."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipeline.config.region import WorklistRules
from pipeline.worklist.rank import rank
from pipeline.worklist.rules import decide

# what the reasons start from, what they leave out, and what all of it adds up to: told on the page
ACCOUNT = ("comparable_days_left", "other_effects_days", "days_left")
SCORED = ("p_90", "p_180", "net_days_left", "preventable_days", "preventable_low", "preventable_high")


def make_entries(
    candidates: pl.DataFrame,
    scores: pl.DataFrame,
    rules: WorklistRules,
    as_of: date,
    previous: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decide, rank and lay out tonight's lists.

    Parameters
    ----------
    candidates : worklist.candidates. scores : score.scores (spell_id, SCORED, reasons as a list of structs with
        `text`; where there, ACCOUNT comes along). previous : worklist.entries of earlier nights, see rank.

    Returns
    -------
    decisions : spell_id, list_unit_id, eligible, ineligible_because; one row a candidate (for scores.parquet).
    entries : worklist.entries, one row a spell on a list: spell_id, person_key, as_of, list_unit_id, list_unit_name,
        what rank adds, and the contract's columns save patient_id, name and those to be filled in.
        Pseudonymous; age in whole years at as_of.

    Raises
    ------
    NightFailed : a spell that may be on a list has no usable score; see rank.
    """
    decisions = decide(candidates, scores, rules, as_of)
    listed = "listed_" if rules.unit == "listed" else ""
    known = candidates.filter(pl.col("as_of") == as_of).join(decisions, on="spell_id", maintain_order="left")
    # left: a spell that may be offered and has no score is a fault that rank stops at, never a row less
    eligible = known.filter(pl.col("eligible")).join(
        scores.select("spell_id", *SCORED, *_reasons(scores), *(name for name in ACCOUNT if name in scores.columns)),
        on="spell_id",
        how="left",
        maintain_order="left",
    )
    capacity = known.select(
        unit_id="list_unit_id", capacity_per_week=pl.col(f"{listed}capacity_per_week").cast(pl.Float64)
    ).unique("unit_id")
    ranked = rank(eligible, rules, capacity.filter(pl.col("unit_id").is_not_null()), previous)
    entries = ranked.select(
        "spell_id",
        "person_key",
        "as_of",
        "list_unit_id",
        pl.col(f"{listed}unit_name").cast(pl.String).alias("list_unit_name"),
        "rank",
        "within_capacity",
        "drawn",
        "draw_chance",
        "change",
        _age().alias("age"),
        "sex",
        pl.col("start_date").alias("spell_start"),
        "day",
        "degree",
        "diagnosis",
        "target_group",
        pl.col("end_date").alias("certificate_end"),
        # blank once day 90 is behind
        pl.when(pl.col("day") <= 90).then(90 - pl.col("day")).alias("days_to_day_90"),
        *SCORED,
        "reason_1",
        "reason_2",
        "reason_3",
        *(name for name in ACCOUNT if name in scores.columns),
    )
    return decisions, entries


def _age() -> pl.Expr:
    """Whole years at as_of, by the month of birth: at most one month early."""
    born, at = pl.col("birth_month"), pl.col("as_of")
    return at.dt.year() - born.dt.year() - (at.dt.month() < born.dt.month()).cast(pl.Int32)


def _reasons(scores: pl.DataFrame) -> list[pl.Expr]:
    """The first three reasons' texts, each a column of its own; blank where there are fewer."""
    if "reasons" not in scores.columns or scores["reasons"].dtype == pl.Null:
        return [pl.lit(None, dtype=pl.String).alias(f"reason_{at}") for at in (1, 2, 3)]
    said = pl.col("reasons").list
    return [said.get(at - 1, null_on_oob=True).struct.field("text").alias(f"reason_{at}") for at in (1, 2, 3)]
