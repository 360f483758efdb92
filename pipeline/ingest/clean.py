"""Staged rows of all deliveries considered, as the `raw` views that the room's SQL files read.

raw.all_<table> holds every accepted row of every delivery, raw.<table> the newest delivery's row of each key. Of the
tables in VERSIONED it holds every version of a key with the days between which it was the word: known_on (null: from
when the row itself says) and superseded_on.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipeline.errors import InputError
from pipeline.ingest.contract import EXTRACTS, Extract
from pipeline.ingest.stage import CONFLICT, REPEATED, Staged, copies_of
from pipeline.ingest.typed import staged_columns, text_literal

# table -> the day from which a row's first version counts by itself; a period counts with its certificate
VERSIONED = {
    "certificates": "cast(coalesce(received_at, issued_at) as date)",
    "certificate_periods": "cast(null as date)",
    "coordination": "coalesce(cast(recorded_at as date), offered_on, started_on)",
}


def define_raw(con: duckdb.DuckDBPyConnection, staged: list[Staged]) -> None:
    """Make raw.<table> and raw.all_<table> of every extract; of one that never came, empty ones."""
    for extract in EXTRACTS.values():
        mine = [one for one in staged if one.table == extract.name]
        if mine:
            _all_rows(con, extract, mine)
            if extract.name == "persons":
                _former_links(con)
            _newest_rows(con, extract, several=len(mine) > 1)
        else:
            columns = {**staged_columns(extract), "delivery": "date", "row": "bigint"}
            if extract.name == "persons":
                columns["first_delivery"] = "date"
            if extract.name in VERSIONED:
                columns |= {"known_on": "date", "superseded_on": "date"}
            empty = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns.items())
            for view in (f"raw.all_{extract.name}", f"raw.{extract.name}"):
                con.execute(f"create or replace view {view} as select {empty} limit 0")


def _all_rows(con: duckdb.DuckDBPyConnection, extract: Extract, staged: list[Staged]) -> None:
    places = ", ".join(text_literal(str(one.parquet)) for one in staged)
    columns = ", ".join(f"s.{name}" for name in staged_columns(extract))
    where = "s.rule is null"
    if marked := [one for one in staged if one.marks.is_file()]:
        marks = pl.concat(
            [pl.read_parquet(one.marks).select(pl.lit(one.delivery).alias("delivery"), "row") for one in marked]
        )
        _keep(con, f"raw.marks_{extract.name}", marks)
        where += (
            f" and not exists (select 1 from raw.marks_{extract.name} as m "
            f"where m.delivery = s.delivery and m.row = s.{extract.place})"
        )
    con.execute(
        f"create or replace view raw.all_{extract.name} as select {columns}, s.delivery, s.{extract.place} as row "
        f"from read_parquet([{places}], file_row_number = true) as s where {where}"
    )


def _keep(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    con.register("_frame", frame.to_arrow())
    con.execute(f"create or replace table {table} as select * from _frame")
    con.unregister("_frame")


def _former_links(con: duckdb.DuckDBPyConnection) -> None:
    """raw.former: each former key with the person's key today, chains followed, the newest link of a number first."""
    links = pl.from_arrow(
        con.sql(
            "select former_key, person_key, delivery from raw.all_persons "
            "where former_key is not null and former_key <> person_key order by delivery, row"
        ).to_arrow_table()
    ).unique("former_key", keep="last", maintain_order=True)
    links = links.select("former_key", "person_key")
    for _ in range(16):
        step = links.rename({"former_key": "person_key", "person_key": "further"})
        longer = links.join(step, on="person_key", how="left")
        if longer["further"].null_count() == longer.height:
            break
        links = longer.select("former_key", person_key=pl.coalesce("further", "person_key"))
    else:
        raise InputError(
            f"persons.former_id: {longer.height - longer['further'].null_count()} former numbers lead round in a circle",
            remedy="ask the sender which of the numbers is the person's number today",
        )
    _keep(con, "raw.former", links)


def _newest_rows(con: duckdb.DuckDBPyConnection, extract: Extract, *, several: bool) -> None:
    """raw.<table>: one row a key, by the persons' keys of today."""
    name = extract.name
    source, where, more = f"raw.all_{name}", "true", ""
    if name != "persons" and extract.of_kind("identity") and con.execute("select count(*) from raw.former").fetchall()[0][0]:
        con.execute(
            f"create or replace view raw.today_{name} as select s.* replace (coalesce(f.person_key, s.person_key) as person_key) "
            f"from raw.all_{name} as s left join raw.former as f on f.former_key = s.person_key"
        )
        source = f"raw.today_{name}"
        if "person_key" in extract.staged_key:
            source = _told_once(con, extract)
    key = ", ".join(extract.staged_key)
    if several:
        # only keys that come more than once are held; all others pass through
        contents = [one for one in staged_columns(extract) if one not in (*extract.staged_key, "revoked_at")]
        differs = f"min(h) <> max(h) as differs from (select {key}, delivery, hash({', '.join(contents)}) as h from {source})"
        con.execute(
            f"create or replace table raw.newest_{name} as select {key}, max(delivery) as newest"
            f"{', ' + differs if name in VERSIONED else f' from {source}'} group by {key} having count(*) > 1"
        )
        same = " and ".join(f"n.{one} = s.{one}" for one in extract.staged_key)
        older = "(s.delivery < n.newest or n.differs)" if name in VERSIONED else "s.delivery < n.newest"
        where += f" and not exists (select 1 from raw.newest_{name} as n where {same} and {older})"
    if name in VERSIONED:
        _versions(con, extract, source, where, contents if several else [])
        return
    if name == "persons":
        where += " and not exists (select 1 from raw.former as f where f.former_key = s.person_key)"
        _first_deliveries(con, several)
        more = ", coalesce(d.first_delivery, s.delivery) as first_delivery"
        source += " as s left join raw.first_deliveries as d on d.person_key = s.person_key"
    else:
        source += " as s"
    con.execute(f"create or replace view raw.{name} as select s.*{more} from {source} where {where}")


def _told_once(con: duckdb.DuckDBPyConnection, extract: Extract) -> str:
    """raw.once_<table>: without rows that one delivery brings under two numbers of a person, kept in raw.folded_<table>.

    Of equal rows the first counts; rows of one key with other content are set aside, all of them, as within a file.
    """
    name = extract.name
    of_them = pl.from_arrow(
        con.sql(
            f"select * from raw.today_{name} where person_key in (select person_key from raw.former) order by delivery, row"
        ).to_arrow_table()
    )
    seen = copies_of(of_them, ("delivery", *extract.staged_key))
    conflict = pl.col("copies") < pl.col("of_key")
    repeat = pl.col("row") > pl.col("first")
    mark = pl.when(conflict).then(pl.lit(CONFLICT)).when(repeat).then(pl.lit(REPEATED)).otherwise(None)
    folded = seen.with_columns(mark=mark.cast(pl.String)).drop("copies", "of_key", "first").filter(pl.col("mark").is_not_null())
    _keep(con, f"raw.folded_{name}", folded)
    con.execute(
        f"create or replace view raw.once_{name} as select s.* from raw.today_{name} as s where not exists "
        f"(select 1 from raw.folded_{name} as f where f.delivery = s.delivery and f.row = s.row)"
    )
    return f"raw.once_{name}"


def _versions(con: duckdb.DuckDBPyConnection, extract: Extract, source: str, where: str, contents: list[str]) -> None:
    """raw.<table> with known_on and superseded_on. contents : what makes a version; none where one delivery came."""
    name, key = extract.name, ", ".join(extract.staged_key)
    never = "cast(null as date)"
    if not contents:
        con.execute(f"create or replace view raw.{name} as select *, {never} as known_on, {never} as superseded_on from {source}")
        return
    # a revocation alone is no new version: it has a day of its own
    revoked = (
        " replace (last_value(revoked_at) over (partition by certificate_id order by delivery "
        "rows between unbounded preceding and unbounded following) as revoked_at)"
    )
    own = VERSIONED[name]
    con.execute(
        f"create or replace table raw.versions_{name} as with found as (select s.*, hash({', '.join(contents)}) as h "
        f"from {source} as s semi join (select {key} from raw.newest_{name} where differs) using ({key})), "
        f"told as (select *{revoked if name == 'certificates' else ''}, "
        f"lag(h) over (partition by {key} order by delivery) as said_before from found), "
        f"changed as (select * exclude (h, said_before), case when said_before is not null then "
        f"greatest({own}, delivery) end as known_on from told where said_before is null or said_before <> h), "
        f"ended as (select *, min(known_on) over (partition by {key} order by delivery "
        "rows between 1 following and unbounded following) as superseded_on from changed) "
        f"select * from ended where not coalesce(coalesce(known_on, {own}) >= superseded_on, false)"
    )
    late = never
    if name == "certificate_periods":
        # a period that a later delivery adds to a certificate was not known before that delivery
        con.execute(
            f"create or replace table raw.late_{name} as select {key}, s.delivery from {source} as s where {where} and exists ("
            "select 1 from raw.all_certificates as c where c.certificate_id = s.certificate_id and c.delivery < s.delivery) "
            f"and not exists (select 1 from raw.newest_{name} as n where n.certificate_id = s.certificate_id "
            "and n.start_date = s.start_date)"
        )
        late = (
            f"(select l.delivery from raw.late_{name} as l where l.certificate_id = s.certificate_id "
            "and l.start_date = s.start_date)"
        )
    con.execute(
        f"create or replace view raw.{name} as select s.*, {late} as known_on, {never} as superseded_on from {source} as s "
        f"where {where} union all by name select * from raw.versions_{name}"
    )


def _first_deliveries(con: duckdb.DuckDBPyConnection, several: bool) -> None:
    """raw.first_deliveries: of persons who came more than once, under any number, the first delivery."""
    if not several:
        con.execute("create or replace table raw.first_deliveries (person_key bigint, first_delivery date)")
        return
    con.execute(
        "create or replace table raw.first_deliveries as "
        "select coalesce(f.person_key, s.person_key) as person_key, min(s.delivery) as first_delivery "
        "from raw.all_persons as s left join raw.former as f on f.former_key = s.person_key "
        "group by 1 having count(*) > 1"
    )
