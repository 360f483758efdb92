"""Spells as Rehabstöd's screen counts them, from the certificates it would be shown.

Rules R1-R13 of docs/spells.md, written from a description of the engine's behaviour, not from its code. Everything that
learns or measures uses the clean rule (spells.sql); this one is for the coordinator who holds our list beside that screen.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

NEEDED = ("certificate_id", "patient_id", "issued_at", "start_date", "end_date", "degree")
FAR = 1 << 23  # more days than any two dates lie apart: what keeps patients apart in one running maximum


def unit_view(
    certificates: pl.DataFrame, today: date, max_gap_days: int = 5, max_days_since_end: int = 0
) -> pl.DataFrame:
    """At most one spell a patient: the one that today, or a certificate just ended, belongs to.

    Parameters
    ----------
    certificates : one row a certificate period: certificate_id, patient_id, issued_at, start_date, end_date (both inclusive),
        degree (percent). What may be among them is settled before (pipeline/spells/unit_certificates.sql).
    max_gap_days : whole days without certificate that do not end a spell; below 0 the answer is empty, as there.
    max_days_since_end : also patients whose certificate ended so many days ago; 0 = ongoing alone.

    Returns
    -------
    patient_id, start_date, end_date, days ("Längd": certified days, each once, those to come too), n_certificates,
    active_certificate_id, degree (in force today; null where ended), ongoing; sorted by patient_id. The order of the rows
    given does not matter: where Rehabstöd keeps the order it was handed, the lower certificate_id comes first here.

    >>> one = pl.DataFrame({"certificate_id": ["a"], "patient_id": [1], "issued_at": [None], "start_date": [date(2026, 1, 5)],
    ...                     "end_date": [date(2026, 1, 9)], "degree": [100]})
    >>> unit_view(one, date(2026, 1, 6))["days"].to_list()
    [5]
    """
    if max_gap_days < 0:
        certificates = certificates.clear()
    near = pl.col("end_date") >= today - timedelta(days=max_days_since_end)
    may_appear = certificates.filter(near & (pl.col("start_date") <= today)).select("patient_id").unique()
    periods = certificates.join(may_appear, on="patient_id", how="semi")
    spans = certificate_spans(periods, today, max_days_since_end)
    return _spells(periods, _chained(spans, max_gap_days)).sort("patient_id")


def patient_view(certificates: pl.DataFrame, today: date, max_gap_days: int = 5) -> pl.DataFrame:
    """All spells of each patient that have begun, newest first; parameters and columns as unit_view.

    A new spell begins where a certificate starts more than the gap after the end of the one before it in order of start:
    the one before, not the farthest end so far. active_certificate_id is the latest signed of those in force today, else
    the latest signed of all.
    """
    spans = certificate_spans(certificates, today)
    if max_gap_days < 0:
        spans = spans.clear()
    in_order = spans.sort("patient_id", "start_date", "end_date", "certificate_id")
    same = pl.col("patient_id") == pl.col("patient_id").shift(1)
    joins = pl.col("start_date") <= pl.col("end_date").shift(1) + pl.duration(days=max_gap_days + 1)
    numbered = in_order.with_columns(spell=(~(same & joins).fill_null(False)).cum_sum())
    latest = numbered.sort(
        "spell", "active", "issued_at", "end_date", "certificate_id",
        descending=[False, True, True, False, False], nulls_last=True,
    )  # fmt: skip
    shown = latest.unique("spell", keep="first").select("spell", active_certificate_id="certificate_id", degree="degree")
    made = _spells(certificates, numbered.drop("degree").join(shown, on="spell"))
    return made.filter(pl.col("start_date") <= today).sort("patient_id", "start_date", descending=[False, True])


def certificate_spans(certificates: pl.DataFrame, today: date, max_days_since_end: int = 0) -> pl.DataFrame:
    """One row a certificate: patient_id, certificate_id, issued_at, start_date, end_date, active, just_ended, degree.

    Active where one of its periods covers `today`: not in a hole between two of them. degree: of that period.
    """
    if missing := sorted(set(NEEDED) - set(certificates.columns)):
        raise ValueError(f"certificates lack {', '.join(missing)}")
    covers = (pl.col("start_date") <= today) & (pl.col("end_date") >= today)
    ago = (pl.lit(today) - pl.col("end_date")).dt.total_days()
    key = ["patient_id", "certificate_id"]
    in_force = certificates.filter(covers).sort(*key, "start_date", "end_date", "degree").unique(key, keep="first")
    return (
        certificates.group_by(key)
        .agg(pl.col("issued_at").max(), pl.col("start_date").min(), pl.col("end_date").max())
        .join(in_force.select(*key, "degree", active=True), on=key, how="left")
        .with_columns(pl.col("active").fill_null(False))
        .with_columns(just_ended=~pl.col("active") & ago.is_between(1, max_days_since_end))
    )


def merged(periods: pl.DataFrame, *by: str) -> pl.DataFrame:
    """by, start_date, end_date: periods that share a day made one; such as only touch stay two."""
    rows = periods.select(*by, "start_date", "end_date").sort(*by, "start_date", "end_date")
    another = pl.any_horizontal(False, *(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in by))
    base = another.cast(pl.Int64).cum_sum() * FAR
    start, end = (base + pl.col(name).to_physical().cast(pl.Int64) for name in ("start_date", "end_date"))
    apart = (start > end.cum_max().shift(1)).fill_null(True)
    return (
        rows.with_columns(run=apart.cum_sum())
        .group_by("run", maintain_order=True)
        .agg(*(pl.col(name).first() for name in by), pl.col("start_date").min(), pl.col("end_date").max())
        .drop("run")
    )


def chain_days(certificates: pl.DataFrame, active_on: date | None = None, max_gap_days: int = 5) -> int:
    """Certified days of one patient's chain: the one with a certificate in force on `active_on` (0 if none), else the last.

    Rehabstöd's calculator of length by itself: it measures the gap from the farthest end so far, and a certificate is
    in force from its first day to its last, holes and all.
    """
    spans = certificate_spans(certificates, active_on or date.max).sort("start_date", "end_date")
    reached = pl.col("end_date").cum_max().shift(1) + pl.duration(days=max_gap_days + 1)
    chains = spans.with_columns(chain=(pl.col("start_date") > reached).fill_null(True).cum_sum())
    chosen = chains
    if active_on:
        chosen = chains.filter((pl.col("start_date") <= active_on) & (pl.col("end_date") >= active_on))
    taken = chains.join(chosen.select(pl.col("chain").max()), on="chain", how="semi")
    runs = merged(certificates.join(taken, on="certificate_id", how="semi"))
    return int(_length(runs).sum())


def _chained(spans: pl.DataFrame, max_gap_days: int) -> pl.DataFrame:
    """The certificates that hang together with each patient's anchor, and what the anchor lends the spell.

    Compared is always with the certificate taken last, so a short one inside a long one can cut the chain: theirs, on purpose.
    """
    shown = spans.filter(pl.col("active") | pl.col("just_ended"))
    signed = pl.when(pl.col("active")).then(pl.col("issued_at"))
    anchors = shown.sort(
        "patient_id", "active", signed, "end_date", "certificate_id",
        descending=[False, True, True, False, False], nulls_last=True,
    ).unique("patient_id", keep="first")  # fmt: skip
    anchor = anchors.select(
        "patient_id", "degree", active_certificate_id="certificate_id", anchor_start="start_date", anchor_end="end_date"
    )
    others = spans.drop("degree").join(anchor, on="patient_id")
    mine = pl.col("certificate_id") == pl.col("active_certificate_id")
    behind = (pl.col("end_date") > pl.col("anchor_end")) | (
        (pl.col("end_date") == pl.col("anchor_end")) & (pl.col("certificate_id") > pl.col("active_certificate_id"))
    )
    reach = pl.duration(days=max_gap_days + 1)

    def taken(rows: pl.DataFrame, compared: pl.Expr, first: str, fits: pl.Expr) -> pl.DataFrame:
        # as long as each fits the one before it: the first that does not ends the walk
        compare = compared.shift(1).over("patient_id").fill_null(pl.col(first))
        walked = rows.with_columns(compare=compare).with_columns(fits=fits)
        return walked.filter(pl.col("fits").cum_min().over("patient_id"))

    right = taken(
        others.filter(behind & ~mine).sort("patient_id", "start_date", "end_date", "certificate_id"),
        pl.col("end_date"), "anchor_end", pl.col("start_date") <= pl.col("compare") + reach,
    )  # fmt: skip
    begins = right.group_by("patient_id").agg(first_right=pl.col("start_date").min())
    before = others.filter(~behind & ~mine).join(begins, on="patient_id", how="left")
    left = taken(
        before.with_columns(first=pl.min_horizontal("anchor_start", "first_right")).sort(
            "patient_id", "end_date", "certificate_id", descending=[False, True, True]
        ),
        pl.col("start_date"), "first", pl.col("end_date") >= pl.col("compare") - reach,
    )  # fmt: skip
    columns = ["patient_id", "certificate_id", "start_date", "end_date", "active", "active_certificate_id", "degree"]
    whole = pl.concat([part.select(columns) for part in (others.filter(mine), right, left)])
    return whole.with_columns(spell=pl.col("patient_id").rank("dense"))


def _spells(periods: pl.DataFrame, chained: pl.DataFrame) -> pl.DataFrame:
    """One row a spell of `chained` (a row a certificate, with its spell): span, days by its periods, anchor."""
    inside = periods.select("patient_id", "certificate_id", "start_date", "end_date").join(
        chained.select("patient_id", "certificate_id", "spell"), on=["patient_id", "certificate_id"]
    )
    runs = merged(inside, "spell")
    days = runs.select("spell", days=_length(runs)).group_by("spell").agg(pl.col("days").sum())
    return (
        chained.group_by("spell")
        .agg(
            pl.col("patient_id", "active_certificate_id", "degree").first(),
            pl.col("start_date").min(),
            pl.col("end_date").max(),
            n_certificates=pl.len().cast(pl.Int64),
            ongoing=pl.col("active").any(),
        )
        .join(days, on="spell")
        .select(
            "patient_id", "start_date", "end_date", "days", "n_certificates", "active_certificate_id", "degree", "ongoing"
        )
    )


def _length(runs: pl.DataFrame) -> pl.Series:
    """Days of each, both ends counted."""
    return (runs["end_date"] - runs["start_date"]).dt.total_days() + 1
