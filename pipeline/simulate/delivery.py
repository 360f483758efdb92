"""One delivery being written: CSV files that grow chunk by chunk, and the manifest at the end."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from pathlib import Path

import polars as pl

SECONDS = "%Y-%m-%dT%H:%M:%S"


class Delivery:
    """Files of one delivery in `folder`, `;`-separated UTF-8 with a header row, mode 0600."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}
        self._digests: dict[str, hashlib._Hash] = {}

    def add(self, table: str, frame: pl.DataFrame, loose_lines: tuple[str, ...] = ()) -> None:
        """Append rows, then `loose_lines` as they are. The first call writes the header."""
        new = table not in self.rows
        text = BytesIO()
        frame.write_csv(text, separator=";", include_header=new, datetime_format=SECONDS, quote_style="never")
        text.write("".join(f"{line}\n" for line in loose_lines).encode())
        if new:
            self.rows[table] = 0
            self._digests[table] = hashlib.sha256()
            (self.folder / f"{table}.csv").touch(mode=0o600)
        part = text.getbuffer()
        self._digests[table].update(part)
        with (self.folder / f"{table}.csv").open("ab") as file:
            file.write(part)
        self.rows[table] += frame.height + len(loose_lines)

    def close(self) -> None:
        """Write manifest.json: rows (without header) and sha256 of each file."""
        told = {
            f"{table}.csv": {"rows": self.rows[table], "sha256": self._digests[table].hexdigest()}
            for table in sorted(self.rows)
        }
        manifest = self.folder / "manifest.json"
        manifest.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        manifest.chmod(0o600)
