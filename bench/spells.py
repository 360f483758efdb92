"""Certificates to spells at 1, 3 and 10 million certificates: ours beside what a user would pick instead, in one run.

    .venv/bin/python bench/spells.py                 # all three sizes, every rival
    .venv/bin/python bench/spells.py --sizes 1 --only "ours; floor"

From the lake's Parquet to the spells' Parquet by the clean rule. Ours makes the night's own tables (moments, segments by
degree, spells with net days, certificate in force and doctors) in the night's own way. "polars, whole table" makes the
same fifteen columns of spells; every other rival person, start, end, days and number of certificates only, which is far
less work: no day is weighed between certificates. All that a rival makes is compared by sums of row hashes; one that
differs stops the bench. The floor is DuckDB reading the same file, sorting it by person and start, and writing it. Each runs
as a process of its own: wall and CPU seconds from the kernel, peak memory with the interpreter in it.

R's data.table is run where Rscript and the package are; without a Parquet reader it is given a CSV file, made untimed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from spells_made import make
from spells_ways import AS_OF, CONTESTANTS, GAP, NARROW, NIGHT, NIGHT_GATED, THREADS, WHOLE

HERE = Path(__file__).resolve()
COMPARED = "person_key, start_date, end_date, cast(days as bigint) as days, cast(n_certificates as bigint) as n_certificates"


def has_data_table() -> bool:
    """Whether R and its data.table can be run here."""
    if not shutil.which("Rscript"):
        return False
    return not subprocess.run(["Rscript", "-e", "library(data.table)"], capture_output=True).returncode


def timed(command: list[str]) -> dict:
    """Wall and CPU seconds of a child process, from the kernel, and the peak memory that it tells in its last line.

    Not ru_maxrss: that begins at the parent's peak.
    """
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, "POLARS_MAX_THREADS": str(THREADS)})
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command[1:4])} failed:\n{said.read().decode()[-2000:]}")
        said.seek(0)
        told = said.read().decode().splitlines()[-1]
    return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": int(told.split()[1]) // 1024}


def one_size(millions: float, names: list[str], memory: str, root: Path) -> dict:
    """Make the certificates, let everyone run, and stop where a result differs from ours."""
    folder = root / f"{millions:g}"
    folder.mkdir(parents=True)
    source = folder / "certificate_periods.parquet"
    timed([sys.executable, str(HERE), "--child", "make", "--millions", str(millions), "--to", str(source)])
    found: dict = {"memory_limit": memory, "runs": {}}
    con = duckdb.connect(config={"threads": THREADS, "memory_limit": "1GB", "temp_directory": str(folder / "tmp")})
    counts = con.execute(f"select count(distinct certificate_id), count(*) from '{source}'").fetchall()[0]
    found["certificates"], found["periods"] = counts
    answers: dict[str, tuple] = {}
    tables: dict[str, tuple] = {}
    for name in names:
        if name == "R, data.table":
            given, out = source.with_suffix(".csv"), folder / "r.csv"
            con.execute(
                f"copy (select person_key::varchar as person_key, * exclude (person_key) from '{source}') to '{given}' (header, delimiter ';')"
            )
            command = ["Rscript", str(HERE.with_suffix(".R")), str(given), str(out), AS_OF.isoformat(), str(GAP), str(THREADS)]
        else:
            out = folder / "spells.parquet"
            command = [sys.executable, str(HERE), "--child", name, "--memory", memory, "--from", str(source), "--to", str(out)]
        found["runs"][name] = timed(command)
        if name != "floor":
            answers[name] = digest(con, out)
        if name in (NIGHT, NARROW, NIGHT_GATED, WHOLE):
            tables[name] = con.execute(f"select count(*), sum(hash(whole)::hugeint) from (select whole from '{out}' as whole)").fetchall()[0]
        for left in (*folder.glob("lake"), *folder.glob("home"), *folder.glob("tmp"), out):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
        print(f"  {name}: {found['runs'][name]['wall_s']:.1f} s", file=sys.stderr, flush=True)
    different = [name for name in answers if answers[name] != answers[names[0]] or tables.get(name, tables[names[0]]) != tables[names[0]]]
    if different:
        raise SystemExit(f"spells differ from those of {names[0]}: {', '.join(different)}")
    found["spells"] = answers[names[0]][0]
    shutil.rmtree(folder)
    return found


def digest(con: duckdb.DuckDBPyConnection, made: Path) -> tuple:
    """Rows, and sums of hashes of the compared columns: equal sets of rows give equal digests, in any order."""
    source = f"read_csv('{made}', delim=',')" if made.suffix == ".csv" else f"'{made}'"
    days = f"select person_key::bigint as person_key, start_date::date as start_date, end_date::date as end_date, days, n_certificates from {source}"
    return con.execute(
        f"select count(*), sum(hash(row(person_key, start_date, end_date, days, n_certificates))::hugeint) from (select {COMPARED} from ({days}))"
    ).fetchall()[0]


def show(found: list[dict]) -> str:
    """The table that docs/performance.md quotes."""
    lines = []
    for one in found:
        lines.append(f"\n{one['certificates']:,} certificates, {one['periods']:,} periods, {one['spells']:,} spells, the same from all; memory_limit {one['memory_limit']}")
        mine, bottom = one["runs"][NIGHT], one["runs"].get("floor")
        for name, run in one["runs"].items():
            against = f"{run['wall_s'] / mine['wall_s']:5.2f} x ours, CPU {run['cpu_s'] / mine['cpu_s']:5.2f} x"
            lines.append(f"  {name:<20}{run['wall_s']:8.1f} s {run['cpu_s']:8.1f} CPU s {run['peak_mb']:>6} MB   {against}")
        if bottom:
            lines.append(f"  ours against the floor: {mine['wall_s'] / bottom['wall_s']:.2f} x wall, {mine['cpu_s'] / bottom['cpu_s']:.2f} x CPU")
    return "\n".join(lines)


def main() -> None:
    """Parse sizes, run, print, keep bench/out/spells.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1,3,10", help="millions of certificates, comma separated")
    parser.add_argument("--memory", default="2GB", help="DuckDB's memory_limit")
    parser.add_argument("--only", help="these alone, ours first, with '; ' between", type=lambda text: text.split("; "))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--millions", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--from", dest="source", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--to", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        if given.child == "make":
            make(given.millions, given.to)
        else:
            CONTESTANTS[given.child](given.source, given.to, given.memory)
        print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")))
        return
    names = given.only or list(CONTESTANTS)
    if not given.only:
        if has_data_table():
            names.insert(-1, "R, data.table")
        else:
            print("R's data.table is not installed: left out", file=sys.stderr)
    root = Path(tempfile.mkdtemp(prefix="rehabrisk-bench-"))
    kept = HERE.parent / "out" / "spells.json"
    kept.parent.mkdir(exist_ok=True)
    found: list[dict] = []
    try:
        for size in given.sizes.split(","):
            found.append(one_size(float(size), names, given.memory, root))
            kept.write_text(json.dumps(found, indent=1))
            print(show(found[-1:]), flush=True)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
