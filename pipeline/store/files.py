"""Files that are whole or not there: written beside, flushed, renamed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# a dictionary of a column whose texts all differ is built in vain: beyond so many it is given up
PARQUET = "format parquet, dictionary_size_limit 2000"
_BESIDE = re.compile(r"\..+\.[a-z0-9_]{8}")  # what tempfile adds to the names of write_whole and replace_folder


def private_folder(path: Path) -> Path:
    """Make `path` (and its parents) readable by the owner alone; an existing folder is tightened."""
    if not path.parent.exists():
        private_folder(path.parent)  # mkdir gives its mode to the last folder alone
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def file_stem(unit_id: str) -> str:
    """A unit's file name: the unit's own id, made safe where it holds what a file name may not.

    >>> file_stem("SE2321000099-03E8")
    'SE2321000099-03E8'
    """
    safe = re.sub(r"[^\w.-]", "_", unit_id).lstrip(".")
    if safe == unit_id and len(safe) <= 100:
        return safe
    # two ids that look alike once made safe keep different names
    return f"{safe[:80]}_{hashlib.sha256(unit_id.encode()).hexdigest()[:8]}"


def write_whole(path: Path, write: Callable[[Path], object], mode: int = 0o600) -> Path:
    """Let `write(temporary_path)` write the file, then put it in place in one step: see `whole`."""
    with whole(path, mode) as beside:
        write(beside)
    return path


@contextmanager
def whole(path: Path, mode: int = 0o600) -> Iterator[Path]:
    """A temporary path to write a file at, which is put in place in one step when all went well.

    A crash at any point leaves the old file, or none. The temporary file lies in the same folder,
    begins with a dot and is removed on failure.
    """
    _place_for(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        with beside.open("rb") as done:
            os.fsync(done.fileno())
        beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _place_for(path: Path) -> None:
    """Make the folder that `path` is to lie in. One that is there keeps its mode: with --out it is not ours."""
    if not path.parent.is_dir():
        private_folder(path.parent)


def write_text_whole(path: Path, text: str, mode: int = 0o600) -> Path:
    """`write_whole` for UTF-8 text."""
    return write_whole(path, lambda beside: beside.write_text(text, encoding="utf-8"), mode)


def replace_folder(folder: Path, fill: Callable[[Path], object]) -> Path:
    """Let `fill(temporary_folder)` write a folder, then put it in place of `folder`.

    The old folder is set aside before the rename and removed after it: a crash between the two leaves
    the old one as `.NAME.old`, which `recover_folder` puts back. Contents and names are on disk before the old
    folder goes, so that a power cut leaves the one or the other.
    """
    _place_for(folder)
    recover_folder(folder)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    aside = folder.parent / f".{folder.name}.old"
    try:
        fill(beside)
        for path in (*sorted(beside.rglob("*")), beside):
            _to_disk(path)
        if folder.exists():
            folder.rename(aside)
        beside.rename(folder)
        _to_disk(folder.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        recover_folder(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
    return folder


def _to_disk(path: Path) -> None:
    """fsync of a file, or of a folder's names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(root: Path) -> None:
    """Remove what a killed run was still writing below `root`, and put back folders it had set aside.

    Only while no other run is at work. Half-written lists hold identities, so they must not wait for the next of their date.
    """
    for aside in sorted(root.rglob(".*.old")):
        recover_folder(aside.with_name(aside.name[1:].removesuffix(".old")))
    for left in sorted(root.rglob(".*")):
        if not _BESIDE.fullmatch(left.name):
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def recover_folder(folder: Path) -> None:
    """Put back what an interrupted `replace_folder` had set aside."""
    aside = folder.parent / f".{folder.name}.old"
    if not aside.exists():
        return
    if folder.exists():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.rename(folder)
