"""The ways from certificates to spells that bench/spells.py races; each reads `source` and writes `out`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

AS_OF = date(2026, 1, 12)
GAP = 5
THREADS = 2
COLUMNS = ["person_key", "start_date", "end_date", "days", "n_certificates"]
KNOWN = (pl.col("known_from") <= AS_OF) & (pl.col("known_until").is_null() | (pl.col("known_until") > AS_OF))
NIGHT, NARROW, NIGHT_GATED, WHOLE = "ours", "ours, in 1GB", "ours, gates too", "polars, whole table"


def ours(source: Path, out: Path, memory: str, gated: bool = False) -> None:
    """The night's own SQL through the night's own lake."""
    from pipeline.config.home import Home
    from pipeline.config.region import EngineSettings
    from pipeline.spells.clean import make_clean_spells
    from pipeline.store.engine import connect
    from pipeline.store.gate import Gate
    from pipeline.store.tables import Lake

    con = connect(Home(out.parent / "home"), EngineSettings(threads=THREADS, memory_limit=memory))
    gate = Gate(Path(__file__).parents[1] / "data" / "schemas") if gated else None
    lake = Lake(con, out.parent / "lake", gate=gate)
    lake.view("ingest.certificate_periods", source)
    lake.run("moments.nightly", as_of=AS_OF)
    lake.view("moments.asked", lake.file("moments.nightly"))
    make_clean_spells(lake, GAP)
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
