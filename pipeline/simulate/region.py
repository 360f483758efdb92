"""A synthetic region: extracts in the documented form under HOME/raw, its truth apart under HOME/truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.simulate import care, certificates, courses, faults, people, study, truth
from pipeline.simulate.delivery import Delivery
from pipeline.simulate.figures import Figures, load
from pipeline.simulate.spells import Spells
from pipeline.store.files import private_folder, replace_folder

TABLES = (
    "persons",
    "units",
    "certificates",
    "certificate_periods",
    "contacts",
    "coordination",
    "benefits",
    "questionnaires",
)
STUDY_CHUNK = 99_999  # a chunk's number is the first part of its rows' ids
PEOPLE, COURSES, SIGNED, WRITTEN, CONTACTS, CASES, PAID, ASKED, FAULTS = range(9)


@dataclass(frozen=True)
class Summary:
    """What was written: rows by table over all deliveries, faults put in by "table: rule"."""

    deliveries: tuple[Path, ...]
    truth: Path
    rows: dict[str, int]
    faults: dict[str, int]
    spells: int

    @property
    def certificates(self) -> int:
        """Rows of certificates.csv, faults included."""
        return self.rows["certificates"]


@dataclass(frozen=True)
class _Order:
    """One region as asked for."""

    figures: Figures
    persons: int
    as_of: date
    seed: int
    begin: int
    end: int
    chosen: dict | None

    @property
    def scattered(self) -> int:
        """Persons outside the study."""
        return self.persons - (self.chosen["patients"] if self.chosen else 0)

    def stream(self, chunk: int, purpose: int) -> np.random.Generator:
        """Each chunk's each purpose has a stream of its own, so that none moves another."""
        return np.random.default_rng([self.seed, chunk, purpose])


@dataclass(frozen=True)
class _Part:
    """The courses of one chunk of persons."""

    chunk: int
    group: people.People
    spells: Spells
    pieces: certificates.Pieces
    study: study.Study | None


def simulate(
    home: Home,
    persons: int,
    as_of: date,
    seed: int,
    years: float = 3.0,
    scenario: str | None = None,
    dirty: float = 0.0,
    deliveries: int = 1,
) -> Summary:
    """Write a region of `persons` aged 18-66, all that is known by the end of `as_of`, spells begun in `years` before.

    The same arguments give the same bytes; memory does not grow with `persons`, and a chunk's rows do not depend
    on how many chunks follow. Identity numbers: see `people.identity_numbers` (birth-number series 980-999; then
    coordination numbers; then Stockholm's reserve numbers). `dirty`: share of the rows of each file that are
    faults put in beside the clean ones. `deliveries` = 2 holds back the last 14 days for a second delivery.
    `scenario`: "sll-2012" embeds a study. Raises UsageError for arguments that make no region.
    """
    if persons < 4 or years <= 0 or not 0 <= dirty <= 0.5 or deliveries not in (1, 2):
        raise UsageError(
            f"cannot simulate {persons} persons over {years:g} years, {dirty:g} dirty, in {deliveries} deliveries",
            remedy="at least 4 persons, more than 0 years, a dirty share of 0 to 0.5, and 1 or 2 deliveries",
        )
    figures = load()
    chosen = study.settings(figures, scenario, persons, years) if scenario else None
    end = people.day_number(as_of)
    order = _Order(figures, persons, as_of, seed, end - round(years * 365.25), end, chosen)
    days = [end - 14 * back for back in reversed(range(deliveries))]
    summary: list[Summary] = []

    def fill(raw: Path, hidden: Path) -> None:
        folders = [private_folder(raw / people.as_date(day).isoformat()) for day in days]
        summary.append(_write(order, folders, days, hidden, scenario, dirty))

    private_folder(home.raw)
    taken = [
        people.as_date(day).isoformat()
        for day in days
        if (home.raw / people.as_date(day).isoformat()).exists()
    ]
    if taken:
        raise UsageError(
            f"{home.raw} already has a delivery {' and '.join(taken)}",
            remedy="remove that folder, or simulate into another home or as of another day",
        )
    # all deliveries are made beside raw/ and then moved in: a night that runs meanwhile sees whole ones or none
    beside = home.path / ".simulated"
    replace_folder(home.truth, lambda hidden: replace_folder(beside, partial(fill, hidden=hidden)))
    for day in days:
        name = people.as_date(day).isoformat()
        (beside / name).rename(home.raw / name)
    beside.rmdir()
    done = summary[0]
    return Summary(
        tuple(home.raw / folder.name for folder in done.deliveries),
        home.truth,
        done.rows,
        done.faults,
        done.spells,
    )


def _write(
    order: _Order, folders: list[Path], days: list[int], hidden: Path, scenario: str | None, dirty: float
) -> Summary:
    out = [Delivery(folder) for folder in folders]
    counts: dict[str, int] = {}
    centres = order.chosen["centres"] if order.chosen else 0
    out[0].add("units", people.units_table(order.scattered, centres, order.persons - order.scattered, order.seed))
    spells, writer = 0, None
    for chunk in _chunks(order):
        part = _part(order, chunk)
        earlier: dict[str, pl.DataFrame] = {}
        for delivery, day in zip(out, days, strict=True):
            tables = _tables(order, part, day)
            new = {name: _changed(frame, earlier.get(name)) for name, frame in tables.items()}
            earlier = tables
            if dirty and delivery is out[-1]:
                faults.write(
                    delivery, new, dirty, chunk, people.as_date(day), order.stream(chunk, FAULTS), counts
                )
            else:
                for name, frame in new.items():
                    delivery.add(name, frame)
        if part.study:
            extract, hidden_rows = study.rows(part.study, scenario)
            out[0].add("enrolments", extract)
            hidden_rows.write_parquet(hidden / "study.parquet")
        told = truth.spell_rows(order.figures, part.group, part.spells).to_arrow()
        writer = writer or pq.ParquetWriter(hidden / "spells.parquet", told.schema, compression="zstd")
        writer.write_table(told)
        spells += len(part.spells)
    writer.close()
    truth.hazards(order.figures).write_parquet(hidden / "hazards.parquet")
    asked = {
        "persons": order.persons,
        "as_of": order.as_of.isoformat(),
        "seed": order.seed,
        "scenario": scenario,
        "dirty": dirty,
    }
    if order.chosen:  # what the scenario is made to give over many studies, for judging an estimate's interval
        asked["expected_net_days"] = {arm: order.chosen[f"{arm}_net_days"] for arm in ("control", "supported")}
    (hidden / "region.json").write_text(json.dumps(asked, indent=1) + "\n", encoding="utf-8")
    (hidden / "faults.json").write_text(
        json.dumps(counts, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for delivery in out:
        delivery.close()
    rows = {name: sum(d.rows.get(name, 0) for d in out) for name in out[0].rows}
    return Summary(tuple(folders), hidden, rows, counts, spells)


def _chunks(order: _Order) -> list[int]:
    """Numbers of the chunks; a study's patients are a chunk of their own, written last."""
    usual = list(range(-(-order.scattered // people.CHUNK)))
    return [*usual, STUDY_CHUNK] if order.chosen else usual


def _part(order: _Order, chunk: int) -> _Part:
    if chunk == STUDY_CHUNK:
        index = np.arange(order.scattered, order.persons)
    else:
        index = np.arange(chunk * people.CHUNK, min((chunk + 1) * people.CHUNK, order.scattered))
    figures, window = order.figures, (order.begin, order.end)
    group = people.make(figures, index, order.scattered, *window, order.as_of, order.stream(chunk, PEOPLE))
    rng = order.stream(chunk, COURSES)
    if chunk == STUDY_CHUNK:
        first = len(people.HOSPITAL) + -(-order.scattered // people.block_size(order.scattered))
        enrolled = study.courses_of(figures, group, order.chosen, window, first, rng)
        group, spells, cuts = enrolled.group, enrolled.spells, enrolled.cuts
    else:
        enrolled = None
        spells = courses.simulate(figures, group, *window, rng)
    rng = order.stream(chunk, SIGNED)
    if enrolled is None:
        cuts = certificates.cut(figures, spells, rng)
    return _Part(chunk, group, spells, certificates.sign(figures, group, spells, cuts, rng), enrolled)


def _tables(order: _Order, part: _Part, day: int) -> dict[str, pl.DataFrame]:
    """The chunk's extracts as known at the end of `day`."""
    known = (day + 1) * certificates.DAY
    group, spells, pieces, figures = part.group, part.spells, part.pieces, order.figures
    stream, label = partial(order.stream, part.chunk), f"{part.chunk:05d}"
    made = {"persons": people.persons_table(group, day)}
    made |= certificates.tables(figures, group, spells, pieces, f"c{label}", known, stream(WRITTEN))
    window = (order.begin, order.end)
    made["contacts"] = care.contacts(
        figures, group, spells, pieces, window, known, f"v{label}", stream(CONTACTS)
    )
    made["coordination"] = care.coordination(group, spells, known, f"k{label}", stream(CASES))
    made["benefits"] = care.benefits(group, spells, pieces, known, stream(PAID))
    made["questionnaires"] = care.questionnaires(group, spells, known, stream(ASKED))
    return _until_the_age_limit(made, people.aged_on(figures, group), group)


def _until_the_age_limit(made: dict[str, pl.DataFrame], aged: np.ndarray, group: people.People) -> dict[str, pl.DataFrame]:
    """The extracts without sick leave from the age limit on; taken away when all is drawn, so that nobody else's draws move."""
    past = np.flatnonzero(aged < people.NEVER)
    if not len(past):
        return made
    both = pl.concat([group.number.gather(past), group.former.gather(past)])
    limit = pl.DataFrame({"patient_id": both, "aged_on": pl.Series(np.tile(aged[past], 2).astype(np.int32)).cast(pl.Date)}).drop_nulls()

    def cut(frame: pl.DataFrame, keys: pl.DataFrame, on: str) -> pl.DataFrame:
        whole = frame.join(keys, on=on, how="left", maintain_order="left")
        begun = whole.filter(pl.col("aged_on").is_null() | (pl.col("start_date") < pl.col("aged_on")))
        last = pl.col("aged_on").dt.offset_by("-1d")
        return begun.with_columns(end_date=pl.min_horizontal("end_date", last)).select(frame.columns)

    certificates, periods = made["certificates"], made["certificate_periods"]
    signed = certificates.join(limit, on="patient_id", maintain_order="left").select("certificate_id", "aged_on")
    kept = cut(periods, signed, "certificate_id")
    gone = periods.join(kept, on="certificate_id", how="anti").select("certificate_id").unique()
    return made | {
        "certificates": certificates.join(gone, on="certificate_id", how="anti", maintain_order="left"),
        "certificate_periods": kept,
        "benefits": cut(made["benefits"], limit, "patient_id"),
    }


def _changed(frame: pl.DataFrame, earlier: pl.DataFrame | None) -> pl.DataFrame:
    """Rows that an earlier delivery did not have, or had otherwise."""
    if earlier is None:
        return frame
    return frame.join(earlier, on=frame.columns, how="anti", nulls_equal=True, maintain_order="left")
