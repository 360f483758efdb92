"""One person's certificates and spells in words: what was known, what each rule makes of it, and why it begins and ends there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from pipeline.spells.screens import PAYER_GAP_DAYS

LIMITS = (8, 90, 180, 365)  # certificate needed; the rehabilitation chain's three


@dataclass(frozen=True)
class Facts:
    """What the lake holds of one person; every frame may be empty. Spans hold certificate_id, start_date, end_date."""

    person_key: int
    as_of: date
    max_gap_days: int
    protected: bool
    certificates: pl.DataFrame  # ingest.certificates, known later or no longer too
    periods: pl.DataFrame  # ingest.certificate_periods, likewise
    segments: pl.DataFrame
    spells: pl.DataFrame
    ongoing: pl.DataFrame
    unit_certificates: pl.DataFrame
    unit_spells: pl.DataFrame
    patient_spells: pl.DataFrame
    provider_spells: pl.DataFrame
    payer_spells: pl.DataFrame
    providers: dict[str, str]  # unit -> care giver
    coordination: pl.DataFrame  # ingest.coordination, as known
    placed: list[dict[str, Any]]  # what the newest night said: as_of, rank, unit, and the row of scores.parquet


def explained(facts: Facts, words: dict[str, Any]) -> list[str]:
    """Lines of text in the words' language; pseudonymous, no name and no identity number."""
    w = words["explain"]
    lines = [w["title"].format(key=facts.person_key, as_of=facts.as_of)]
    if facts.protected:
        lines.append(w["protected"])
    lines += ["", w["certificates"], *_certificates(facts, w)]
    known = _known(facts.periods, facts.as_of)
    if known.is_empty():
        return [*lines, "", w["unknown_now"].format(as_of=facts.as_of), *_lists(facts, words)]
    lines += ["", w["segments"]]
    lines += [
        "  " + w["segment"].format(start=row["start_date"], end=row["end_date"], degree=row["degree"], id=row["certificate_id"])
        for row in facts.segments.sort("start_date").iter_rows(named=True)
    ]
    by = words["rules"]["by"]
    lines += ["", f"{by} {words['rules']['clean']}"]
    for spell in facts.spells.sort("start_date", descending=True).iter_rows(named=True):
        lines += _spell(spell, known, facts.max_gap_days, w, net=w["net"].format(net=_plain(spell["net_days"])))
        lines += [f"    {hole}" for hole in _holes(spell, facts.segments, facts.max_gap_days, w)]
        for row in facts.ongoing.filter(pl.col("start_date") == spell["start_date"]).iter_rows(named=True):
            lines += _limits(row, w)
    of_patient = _spans(known)
    lines += ["", f"{by} {words['rules']['patient']}"]
    lines += _each(facts.patient_spells, lambda row: of_patient, facts, w)
    lines += ["", f"{by} {words['rules']['unit']}"]
    screens = facts.unit_certificates
    lines += _each(
        facts.unit_spells, lambda row: _spans(screens.filter(pl.col("care_unit_id") == row["care_unit_id"])), facts, w, "care_unit_id"
    )
    lines += ["", f"{by} {words['rules']['statistics']}"]
    giver = pl.col("unit_id").replace_strict(facts.providers, default=pl.col("unit_id"), return_dtype=pl.String)
    lines += _each(
        facts.provider_spells, lambda row: known.filter(giver == row["provider_id"]), facts, w, "provider_id"
    )
    lines += ["", f"{by} {words['rules']['fk']} {w['payer']}"]
    lines += _each(facts.payer_spells, lambda row: known, replace(facts, max_gap_days=PAYER_GAP_DAYS), w)
    return [*lines, *_coordination(facts, words), *_lists(facts, words)]


def _known(rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    until = pl.col("known_until")
    return rows.filter((pl.col("known_from") <= as_of) & (until.is_null() | (until > as_of)))


def _spans(periods: pl.DataFrame) -> pl.DataFrame:
    """One row a certificate, from its first day to its last."""
    return periods.group_by("certificate_id").agg(pl.col("start_date").min(), pl.col("end_date").max())


def _certificates(facts: Facts, w: dict[str, str]) -> list[str]:
    lines = []
    for row in facts.certificates.sort("issued_at", "certificate_id", "known_from").iter_rows(named=True):
        told = w["certificate"].format(
            id=row["certificate_id"], issued=f"{row['issued_at']:%Y-%m-%d %H:%M}", known=row["known_from"],
            unit="–" if facts.protected else row["unit_id"], diagnosis=row["diagnosis_1"] or "–",
        )  # fmt: skip
        lines.append(f"  {told}  {_status(row, facts, w)}")
        mine = facts.periods.filter(
            (pl.col("certificate_id") == row["certificate_id"]) & (pl.col("known_from") >= row["known_from"])
            & (pl.col("known_from") < (row["known_until"] or date.max))
        )  # fmt: skip
        for period in mine.unique(["start_date", "end_date", "degree"]).sort("start_date").iter_rows(named=True):
            lines.append("    " + w["periods"].format(start=period["start_date"], end=period["end_date"], degree=period["degree"]))
    return lines or [f"  {w['none']}"]


def _status(row: dict[str, Any], facts: Facts, w: dict[str, str]) -> str:
    """Whether a certificate counts at the moment, and why not."""
    if row["known_from"] > facts.as_of:
        return w["not_yet"]
    if row["known_until"] and row["known_until"] <= facts.as_of:
        replacers = facts.certificates.filter(
            (pl.col("replaces_id") == row["certificate_id"]) & (pl.col("known_from") <= row["known_until"])
        )["certificate_id"].unique()
        if replacers.len():
            return w["replaced"].format(until=row["known_until"], by=", ".join(replacers.sort()))
        return w["gone"].format(until=row["known_until"])
    if row["counts"]:
        return w["counts"]
    return w[row["exclude"] or "other_form"]


def _each(spells: pl.DataFrame, spans_of: Any, facts: Facts, w: dict[str, str], place: str = "") -> list[str]:
    lines = []
    for row in spells.sort("start_date", descending=True).iter_rows(named=True):
        where = row[place] if place and not facts.protected else ""
        lines += _spell(row, spans_of(row), facts.max_gap_days, w, where=where)
    return lines or [f"  {w['none']}"]


def _spell(row: dict[str, Any], spans: pl.DataFrame, gap: int, w: dict[str, str], where: str = "", net: str = "") -> list[str]:
    """A spell, and why it begins and ends where it does among `spans`, what it could have been made of."""
    inside = spans.filter(pl.col("start_date").is_between(row["start_date"], row["end_date"]))
    head = w["spell"].format(
        start=row["start_date"], end=row["end_date"], days=row["days"],
        certificates=row.get("n_certificates") or inside["certificate_id"].n_unique(),
        where=f"  {where}" if where else "", state=w["ongoing"] if row["ongoing"] else "",
    )  # fmt: skip
    before = spans.filter(pl.col("start_date") < row["start_date"]).sort("end_date", "certificate_id")
    after = spans.filter(pl.col("end_date") > row["end_date"]).sort("start_date", "certificate_id")
    starts = _edge(before.tail(1), row, gap, w, "first", "apart_before")
    ends = _edge(after.head(1), row, gap, w, "last", "apart_after")
    return [f"  {head}", *([f"    {net}"] if net else []), f"    {w['starts']}: {starts}", f"    {w['ends']}: {ends}"]


def _edge(beside: pl.DataFrame, row: dict[str, Any], gap: int, w: dict[str, str], alone: str, apart: str) -> str:
    for one in beside.iter_rows(named=True):
        start, end = one["start_date"], one["end_date"]
        days = (row["start_date"] - end if apart == "apart_before" else start - row["end_date"]).days - 1
        said = w[apart] if days > gap else w["walked"]
        return said.format(id=one["certificate_id"], start=start, end=end, days=days, gap=gap)
    return w[alone]


def _holes(spell: dict[str, Any], segments: pl.DataFrame, gap: int, w: dict[str, str]) -> Iterable[str]:
    inside = segments.filter(pl.col("start_date").is_between(spell["start_date"], spell["end_date"])).sort("start_date")
    last = None
    for row in inside.iter_rows(named=True):
        if last and (days := (row["start_date"] - last).days - 1):
            yield w["hole"].format(days=days, start=date.fromordinal(last.toordinal() + 1), gap=gap)
        last = row["end_date"]


def _limits(row: dict[str, Any], w: dict[str, str]) -> list[str]:
    def left(limit: int, day: int) -> str:
        return str(limit - day) if day <= limit else w["passed"]

    told = [
        w["limit"].format(limit=limit, day=left(limit, row["day"]), chain=left(limit, row["chain_day"]))
        for limit in LIMITS
        if min(row["day"], row["chain_day"]) <= limit
    ]
    return [f"    {w['limits'].format(day=row['day'], chain_day=row['chain_day'])}", *(f"      {one}" for one in told)]


def _coordination(facts: Facts, words: dict[str, Any]) -> list[str]:
    w = words["explain"]
    rows = [
        row | {code: words[code].get(row[code], row[code]) for code in ("answer", "status")}
        for row in facts.coordination.sort("known_from", "case_id").iter_rows(named=True)
    ]
    cases = ["  " + w["case"].format(**{name: "–" if value is None else value for name, value in row.items()}) for row in rows]
    return ["", w["coordination"], *(cases or [f"  {w['none']}"])]


def _lists(facts: Facts, words: dict[str, Any]) -> list[str]:
    w, lines = words["explain"], []
    for one in facts.placed:
        told = w["list"] if one["rank"] is not None else w["not_listed"]
        why = words["because"].get(one["ineligible_because"], one["ineligible_because"])
        lines += ["", told.format(**{**one, "unit": "–" if facts.protected else one["unit"], "ineligible_because": why}), f"  {w['scored'].format(**one)}"]
        lines += [f"    {reason['text']}" for reason in one["reasons"] or ()]
    return lines


def _plain(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
