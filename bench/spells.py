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
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

HERE = Path(__file__).resolve()
AS_OF = date(2026, 1, 12)
GAP = 5
THREADS = 2
COLUMNS = ["person_key", "start_date", "end_date", "days", "n_certificates"]
COMPARED = "person_key, start_date, end_date, cast(days as bigint) as days, cast(n_certificates as bigint) as n_certificates"
KNOWN = (pl.col("known_from") <= AS_OF) & (pl.col("known_until").is_null() | (pl.col("known_until") > AS_OF))
CHUNK = 1_000_000  # certificates drawn at a time
NIGHT, NARROW, NIGHT_GATED, WHOLE = "ours", "ours, in 1GB", "ours, gates too", "polars, whole table"


# ---------------------------------------------------------------- certificates like a region's


def periods(n: int, seed: int) -> pl.DataFrame:
    """About `n` certificates over ten years, as ingest.certificate_periods: sorted as the lake keeps them.

    A person has 3.8 on average. After one comes a renewal without a free day (58 %), with a hole of 1 to 9 days (12 %),
    one that overlaps (7 %) or lies inside it (1 %), or a new spell. 12 % have two degrees; 2 % are revoked.
    """
    draw = np.random.default_rng(seed)
    persons = max(1, int(n / 3.8))
    counts = draw.geometric(1 / 3.8, persons)
    n = int(counts.sum())
    first = np.repeat(np.cumsum(counts) - counts, counts) == np.arange(n)
    keys = draw.integers(1, 2**62, persons)
    lengths = draw.integers(5, 46, n)
    kind = draw.random(n)
    after_end = np.select(
        [kind < 0.58, kind < 0.70, kind < 0.77, kind < 0.78],
        [np.ones(n), draw.integers(2, 11, n), -draw.integers(0, 5, n), -lengths - 60],
        draw.integers(20, 500, n),
    ).astype(np.int64)
    begin = draw.integers(14_600, 18_500, n)  # 2009-12 to 2020-08, in days since 1970
    steps = np.where(first, begin, np.roll(lengths, 1) - 1 + after_end)
    at = np.cumsum(steps)
    person = np.cumsum(first) - 1
    start = at - np.concatenate([[0], at[np.flatnonzero(first)[1:] - 1]])[person]
    inside = np.maximum(start, begin[np.flatnonzero(first)][person])  # one that lies inside does not begin before the first
    start = np.where(kind >= 0.78, start, inside)
    end = start + lengths - 1
    frame = pl.DataFrame(
        {
            "certificate_id": draw.integers(0, 2**60, n), "person_key": keys[person], "unit": draw.integers(0, 200, n),
            "doctor": draw.integers(0, 3000, n), "start": start, "end": end, "known": start + draw.integers(0, 4, n),
            "revoked": np.where(draw.random(n) < 0.02, start + 9, -1), "diagnosis": draw.integers(0, 40, n),
            "two": draw.random(n) < 0.12, "degree": draw.choice([100, 75, 50, 25], n, p=[0.7, 0.05, 0.2, 0.05]),
        }
    )  # fmt: skip
    middle = (pl.col("start") + pl.col("end")) // 2
    both = pl.concat(
        [
            frame.with_columns(end=pl.when("two").then(middle).otherwise("end")),
            frame.filter("two").with_columns(start=middle + 1, degree=pl.lit(50, pl.Int64)),
        ]
    )
    day = pl.col("known").cast(pl.Int32).cast(pl.Date)
    return both.select(
        pl.format("c{}", "certificate_id").alias("certificate_id"),
        "person_key",
        pl.format("SE2321000099-{}", pl.col("unit") + 1000).alias("unit_id"),
        pl.format("d{}", pl.col("doctor") * 7919 + 10**9).alias("doctor_id"),
        (day.cast(pl.Datetime("us")) + pl.duration(hours=9, minutes="diagnosis")).alias("issued_at"),
        day.alias("known_from"),
        pl.when(pl.col("revoked") >= 0).then(pl.col("revoked")).cast(pl.Int32).cast(pl.Date).alias("known_until"),
        pl.format("F{}", pl.col("diagnosis") + 300).alias("diagnosis_1"),
        pl.lit("WORK").alias("occupation"),
        pl.col("start").cast(pl.Int32).cast(pl.Date).alias("start_date"),
        pl.col("end").cast(pl.Int32).cast(pl.Date).alias("end_date"),
        pl.col("degree").cast(pl.Int32),
    )


def make(millions: float, file: Path) -> None:
    """Write the lake's file."""
    parts = []
    for part in range(-(-int(millions * 1e6) // CHUNK)):
        parts.append(file.with_name(f"part{part}.parquet"))
        periods(min(CHUNK, int(millions * 1e6) - part * CHUNK), seed=part + 1).write_parquet(parts[-1])
    con = duckdb.connect(config={"threads": THREADS, "memory_limit": "2GB", "temp_directory": str(file.parent / "tmp")})
    con.execute(
        f"copy (select * from read_parquet('{file.parent}/part*.parquet') order by person_key, certificate_id, start_date, known_from) "
        f"to '{file}' (format parquet, compression zstd, compression_level 1)"
    )
    for part in parts:
        part.unlink()


# ---------------------------------------------------------------- the contestants, each in a process of its own


def ours(source: Path, out: Path, memory: str, gated: bool = False) -> None:
    """The night's own SQL through the night's own lake."""
    from pipeline.config.home import Home
    from pipeline.config.region import EngineSettings
    from pipeline.store.engine import connect
    from pipeline.store.gate import Gate
    from pipeline.store.tables import Lake

    con = connect(Home(out.parent / "home"), EngineSettings(threads=THREADS, memory_limit=memory))
    gate = Gate(HERE.parents[1] / "data" / "schemas") if gated else None
    lake = Lake(con, out.parent / "lake", gate=gate)
    lake.view("ingest.certificate_periods", source)
    lake.run("moments.nightly", as_of=AS_OF)
    lake.view("moments.asked", lake.file("moments.nightly"))
    for table in ("spells.certificate_segments", "spells.spells"):
        lake.run(table, max_gap_days=GAP)
    lake.file("spells.spells").replace(out)


def gated(source: Path, out: Path, memory: str) -> None:
    """`ours` with every table held to its suite before it is put in place, as at night."""
    ours(source, out, memory, gated=True)


def floor(source: Path, out: Path, memory: str) -> None:
    """Read, sort by person and start, write: what any way through a sort must at least do."""
    con = duckdb.connect(config={"threads": THREADS, "memory_limit": memory, "temp_directory": str(out.parent / "tmp")})
    con.execute(
        f"copy (select * from read_parquet('{source}') order by person_key, start_date) "
        f"to '{out}' (format parquet, compression zstd, compression_level 1)"
    )


def polars_over(source: Path, out: Path, memory: str) -> None:
    """The textbook way: windows over each person."""
    end_before = pl.col("end_date").cum_max().shift(1).over("person_key")
    known = pl.scan_parquet(source).filter(KNOWN).select("person_key", "certificate_id", "start_date", "end_date")
    reached = known.sort("person_key", "start_date", "end_date").with_columns(end_before=end_before)
    _gathered(reached).collect().write_parquet(out, compression="zstd", compression_level=1)


def polars_global(source: Path, out: Path, memory: str) -> None:
    """Without windows: each person's days moved behind those of the person before, one running maximum over all."""
    known = pl.scan_parquet(source).filter(KNOWN).select("person_key", "certificate_id", "start_date", "end_date")
    line = pl.col("person_key").rle_id().cast(pl.Int64) * 100_000
    reached = (
        known.sort("person_key", "start_date", "end_date")
        .with_columns(line=line)
        .with_columns(farthest=(pl.col("line") + pl.col("end_date").to_physical()).cum_max().shift(1) - pl.col("line"))
        .with_columns(end_before=pl.when(pl.col("farthest") > 0).then(pl.col("farthest")).cast(pl.Int32).cast(pl.Date))
    )
    _gathered(reached).collect().write_parquet(out, compression="zstd", compression_level=1)


def _gathered(reached: pl.LazyFrame) -> pl.LazyFrame:
    """Spells of rows in order that know how far the person's earlier ones reach."""
    free = (pl.col("start_date") - pl.col("end_before")).dt.total_days() - 1
    fresh_from = pl.max_horizontal("start_date", pl.col("end_before") + pl.duration(days=1))
    fresh = ((pl.col("end_date") - fresh_from).dt.total_days() + 1).clip(lower_bound=0)
    return (
        reached.with_columns(spell=(free.is_null() | (free > GAP)).cum_sum(), fresh=fresh)
        .group_by("spell")
        .agg(
            pl.col("person_key").first(),
            pl.col("start_date").min(),
            pl.col("end_date").max(),
            pl.col("fresh").sum().alias("days"),
            pl.col("certificate_id").n_unique().alias("n_certificates"),
        )
        .sort("person_key", "start_date")
        .select(COLUMNS)
    )


def polars_whole(source: Path, out: Path, memory: str) -> None:
    """The night's whole table in polars: one degree a day, net days, the certificate in force, doctors."""
    order = ["person_key", "start_date", "end_date"]
    read = ["certificate_id", "unit_id", "doctor_id", "issued_at", "diagnosis_1", "occupation", "degree", *order]
    rows = pl.scan_parquet(source).filter(KNOWN).select(read).collect().sort(order)
    line = pl.col("person_key").rle_id().cast(pl.Int64) * 100_000
    rows = rows.with_columns(from_=line + pl.col("start_date").to_physical(), to=line + pl.col("end_date").to_physical())
    rows = rows.with_columns(before=pl.col("to").cum_max().shift(1, fill_value=-(10**6)))
    rows = rows.with_columns(spell=(pl.col("from_") - pl.col("before") - 1 > GAP).cum_sum())
    ruled = _one_degree_a_day(rows).sort("from_")
    day = ruled["to"].to_physical() - ruled["from_"] + 1
    ruled = ruled.with_columns(days=day, net=day * ruled["degree"])
    covers = pl.col("start_date").le(AS_OF) & pl.col("end_date").ge(AS_OF)
    force = pl.coalesce(pl.col("from_").filter(covers).max(), pl.col("from_").max())
    bounds = ruled.group_by("spell").agg(
        pl.col("person_key").first(), pl.col("start_date").min(), pl.col("end_date").max(), pl.col("days").sum(),
        (pl.col("net").sum() / 100).alias("net_days"), covers.any().alias("ongoing"), force.alias("from_"),
    )  # fmt: skip
    bounds = bounds.join(ruled.select("from_", "certificate_id", "unit_id", "degree"), on="from_")
    # what a certificate says of itself is the same on each of its periods
    said = rows.select("spell", "certificate_id", diagnosis="diagnosis_1", occupation="occupation").unique(["spell", "certificate_id"])
    counts = rows.group_by("spell").agg(
        pl.col("certificate_id").n_unique().cast(pl.Int32).alias("n_certificates"),
        pl.col("doctor_id").drop_nulls().n_unique().cast(pl.Int32).alias("n_doctors"),
    )
    (
        bounds.join(said, on=["spell", "certificate_id"])
        .join(counts, on="spell")
        .sort("person_key", "start_date")
        .select(
            pl.format("{}-{}", "person_key", pl.col("start_date").dt.strftime("%Y%m%d")).alias("spell_id"),
            "person_key", pl.lit(AS_OF).alias("as_of"), "unit_id", "start_date", "end_date", pl.col("days").cast(pl.Int32),
            "net_days", pl.col("degree").cast(pl.Int32), "n_certificates", "n_doctors", "diagnosis", "occupation", "ongoing",
            ((AS_OF - pl.col("start_date")).dt.total_days() + 1).cast(pl.Int32).alias("day"),
        )
        .write_parquet(out, compression="zstd", compression_level=1)
    )  # fmt: skip


def _one_degree_a_day(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in order cut so that none overlap: on a day the certificate signed last rules. Most overlap none and pass."""
    overlaps = (pl.col("before") >= pl.col("from_")) | (pl.col("from_").shift(-1, fill_value=2**62) <= pl.col("to"))
    marked = rows.with_columns(overlaps=overlaps)
    kept = ["spell", "person_key", "from_", "to", "start_date", "end_date", "degree", "certificate_id", "unit_id"]
    rivals = (
        marked.filter("overlaps")
        .with_columns(cluster=(pl.col("before") < pl.col("from_")).cum_sum())
        .sort("issued_at", "certificate_id", "start_date", "end_date", "degree", nulls_last=False)
        .with_row_index("weight")
    )
    cuts = pl.concat([rivals.select("cluster", cut="from_"), rivals.select("cluster", cut=pl.col("to") + 1)]).unique().sort("cluster", "cut")
    pieces = cuts.with_columns(end=pl.col("cut").shift(-1) - 1, same=pl.col("cluster") == pl.col("cluster").shift(-1)).filter("same")
    ruled = (
        pieces.join(rivals.select("cluster", "weight", "from_", "to"), on="cluster")
        .filter(pl.col("from_") <= pl.col("cut"), pl.col("to") >= pl.col("end"))
        .group_by("cluster", "cut", "end").agg(pl.col("weight").max())
        .sort("cut")
        .group_by(pl.struct("cluster", "weight").rle_id().alias("run"))
        .agg(pl.col("weight").first(), pl.col("cut").min(), pl.col("end").max())
    )  # fmt: skip
    moved = rivals.drop("end_date").rename({"from_": "old", "start_date": "old_start"}).drop("to").join(
        ruled.select("weight", from_="cut", to="end"), on="weight"
    )
    shift = pl.col("old_start").to_physical() - pl.col("old")
    moved = moved.with_columns(
        start_date=(pl.col("from_") + shift).cast(pl.Int32).cast(pl.Date), end_date=(pl.col("to") + shift).cast(pl.Int32).cast(pl.Date)
    )
    return pl.concat([marked.filter(~pl.col("overlaps")).select(kept), moved.select(kept)])


def pandas_vectorised(source: Path, out: Path, memory: str) -> None:
    """pandas and numpy without a loop, with the same trick of one running maximum."""
    import pandas as pd

    frame = pd.read_parquet(
        source, columns=["person_key", "certificate_id", "start_date", "end_date", "known_from", "known_until"]
    )
    until = pd.to_datetime(frame["known_until"])
    known = (pd.to_datetime(frame["known_from"]) <= pd.Timestamp(AS_OF)) & (until.isna() | (until > pd.Timestamp(AS_OF)))
    frame = frame.loc[known, ["person_key", "certificate_id", "start_date", "end_date"]]
    for name in ("start_date", "end_date"):
        frame[name] = pd.to_datetime(frame[name]).to_numpy().astype("datetime64[D]").astype(np.int64)
    frame = frame.sort_values(["person_key", "start_date", "end_date"], ignore_index=True)
    person = frame["person_key"].to_numpy()
    line = np.concatenate([[0], np.cumsum(person[1:] != person[:-1])]) * 100_000
    farthest = np.maximum.accumulate(frame["end_date"].to_numpy() + line)
    before = np.concatenate([[-1], farthest[:-1]]) - line
    start, end = frame["start_date"].to_numpy(), frame["end_date"].to_numpy()
    begins = (before < 0) | (start - before - 1 > GAP)
    frame["spell"] = np.cumsum(begins)
    frame["fresh"] = np.maximum(end - np.maximum(start, before + 1) + 1, 0)
    made = frame.groupby("spell", sort=False).agg(
        person_key=("person_key", "first"), start_date=("start_date", "min"), end_date=("end_date", "max"),
        days=("fresh", "sum"),
    )  # fmt: skip
    # drop_duplicates is several times faster than nunique on texts
    made["n_certificates"] = frame[["spell", "certificate_id"]].drop_duplicates().groupby("spell").size()
    for name in ("start_date", "end_date"):
        made[name] = pd.to_datetime(made[name], unit="D")
    made.to_parquet(out, compression="zstd", index=False)


def narrow(source: Path, out: Path, memory: str) -> None:
    """`ours` with half the memory: what does not fit is spilt."""
    ours(source, out, "1GB")


CONTESTANTS = {
    NIGHT: ours,
    NARROW: narrow,
    NIGHT_GATED: gated,
    WHOLE: polars_whole,
    "polars, over": polars_over,
    "polars, global key": polars_global,
    "pandas, vectorised": pandas_vectorised,
    "floor": floor,
}


# ---------------------------------------------------------------- the race


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
