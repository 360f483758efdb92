"""A unit's list as one page to read and print: nothing is fetched from elsewhere, and it runs no script."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from models.risk.fact_groups import in_fives
from pipeline.worklist.limits import beside
from pipeline.worklist.words import FILLED_IN, words


def write_page(
    rows: pl.DataFrame, path: Path, language: str, unit_id: str, unit_name: str | None, as_of: date
) -> None:
    """Write `rows` (the contract's columns and within_capacity) as HTML; all text is escaped."""
    spoken = words(language)
    listed = [row | _reasons(row, spoken) | beside(row, spoken) for row in rows.iter_rows(named=True)]
    text = _template(language).render(
        language=language, w=spoken, rows=listed, fill_in=FILLED_IN, unit_id=unit_id,
        unit_name=unit_name or unit_id, as_of=as_of.isoformat(),
        places=sum(row["within_capacity"] for row in listed),
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")


def _reasons(row: dict, spoken: dict[str, Any]) -> dict[str, list[str]]:
    """`reasons`: the sentences, largest first. `account`: where they start, what the other facts add up to, and where they end."""
    told = [row[name] for name in ("reason_1", "reason_2", "reason_3") if row[name]]
    numbers = [row.get(name) for name in ("comparable_days_left", "other_effects_days", "days_left")]
    if not told or None in numbers:
        return {"reasons": told, "account": []}
    start, other, end = (in_fives(number) for number in numbers)
    account = [spoken["account_start"].format(days=start), spoken["account_end"].format(days=end)]
    if other:
        account.insert(1, spoken["account_longer" if other > 0 else "account_shorter"].format(days=abs(other)))
    return {"reasons": told, "account": account}


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
