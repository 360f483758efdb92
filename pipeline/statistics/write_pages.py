"""Pages to read and print: the region and one a unit. Nothing is fetched from elsewhere, and they run no script."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import jinja2
import polars as pl

from pipeline.privacy.disclosure import SMALLEST
from pipeline.statistics import figures
from pipeline.statistics.count import BOTH, OTHERS, REGION, SEXES, YEAR, Statistics
from pipeline.statistics.write_csv import write_csv
from pipeline.store.files import file_stem, replace_folder

LANGUAGES = ("sv", "en")
REGION_PAGE = "region"
# rows of columns of tables; the region alone is told in the finer groups
OF_UNIT = ((("length",), ("age",)), (("diagnosis",), ("degree",)))
OF_REGION = ((("length",), ("age_5",)), (("chapter",), ("diagnosis", "degree")))


def write_statistics(
    statistics: Statistics, units: pl.DataFrame, folder: Path, language: str, region_name: str, gap_days: int
) -> list[Path]:
    """Write statistics.csv, region.html and a page a unit into `folder`, whole or not at all; files 0600.

    units : unit_id, name, list_size of ingest.units.
    """
    say = figures.Speech(_words(language))
    names = {row["unit_id"]: row["name"] or row["unit_id"] for row in units.iter_rows(named=True)}
    names |= {OTHERS: say.words["others"], REGION: say.words["region"]}
    names |= {place: place for place in statistics.places if place not in names}
    listed = {row["unit_id"]: row["list_size"] for row in units.iter_rows(named=True)}
    listed[REGION] = sum(size for size in listed.values() if size) or None
    stems = {place: file_stem(place) for place in statistics.places if place not in (OTHERS, REGION)} | {REGION: REGION_PAGE}
    cells = _by_place(statistics)
    in_order = sorted(statistics.places, key=lambda one: (one != REGION, one == OTHERS, names[one], one))
    pages = units_told(statistics, units["unit_id"])
    template = _template()
    made: list[str] = []

    def fill(beside: Path) -> None:
        write_csv(statistics, names, listed, beside / "statistics.csv")
        for place, stem in stems.items():
            text = template.render(
                w=say.words, say=say, language=language, region_name=region_name, name=names[place], is_region=place == REGION,
                unit_id="" if place == REGION else place, as_of=statistics.as_of.isoformat(), sexes=SEXES, both=BOTH, everyone=(*SEXES, BOTH),
                first=f"{statistics.months[-YEAR]:%Y-%m}", last=f"{statistics.months[-1]:%Y-%m}", gap=gap_days, least=SMALLEST,
                keys=_keys(cells[place], listed.get(place)), region_keys=_keys(cells[REGION], listed[REGION]),
                tables=[
                    [[(one, figures.bars(cells[place], one)) for one in column] for column in row]
                    for row in (OF_REGION if place == REGION else OF_UNIT)
                ],
                charts={one: figures.lines(cells[place], one, statistics.months, say) for one in ("ongoing", "started")},
                undrawn={
                    one: ", ".join(say.words["sex"][sex].lower() for sex in SEXES if sex not in figures.drawn(cells[place], one, statistics.months))
                    for one in ("ongoing", "started")
                },
                pages=pages,
                months=_months(cells[place], statistics.months),
                units=[
                    {"name": names[one], "href": stems.get(one) if one != REGION else None, **_keys(cells[one], listed.get(one))}
                    for one in in_order
                ] if place == REGION else [],
            )  # fmt: skip
            (beside / f"{stem}.html").write_text(text, encoding="utf-8")
        for file in sorted(beside.iterdir()):
            file.chmod(0o600)
            made.append(file.name)

    replace_folder(folder, fill)
    return [folder / name for name in made]


def units_told(statistics: Statistics, units: pl.Series) -> dict[str, int]:
    """How many units have a page, are counted together without one, and have none as no spell is theirs."""
    alone = {*statistics.places} - {OTHERS, REGION}
    return {"alone": len(alone), "together": len(statistics.together), "without": len({*units} - alone - statistics.together)}


def _by_place(statistics: Statistics) -> dict[str, dict]:
    found: dict[str, dict] = {place: {} for place in statistics.places}
    for place, *key, spells in statistics.cells.iter_rows():
        found[place][tuple(key)] = spells
    return found


def _keys(cells: figures.Cells, listed: int | None) -> dict:
    """The figures that head a page and fill a line of the table of units."""
    totals = {one: {sex: figures.total(cells, one, sex) for sex in (*SEXES, BOTH)} for one in ("ongoing", "started")}
    return {
        **totals,
        "ongoing_per_listed": figures.per_listed(totals["ongoing"][BOTH], listed),
        "started_per_listed": figures.per_listed(totals["started"][BOTH], listed),
        "long": {sex: figures.long_share(cells, sex) for sex in (*SEXES, BOTH)},
    }


def _months(cells: figures.Cells, months: tuple[date, ...]) -> list[dict]:
    return [
        {"month": f"{month:%Y-%m}"}
        | {one: {sex: cells[one, "month", str(month), sex] for sex in SEXES} for one in ("ongoing", "started")}
        for month in reversed(months)
    ]


@cache
def _words(language: str) -> dict:
    return tomllib.loads((Path(__file__).parent / "locale" / f"{language}.toml").read_text(encoding="utf-8"))


@cache
def _template() -> jinja2.Template:
    page = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "page"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return page.get_template("statistics.html")
