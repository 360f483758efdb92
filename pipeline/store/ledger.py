"""The ledger of a run: one line a table, kept for the summary and the runs/ folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Line:
    """One table made: rows in over all inputs (None = not counted), rows out, seconds."""

    stage: str
    table: str
    rows_in: int | None
    rows_out: int
    seconds: float


@dataclass
class Ledger:
    """Collects lines and hands each to `show` as it comes."""

    show: Callable[[Line], None] | None = None
    lines: list[Line] = field(default_factory=list)

    def line(self, stage: str, table: str, rows_in: int | None, rows_out: int, seconds: float) -> None:
        """Record that `table` was made by `stage`."""
        made = Line(stage, table, rows_in, rows_out, round(seconds, 3))
        self.lines.append(made)
        if self.show:
            self.show(made)

    def as_rows(self) -> list[dict]:
        """Lines as plain dicts, for JSON."""
        return [asdict(line) for line in self.lines]
