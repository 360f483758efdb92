"""What lies in the vault's tmp folder while a file is read: no names, nobody else's to read, gone at once."""

import os
import stat
from datetime import date

import polars as pl

from pipeline import ingest
from pipeline.config.region import load_region
from pipeline.ingest.contract import EXTRACTS
from pipeline.ingest.deliveries import delivered_files
from pipeline.ingest.source import open_source
from pipeline.store.engine import connect


def test_the_kept_rows_are_the_owners_alone_and_go_when_forgotten(region):
    region.deliver()
    settings = load_region(region.home.region_file)
    con = connect(region.home, settings.engine)
    files = delivered_files(region.home, settings.ingest, date(2026, 1, 12))
    source = open_source(con, next(file for file in files if file.table == "persons"), region.home.tmp)
    before = os.umask(0o022)
    try:
        source.keep_places(["patient_id"], region.home.tmp)
    finally:
        os.umask(before)
    (copy,) = region.home.tmp.glob("rows-*")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert pl.read_parquet(copy).columns == ["patient_id"]
    source.forget_places()
    assert not list(region.home.tmp.glob("rows-*"))
    assert con.sql(f"select name from {source.whole}").fetchall() == [("Anna Invented",), ("Bo Invented",)]
    source.close()


def test_no_name_is_copied_and_the_copy_is_gone_before_the_file_is_done(region):
    """Seen by a gate, which is asked while each file is being staged."""
    seen = []

    class Looking:
        def check(self, con, table, source):
            seen.append((table, [path.name for path in region.home.tmp.glob("rows-*")]))

    region.deliver()
    settings = load_region(region.home.region_file)
    con = connect(region.home, settings.engine)
    from pipeline.store.tables import Lake

    ingest.run(region.home, settings, con, Lake(con, region.home.lake, None, Looking()), date(2026, 1, 12))
    staged = [(table, left) for table, left in seen if table.startswith("raw.")]
    assert [table for table, _ in staged] and not any(left for _, left in staged)
    assert {f"raw.{name}" for name in ("persons", "certificates")} <= {table for table, _ in staged} <= {f"raw.{one}" for one in EXTRACTS}
