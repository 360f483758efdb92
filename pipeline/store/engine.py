"""DuckDB over Parquet: the engine of a night on one machine."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipeline.config.home import Home
from pipeline.config.region import EngineSettings
from pipeline.store.files import private_folder

ROOMS = ("raw", "ingest", "moments", "spells", "features", "outcomes", "score", "worklist", "evaluate", "statistics")


def connect(home: Home, settings: EngineSettings) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that spills inside the vault folder, with a schema for every room."""
    private_folder(home.vault)
    private_folder(home.tmp)
    # what passes between DuckDB, Arrow and numpy: its default takes a fifth more memory, and time to be given it
    pa.set_memory_pool(pa.system_memory_pool())
    con = duckdb.connect(
        config={
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            "temp_directory": str(home.tmp),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": True,
        }
    )
    for room in ROOMS:
        con.execute(f"create schema if not exists {room}")
    return con
