"""A unit's list as one page to read and print: nothing is fetched from elsewhere, and it runs no script."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import jinja2
import polars as pl

from pipeline.worklist.limits import beside
from pipeline.worklist.words import FILLED_IN, words


def write_page(
    rows: pl.DataFrame, path: Path, language: str, unit_id: str, unit_name: str | None, as_of: date
) -> None:
    """Write `rows` (the contract's columns and within_capacity) as HTML; all text is escaped."""
    spoken = words(language)
    listed = [row | _reasons(row, spoken["for_shorter"]) | beside(row, spoken) for row in rows.iter_rows(named=True)]
    text = _template(language).render(
        language=language, w=spoken, rows=listed, fill_in=FILLED_IN, unit_id=unit_id,
        unit_name=unit_name or unit_id, as_of=as_of.isoformat(),
        places=sum(row["within_capacity"] for row in listed),
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")


def _reasons(row: dict, for_shorter: str) -> dict[str, list[str]]:
    """The reasons that speak for a longer spell and, apart from them, those for a shorter one without their first words."""
    told = [row[name] for name in ("reason_1", "reason_2", "reason_3") if row[name]]
    return {
        "reasons": [text for text in told if not text.startswith(for_shorter)],
        "against": [text.removeprefix(for_shorter).lstrip() for text in told if text.startswith(for_shorter)],
    }


@cache
def _template(language: str) -> jinja2.Template:
    page = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "page"),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    point = words(language)["decimal"]
    page.filters["days"] = lambda days: (
        "" if days is None else f"{days:.1f}".replace(".", point).replace("-", "−")
    )
    page.filters["percent"] = lambda chance: "" if chance is None else f"{100 * chance:.0f} %"
    return page.get_template("worklist.html")
