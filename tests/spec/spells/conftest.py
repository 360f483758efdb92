"""The clean rule is told twice, in SQL and in arrays: what is specified of its tables is specified of both."""

import polars as pl
import pytest

from pipeline.spells.clean import make_clean_spells
from pipeline.store.tables import Lake


class Clean:
    """`clean(max_gap_days)` gives certificate_segments and spells of what `run_table` was filled with."""

    def __init__(self, run_table, folder, by):
        self.run_table, self.folder, self.by = run_table, folder, by

    def __call__(self, max_gap_days=5):
        if self.by == "sql":
            return self.run_table("spells.certificate_segments"), self.run_table("spells.spells", max_gap_days=max_gap_days)
        make_clean_spells(Lake(self.run_table.con, self.folder), max_gap_days)
        names = ("certificate_segments", "spells")
        return tuple(pl.read_parquet(self.folder / name / f"{name}.parquet") for name in names)


@pytest.fixture(params=["sql", "arrays"])
def clean(run_table, tmp_path, request):
    return Clean(run_table, tmp_path, request.param)
