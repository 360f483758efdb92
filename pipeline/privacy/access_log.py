"""The access log: who saw which patient, when, where and why (HSLF-FS 2016:40, 4 kap. 9 §). Kept at least five years.

One JSON object a line, only ever appended to: time, user, action, unit, patient (pseudonym), purpose.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from pipeline.config.home import Home
from pipeline.errors import UsageError
from pipeline.store.files import private_folder

# Patientdatalagen 2 kap. 4 §: what data may be used for
Purpose = Literal["care", "quality", "administration", "follow-up", "statistics"]
FIELDS = ("time", "user", "action", "unit", "patient", "purpose")


class AccessLog:
    """HOME/vault/access.log, readable by its owner alone (0600)."""

    def __init__(self, home: Home) -> None:
        self.path: Path = home.vault / "access.log"

    def write(
        self,
        time: datetime,
        user: str,
        action: str,
        purpose: Purpose,
        patients: Iterable[int | None] = (None,),
        unit: str | Iterable[str | None] | None = None,
    ) -> int:
        """Append one line a patient, all in one write, and flush to disk before anything is shown.

        time : when it happened, given by the caller (this module asks no clock).
        action : what was done, e.g. "list", "explain", "quarantine --show".
        patients : person_keys; None where the act concerns no one patient.
        unit : the care unit of all, or one a patient in the same order.

        Returns lines written. Raises UsageError: user or action is blank, purpose unknown, or units do not match patients.
        """
        if not user.strip() or not action.strip() or purpose not in get_args(Purpose):
            raise UsageError(
                "the access log needs a user, an action and a known purpose",
                remedy=f"purpose is one of {', '.join(get_args(Purpose))}",
            )
        keys = list(patients)
        units = [unit] * len(keys) if unit is None or isinstance(unit, str) else list(unit)
        if len(units) != len(keys):
            raise UsageError(
                f"the access log got {len(units)} units for {len(keys)} patients",
                remedy="give one unit a patient",
            )
        moment = time.isoformat(timespec="seconds")
        lines = [
            json.dumps(dict(zip(FIELDS, (moment, user, action, place, _plain(key), purpose), strict=True)))
            for key, place in zip(keys, units, strict=True)
        ]
        if lines:
            self._append("\n".join(lines) + "\n")
        return len(lines)

    def read(self) -> pl.DataFrame:
        """All lines in order; a line cut short by a crash is left out (its write was never acknowledged)."""
        schema = {name: pl.Int64 if name == "patient" else pl.String for name in FIELDS}
        rows = []
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        for line in text.splitlines():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return pl.DataFrame(rows, schema=schema)

    def _append(self, text: str) -> None:
        private_folder(self.path.parent)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                text = "\n" + text  # the line before was cut short; keep it apart from ours
            left = text.encode()
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)


def _plain(key: int | None) -> int | None:
    return None if key is None else int(key)  # numpy integers are not JSON
