"""The floor under a night: DuckDB alone reads the same raw files as text, sorts each by person and date, writes Parquet once.

    .venv/bin/python bench/floor.py HOME/raw/2026-01-12 OUT [--threads 2] [--memory 2GB]

Nothing is checked, typed, pseudonymised or joined: what any night must cost that keeps what it was given in an order
a person's rows can be found by. The engine's threads and memory are the night's own; Parquet is compressed by snappy, the
engine's default, which costs a little less than the night's zstd.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

from pipeline.store.files import PARQUET

ORDER = {
    "units": "unit_id",
    "persons": "patient_id",
    "certificates": "patient_id, issued_at",
    "certificate_periods": "certificate_id, start_date",
    "contacts": "patient_id, started_at",
    "coordination": "patient_id, offered_on",
    "benefits": "patient_id, start_date",
    "questionnaires": "patient_id, answered_on",
}


def floor(raw: Path, out: Path, threads: int, memory: str) -> None:
    """Read, sort and keep every file of one delivery."""
    out.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(config={"threads": threads, "memory_limit": memory, "temp_directory": str(out / "tmp")})
    for name, order in ORDER.items():
        file = raw / f"{name}.csv"
        if file.is_file():
            con.execute(
                f"copy (select * from read_csv('{file}', delim = ';', header = true, all_varchar = true) order by {order}) "
                f"to '{out / name}.parquet' ({PARQUET}, compression snappy)"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("raw", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB")
    given = parser.parse_args()
    floor(given.raw, given.out, given.threads, given.memory)
