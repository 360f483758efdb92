"""All that is shown as one CSV: `;`, UTF-8 with BOM, a line a number; a hidden one is blank."""

from __future__ import annotations

import csv
from pathlib import Path

from pipeline.statistics.count import OTHERS, REGION, Statistics
from pipeline.store.cells import guarded

COLUMNS = ("as_of", "unit_id", "unit_name", "listed", "measure", "grouping", "level", "sex", "spells", "hidden")
CODES = {OTHERS: "others", REGION: "region"}


def write_csv(statistics: Statistics, names: dict[str, str], listed: dict[str, int | None], path: Path) -> None:
    """Write every cell; `others` and `region` stand for units, the grouping `total` has no level; listed: 0 or none is blank."""
    order = {place: at for at, place in enumerate(statistics.places)}
    rows = sorted(statistics.cells.iter_rows(), key=lambda row: (row[0] != REGION, order[row[0]]))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, delimiter=";", lineterminator="\r\n")
        out.writerow(COLUMNS)
        for place, measure, grouping, level, sex, spells in rows:
            unit = guarded(CODES.get(place, place))
            told = "" if spells is None else spells
            out.writerow([statistics.as_of, unit, guarded(names[place]), listed.get(place) or "", measure, grouping, level, sex, told, int(spells is None)])
