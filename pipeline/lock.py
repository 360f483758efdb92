"""One run at a time in a home."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.store.files import private_folder, sweep
from pipeline.store.tables import TONIGHT


def is_held(home: Home) -> bool:
    """Whether a run is at work in the home. Reads only: nothing is made, swept or taken from the run."""
    if not home.lock.is_file():
        return False
    with home.lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def only_run(home: Home) -> Iterator[None]:
    """Hold the home's lock. The operating system lets go of it when the process dies, however it dies.

    What a run that died was still writing is removed first.

    Raises UsageError when another run holds it.
    """
    private_folder(home.runs)
    lock = FileLock(home.lock, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(
            f"another run is at work in {home.path}",
            remedy="wait for it to end; a run that died holds no lock",
        ) from None
    try:
        for folder in home.folders:
            if folder != home.raw and folder.is_dir():  # what lies in raw is the sender's
                sweep(private_folder(folder))
        shutil.rmtree(home.lake / TONIGHT, ignore_errors=True)
        shutil.rmtree(home.tmp, ignore_errors=True)  # spill of a run that was killed may hold identity numbers
        yield
    finally:
        lock.release()
