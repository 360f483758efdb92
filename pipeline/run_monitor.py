"""The last room of the night: is it like other nights, do units code as they did, have earlier chances come true?"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.monitor import model, volumes
from pipeline.monitor.coding import coding_alarms, coding_figures
from pipeline.monitor.matured import CELL_LEVEL, came_true, matured, matured_alarms, scored_before
from pipeline.outcomes.delay import ReportingDelay, reporting_delay
from pipeline.run_training import AGE_LIMIT_YEARS
from pipeline.store.files import write_text_whole
from pipeline.store.tables import Lake
from pipeline.train.card import Line, card_html


def watch(session) -> dict:
    """Make the night's figures and alarms; they are written with the night's results. session : pipeline.run.Session."""
    features = session.lake.read("features.spell_features")
    made = session.scores
    scores = pl.read_parquet(session.scores_folder / "scores.parquet") if made is None else made
    figures = volumes.night_figures(features, scores, session.lake.rows("worklist.entries"), session.as_of)
    earlier = volumes.earlier_nights(session.home.monitor, session.as_of)
    delay = reporting_delay(session.con, session.as_of)
    figures["coding"] = coding_figures(features)
    figures["came_true"] = came_true(_matured(session, delay))
    figures["reporting_delay"] = delay.in_words()
    alarms = volumes.compare(figures, earlier, features, scores) + coding_alarms(figures, earlier) + matured_alarms(figures["came_true"])
    for version in scores["model_version"].unique().sort():
        alarms += volumes.compare_with_learnt(model.reference(session.home.models, version), features, scores)
    alarms += model.alarms_of_night(session.home.models, scores)
    if delay.is_cut:
        alarms.append({"what": "reporting delay", "seen": delay.in_words(), "next_step": "ask the sender; outcomes are judged too early until then"})
    session.publishing.append(lambda: [volumes.keep(session.home.monitor, figures, alarms), _page(session.home.monitor, figures, earlier, alarms)])
    for one in alarms:
        session.console.note(f"  alarm: {one['what']}: {one['seen']} -> {one['next_step']}")
    return {"alarms": [f"{one['what']}: {one['seen']}" for one in alarms]}


def _matured(session, delay: ReportingDelay) -> pl.DataFrame:
    """What became of the spells of earlier nights, by the rule that training learns from, exits and all."""
    gap = session.region.spells.max_gap_days
    asked = scored_before(session.home.scores, session.as_of, delay.last_day(session.as_of, gap))
    lake = Lake(session.con, session.home.tmp / "matured")
    lake.write("spells.ongoing", asked.select("person_key", "as_of", ongoing=pl.lit(True)))
    lake.view("spells.final_spells", session.lake.file("spells.spells"))
    lake.view("spells.final_segments", session.lake.file("spells.certificate_segments"))
    lake.run("outcomes.remaining", cut=session.as_of, delay_days=delay.days, max_gap_days=gap, age_limit_years=AGE_LIMIT_YEARS)
    session.lake.view("spells.ongoing")
    persons = session.lake.read("ingest.persons", "person_key, sex, birth_month")
    return matured(asked, lake.read("outcomes.remaining", "person_key, as_of, duration_days"), persons)


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
        f"the last three months. In brackets: 95 % intervals, of a cell of sex or age {CELL_LEVEL:.1%}. {figures['reporting_delay']}.",
    ))  # fmt: skip
    lines.append(("table", true) if len(true) > 1 else ("text", "No earlier night's day 90 has come yet."))
    return write_text_whole(folder / f"{figures['as_of']}.html", card_html(lines))
