"""Any failure in words that hold no person's data: kind and place, never the values in the message."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

import duckdb

from pipeline.errors import NightFailed, PipelineError, UsageError

FULL = ("No space left on device", "File too large", "Disk quota exceeded")


def explained(fault: BaseException) -> PipelineError:
    """The failure as an operator should meet it.

    A database's or a library's own message may quote a cell, so it is never passed on.
    """
    if isinstance(fault, PipelineError):
        return fault
    if isinstance(fault, KeyboardInterrupt | duckdb.InterruptException):
        return NightFailed("stopped by hand", remedy="run it again; nothing is half-written")
    text = str(fault)
    if (isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)) or any(
        sign in text for sign in FULL
    ):
        return NightFailed(
            "the disk is full", remedy="free some space and run it again; the last whole results are still in place"
        )
    if isinstance(fault, duckdb.OutOfMemoryException | MemoryError):
        return NightFailed(
            "out of memory", remedy="raise engine.memory_limit in region.toml, or give the machine more memory"
        )
    if isinstance(fault, PermissionError):
        return UsageError(f"may not read or write {fault.filename}", remedy="mend the rights of that path")
    if isinstance(fault, FileExistsError | NotADirectoryError):
        return UsageError(f"cannot make the folder {fault.filename}: a file lies there", remedy="name another folder, or move the file")
    where = traceback.extract_tb(fault.__traceback__)
    place = f"{Path(where[-1].filename).name}:{where[-1].lineno}" if where else "unknown place"
    ours = next((f"{Path(one.filename).name}:{one.lineno}" for one in reversed(where) if "pipeline" in one.filename), "")
    return NightFailed(
        f"a fault of the program, {type(fault).__name__} at {ours or place} ({place})",
        remedy="report it with that place; REHABRISK_TRACEBACK=1 shows more, which may hold personal data",
    )
