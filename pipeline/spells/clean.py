"""The clean rule's two tables in one pass over the lake's persons.

The lake keeps a person's periods together, so that stretches of persons are read, reckoned and written in turn: nothing of
the whole table is sorted, joined or held. Night, training and studies all make their spells here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.spells.arrow import numbers
from pipeline.spells.chained import SEGMENT_COLUMNS, SPELL_COLUMNS, Chained, Moments, Periods
from pipeline.store.row_groups import RowGroups
from pipeline.store.tables import Lake

PERIODS, ASKED = "ingest.certificate_periods", "moments.asked"
SEGMENTS, SPELLS = "spells.certificate_segments", "spells.spells"
TEXTS = ["unit_id", "doctor_id", "diagnosis_1", "occupation"]  # of few different values, which Parquet keeps as codes
READ = [*TEXTS, "person_key", "certificate_id", "issued_at", "known_from", "known_until", "start_date", "end_date", "degree"]
SEARCHED = ["person_key", "as_of", "start_date", "end_date"]  # what row groups are passed over by
ALL_DIFFER = {"spell_id", "person_key", "certificate_id"}  # a dictionary of them would be built in vain


def make_spells(lake: Lake, max_gap_days: int, days_since_end: int) -> None:
    """Make the tables of the spells room that are asked about any moment, of `moments.asked`."""
    make_clean_spells(lake, max_gap_days)
    lake.run("spells.ongoing", days_since_end=days_since_end)
    lake.run("spells.coordination_state")


def make_clean_spells(lake: Lake, max_gap_days: int) -> None:
    """Make `spells.certificate_segments` and `spells.spells` of `moments.asked`, in order of person_key, as_of, start_date."""

    def make(files: Mapping[str, Path]) -> None:
        asked = lake.con.sql(f"select person_key, as_of from {ASKED} order by person_key, as_of").to_arrow_table()
        moments = Moments(numbers(asked["person_key"]), numbers(asked["as_of"]))
        with _kept(files[SEGMENTS], SEGMENT_COLUMNS) as segments, _kept(files[SPELLS], SPELL_COLUMNS) as spells:
            for rows in _whole_persons(_stretches(lake)):
                periods = Periods(rows)
                for row, moment in moments.known(periods):
                    chained = Chained(periods, moments, row, moment, max_gap_days)
                    segments.add(chained.segments())
                    spells.add(chained.spells())

    rows_in = lake.rows(PERIODS) + lake.rows(ASKED)
    lake.write_together(make, {SEGMENTS: rows_in, SPELLS: rows_in})


def _kept(file: Path, columns: pa.Schema) -> RowGroups:
    few = [name for name in columns.names if name not in ALL_DIFFER]
    return RowGroups(file, columns, few, searched=[name for name in columns.names if name in SEARCHED])


def _stretches(lake: Lake) -> Iterator[pa.Table]:
    """The periods in order of person_key, some at a time."""
    file = lake.source(PERIODS)
    if file is None:  # no table of the lake, which is kept in order
        yield lake.con.sql(f"select {', '.join(READ)} from {PERIODS} order by person_key, certificate_id").to_arrow_table()
        return
    with pq.ParquetFile(file, read_dictionary=TEXTS) as parquet:
        for group in range(parquet.num_row_groups):
            yield parquet.read_row_group(group, READ)


def _whole_persons(stretches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same rows, no person's parted."""
    rest = None
    for stretch in stretches:
        rows = stretch if rest is None else pa.concat_tables([rest, stretch])
        person = numbers(rows["person_key"])
        cut = int(person.searchsorted(person[-1])) if person.size else 0
        if cut:
            yield rows.slice(0, cut)
        rest = rows.slice(cut)
    if rest is not None and rest.num_rows:
        yield rest
