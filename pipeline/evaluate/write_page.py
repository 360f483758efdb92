"""The report as one page: nothing is fetched from elsewhere, and it runs no script."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from pipeline.evaluate.figures import LOOK
from pipeline.evaluate.sentences import digits_of, sentences
from pipeline.evaluate.words import Speech


def page(results: dict, figures: dict[str, Figure], say: Speech) -> str:
    """HTML of a study or a plan, from the content of results.json; all text is escaped."""
    return _template().render(
        r=results, s=sentences(results, say) | {"table_one": _table_one(results, say)}, say=say, num=say.number, p=say.p,
        interval=say.interval, digits=digits_of(results), figures={name: _inlined(one) for name, one in figures.items()},
        arm1=say.both(results["arms"]["treated"]), arm0=say.both(results["arms"]["control"]),
    )  # fmt: skip


def _inlined(figure: Figure) -> Markup:
    """The figure inside the page, where the element around it has the name for those who cannot see it."""
    return Markup(svg(figure).replace("<svg ", '<svg aria-hidden="true" ', 1))


def svg(figure: Figure) -> str:
    """The figure as SVG without the head of a file, its date or its fixed size."""
    text = io.StringIO()
    with plt.rc_context(LOOK):  # its salt makes the ids of a figure's parts the same each time
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight", pad_inches=0.05)
    inner = text.getvalue()
    inner = inner[inner.index("<svg") :]
    inner = re.sub(r"<metadata>.*?</metadata>", "", inner, flags=re.S)
    return re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", inner, count=1)


@cache
def _template() -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "page"), autoescape=True, undefined=jinja2.ChainableUndefined
    ).get_template("report.html")


def _table_one(results: dict, say: Speech) -> list[dict]:
    rows: list[dict] = []
    heads: set[str] = set()
    hidden = say("hidden")
    for row in results["table_one"]:
        smd = "" if row["smd"] is None else say.number(row["smd"], 2)
        if row["level"] is None:
            cells = {
                arm: "{} ({})".format(*(say.number(row[arm][part], 1 if row[arm]["sd"] >= 1 else 2) for part in ("mean", "sd"))) if row[arm] else hidden
                for arm in ("treated", "control")
            }
            rows.append({"name": f"{say.column(row['name'])}, {say('table.mean_sd')}", **cells, "smd": smd})
            if row["unknown"]:
                unknown = {arm: say.number(row["unknown"][arm]) for arm in ("treated", "control")}
                rows.append({"name": say("table.unknown_row"), "inside": True, **unknown, "smd": ""})
            continue
        if row["name"] not in heads:
            heads.add(row["name"])
            rows.append({"name": f"{say.column(row['name'])}, n (%)", "group": True, "treated": "", "control": "", "smd": ""})
        cells = {
            arm: f"{say.number(row[arm]['n'])} ({say.number(row[arm]['percent'])})" if row[arm] else hidden
            for arm in ("treated", "control")
        }
        rows.append({"name": say.level(row["name"], row["level"]), "inside": True, **cells, "smd": smd})
    return rows
