"""The night at 0.1, 1 and 10 million certificates, beside the floor: the same files read, sorted and kept once.

    .venv/bin/python bench/night.py                # all three sizes
    .venv/bin/python bench/night.py --sizes 0.1,1

Each size is simulated into a folder of its own and run twice by the command a region runs: the first night
trains, the second (a new night's as-of with the same files, read anew) does not. The floor is DuckDB with the same
threads and memory, reading the same CSV files as text, sorting each by person and date and writing Parquet.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

REHABRISK = [sys.executable, "-m", "pipeline"]
AS_OF = date(2026, 1, 12)
YEARS = 10  # of history: what a region has
PERSONS_PER_CERTIFICATE = 0.265
ORDER = {
    "persons": "patient_id",
    "certificates": "patient_id, issued_at",
    "certificate_periods": "certificate_id, start_date",
    "contacts": "patient_id, started_at",
    "coordination": "patient_id, offered_on",
    "benefits": "patient_id, start_date",
    "questionnaires": "patient_id, answered_on",
}


def timed(command: list[str]) -> tuple[float, int]:
    """Seconds and peak memory (MB) of a child process."""
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"{' '.join(command[2:])} failed:\n{done.stderr}")
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def floor(raw: Path, out: Path, threads: int, memory: str) -> float:
    """Seconds DuckDB takes to read, sort and keep the same files once."""
    out.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(config={"threads": threads, "memory_limit": memory, "temp_directory": str(out / "tmp")})
    begun = time.perf_counter()
    for name, order in ORDER.items():
        file = raw / f"{name}.csv"
        if file.is_file():
            con.execute(
                f"copy (select * from read_csv('{file}', delim=';', header=true, all_varchar=true) order by {order}) "
                f"to '{out / name}.parquet' (format parquet, compression zstd)"
            )
    return time.perf_counter() - begun


def one_size(millions: float, root: Path) -> dict:
    """Simulate, run two nights, measure the floor."""
    home = root / f"home-{millions:g}"
    subprocess.run([*REHABRISK, "init", str(home)], check=True, capture_output=True)
    settings = home / "region.toml"
    # a large region runs out of the birth-number series kept for tests and goes on with reserve numbers
    settings.write_text(settings.read_text() + '\n[[ingest.reserve_numbers]]\nname = "stockholm"\nchecked = true\n')
    persons = int(millions * 1e6 * PERSONS_PER_CERTIFICATE)
    simulate = [
        *REHABRISK, "simulate", "--home", str(home), "--persons", str(persons),
        "--years", str(YEARS), "--as-of", AS_OF.isoformat(),
    ]  # fmt: skip
    simulated, simulate_memory = timed(simulate)
    raw = home / "raw" / AS_OF.isoformat()
    certificates = duckdb.sql(
        f"select count(*) from read_csv('{raw}/certificates.csv', delim=';', all_varchar=true)"
    ).fetchall()[0][0]
    nights = []
    for night in (AS_OF, AS_OF + timedelta(days=1)):
        shutil.rmtree(home / "lake", ignore_errors=True)  # nothing kept from the first night helps the second
        seconds, _ = timed([*REHABRISK, "nightly", "--home", str(home), "--as-of", night.isoformat(), "--quiet"])
        record = json.loads(sorted((home / "runs").glob("*-nightly.json"))[-1].read_text())
        nights.append({"seconds": seconds, "stages": record["stages"], "peak_mb": record["peak_memory_mb"]})
    bottom = min(floor(raw, root / "floor", 2, "2GB") for _ in range(2))
    return {
        "certificates": certificates,
        "raw_mb": sum(file.stat().st_size for file in raw.iterdir()) >> 20,
        "simulate_s": simulated,
        "simulate_mb": simulate_memory,
        "first": nights[0],
        "later": nights[1],
        "floor_s": bottom,
    }


def show(found: list[dict]) -> str:
    """The table that docs and README quote."""
    lines = []
    for one in found:
        n = one["certificates"]
        lines += [
            f"\n{n:,} certificates, {one['raw_mb']:,} MB of CSV",
            f"  simulate              {one['simulate_s']:8.1f} s {n / one['simulate_s']:>12,.0f} certificates/s {one['simulate_mb']:>6} MB",
        ]
        for label, night in (("first night", one["first"]), ("later night", one["later"])):
            for stage, figures in night["stages"].items():
                rate = n / max(figures["seconds"], 1e-9)
                lines.append(f"  {label}: {stage:<10}{figures['seconds']:8.1f} s {rate:>12,.0f} certificates/s {figures['peak_mb']:>6} MB")
            ratio = night["seconds"] / one["floor_s"]
            lines.append(f"  {label}, whole      {night['seconds']:8.1f} s   {ratio:5.2f} x the floor {night['peak_mb']:>17} MB")
        lines.append(f"  floor                 {one['floor_s']:8.1f} s")
    if len(found) > 1:
        lines.append("\nGrowth: seconds of a later night against certificates")
        for small, large in itertools.pairwise(found):
            rows = large["certificates"] / small["certificates"]
            took = large["later"]["seconds"] / small["later"]["seconds"]
            lines.append(f"  {rows:5.1f} x the rows took {took:5.1f} x the time")
    return "\n".join(lines)


def main() -> None:
    """Parse sizes, run, print, keep bench/out/night.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="0.1,1,10", help="millions of certificates, comma separated")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    given = parser.parse_args()
    root = given.keep or Path(tempfile.mkdtemp(prefix="rehabrisk-bench-"))
    found = []
    try:
        for size in given.sizes.split(","):
            found.append(one_size(float(size), root))
            print(show(found[-1:]), flush=True)
    finally:
        if not given.keep:
            shutil.rmtree(root, ignore_errors=True)
    out = Path(__file__).parent / "out" / "night.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=1))
    print(show(found))


if __name__ == "__main__":
    main()
