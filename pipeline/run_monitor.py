"""The last room of the night: is it like other nights, do units code as they did, have earlier chances come true?"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.monitor import model, volumes
from pipeline.monitor.coding import coding_alarms, coding_figures
from pipeline.monitor.matured import came_true, matured, matured_alarms
from pipeline.store.files import write_text_whole
from pipeline.train.card import Line, card_html


def watch(session) -> dict:
    """Make the night's figures and alarms; they are written with the night's results. session : pipeline.run.Session."""
    features = session.lake.read("features.spell_features")
    made = session.scores
    scores = pl.read_parquet(session.scores_folder / "scores.parquet") if made is None else made
    figures = volumes.night_figures(features, scores, session.lake.rows("worklist.entries"), session.as_of)
    earlier = volumes.earlier_nights(session.home.monitor, session.as_of)
    spells = session.lake.read("spells.spells", "person_key, start_date, end_date")
    persons = session.lake.read("ingest.persons", "person_key, sex, birth_month")
    figures["coding"] = coding_figures(features)
    figures["came_true"] = came_true(matured(session.home.scores, spells, persons, session.as_of))
    alarms = volumes.compare(figures, earlier, features) + coding_alarms(figures, earlier) + matured_alarms(figures["came_true"])
    alarms += model.alarms_of_night(session.home.models, scores)
    session.publishing.append(lambda: [volumes.keep(session.home.monitor, figures, alarms), _page(session.home.monitor, figures, earlier, alarms)])
    for one in alarms:
        session.console.note(f"  alarm: {one['what']}: {one['seen']} -> {one['next_step']}")
    return {"alarms": [f"{one['what']}: {one['seen']}" for one in alarms]}


def _page(folder: Path, figures: dict, earlier: list[dict], alarms: list[dict]) -> Path:
    """monitor/<as_of>.html: alarms, the last nights, and how earlier chances came true."""
    nights = [["night", "ongoing", "may be offered", "on lists", "mean chance of day 90", "mean net days left", "alarms"]]
    names = ("as_of", "ongoing", "eligible", "listed", "p_90_mean", "net_days_left_mean")
    shown = [figures | {"alarms": alarms}, *reversed(earlier[-14:])]
    nights += [[*("" if night[name] is None else night[name] for name in names), len(night["alarms"])] for night in shown]
    true = [["", "", "persons", "expected to pass day 90", "observed", "observed / expected", "AUC"]]
    for one in figures["came_true"]:
        if "persons" in one:
            three = ["" if one[name][0] is None else "{} ({}-{})".format(*one[name]) for name in ("observed_over_expected", "auc")]
            true.append([one["by"], one["cell"], one["persons"], one["expected"], one["observed"], *three])
        else:
            true.append([one["by"], one["cell"], f"fewer than {one['persons_fewer_than']}", "", "", "", ""])
    told = [["alarm", "seen", "next step"], *([one["what"], one["seen"], one["next_step"]] for one in alarms)]
    lines: list[Line] = [("title", f"Monitor, night of {figures['as_of']}"), ("head", "Alarms"), ("table", told) if alarms else ("text", "None.")]
    lines += [("head", "The last nights"), ("table", nights), ("head", "Have the chances come true?")]
    lines.append((
        "text",
        "Spells scored on an earlier night whose day 90 has come, with time for late certificates; a person counts once a month. By sex and age: "
        "the last three months. In brackets: 95 % intervals.",
    ))  # fmt: skip
    lines.append(("table", true) if len(true) > 1 else ("text", "No earlier night's day 90 has come yet."))
    return write_text_whole(folder / f"{figures['as_of']}.html", card_html(lines))
