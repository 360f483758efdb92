"""The order of rooms when a model is to be learnt: the night's own SQL, asked about days of the past."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import polars as pl

from models.risk import age_limit
from models.risk.fitted import FittedRisk
from models.risk.national import NationalRisk
from models.risk.srs import PublishedSRS
from pipeline.config.home import Home
from pipeline.config.region import Region
from pipeline.console import Console
from pipeline.errors import NightFailed, SettingsError
from pipeline.ingest import TABLES
from pipeline.leak_guard import refuse_what_sees_the_future
from pipeline.monitor.model import model_alarms
from pipeline.monitor.volumes import distributions
from pipeline.outcomes.delay import reporting_delay
from pipeline.run_order import FEATURE_TABLES
from pipeline.score.load import model_for, trained_on
from pipeline.spells.clean import make_clean_spells, make_spells
from pipeline.store.tables import Lake
from pipeline.train.artefact import promote
from pipeline.train.lists import Places
from pipeline.train.too_little import TooLittleData
from pipeline.train.training import OUTCOMES, Candidate, shipped, train

AGE_LIMIT_YEARS = age_limit.YEARS  # causes are kept apart from returns to work
GAP = "max_gap_days"
YEARS_BACK = 6
REFERENCE_MOMENTS = 5_000
MORE_THAN_KEPT = 3  # candidates drawn for each moment kept: days past 90 and a spell's many days are thinned
MOST_PERIODS = 2_000_000  # of the persons drawn, so that a large region's moments are made in bounded memory


def model_is_due(home: Home, region: Region, as_of: date) -> bool:
    """Whether a night at `as_of` learns: no model it may use, one of other spells, one too old, or national figures."""
    held = model_for(home, as_of)
    if held is None or held.meta.get(GAP, region.spells.max_gap_days) != region.spells.max_gap_days:
        return True
    age, every = (as_of - trained_on(held)).days, region.training.retrain_days
    # the shipped national figures give way as soon as the region's own past is long enough
    return (held.meta["kind"] == NationalRisk.kind and age > 0) or 0 < every <= age


def no_better_than_held(candidate: Candidate, home: Home, as_of: date) -> bool:
    """National figures again, where they are held already: not one more version each night."""
    held = model_for(home, as_of)
    return held is not None and candidate.meta["kind"] == held.meta["kind"] == NationalRisk.kind


def take_into_use(home: Home, region: Region, version: str, as_of: date, console: Console) -> dict:
    """Promote what the night itself has trained, unless its figures are too good to be true: then the model in use stays.

    Returns what the night's record says of it. Raises NightFailed: a leak is suspected, and there is no other model to go on with.
    """
    suspected = warn_of_leak(home, version, console)
    if not suspected:
        promote(home, version, as_of)
        return {}
    held = model_for(home, as_of)
    if held is None or held.meta.get(GAP, region.spells.max_gap_days) != region.spells.max_gap_days:
        raise NightFailed(
            f"model {version} may see the future and is not taken into use by itself: {suspected}; no list was made, for there is no other model",
            remedy=f"read `rehabrisk card --version {version}`; look for a feature that is written down, or changed, after the day it is of "
            f"and mend it or its extract; if there is none, `rehabrisk promote {version}`; then `rehabrisk nightly`",
        )
    console.note(f"  {version} is not taken into use; {held.version} stays")
    return {"not_promoted": f"{version}: {suspected}"}


def warn_of_leak(home: Home, version: str, console: Console) -> str:
    """Tell what a model's card warns of. Returns the warning, "" for none."""
    warned = model_alarms(home.models, version)
    for one in warned:
        console.error(NightFailed(f"model {version} may see the future: {one['seen']}", remedy=one["next_step"]))
    return "; ".join(one["seen"] for one in warned)


def learn(
    con: duckdb.DuckDBPyConnection, night: Lake, home: Home, region: Region, as_of: date, code: str, console: Console
) -> Candidate:
    """Train on the region's past. With too little of it the shipped model of national figures is the candidate."""
    srs = published_srs(home, region)
    console.note("  learning from past moments: the longest part of a first night, minutes for a whole region")
    frame, until = past_moments(con, night, region, as_of, console.note)
    try:
        places = unit_places(con, night, region, as_of)
        found = train(frame, region.training, as_of, until, code, region.training.seed, srs, lambda step: console.note(f"  {step}"), places)
        found.meta["reporting_delay"] = reporting_delay(con, as_of).in_words()
        found.meta[GAP] = region.spells.max_gap_days  # spells joined over other gaps are other spells
        found.validation["reference"] = reference_of(found.risk, frame)
        return found
    except TooLittleData as why:
        console.note(f"  too little of the region's own past ({why.what}): the model of national figures is used")
        return shipped(as_of, code, why.what)


def reference_of(risk: FittedRisk, frame: pl.DataFrame) -> dict:
    """What later nights are set beside (pipeline/monitor/volumes.py): the last year's moments, drawn as nights would have met them."""
    until = frame["as_of"].max()
    recent = frame.filter(pl.col("as_of") > until - timedelta(days=365)).drop(OUTCOMES, strict=False)
    drawn = recent.sort("person_key", "as_of").sample(min(recent.height, REFERENCE_MOMENTS), seed=1, shuffle=True)
    outlook = risk.outlook(drawn)
    scores = pl.DataFrame({"p_90": outlook.passes[:, 0], "net_days_left": outlook.net_days})
    return {"until": until.isoformat()} | distributions(drawn, scores)


def unit_places(con: duckdb.DuckDBPyConnection, night: Lake, region: Region, as_of: date) -> Places:
    """The places of each unit's list, and the share of all days of ongoing spells that `past_moments` drew."""
    rules = region.worklist
    *_, person_share, day_share = what_to_draw(con, as_of, _wanted(night, region))
    own = con.execute("select unit_id, capacity_per_week from ingest.units where capacity_per_week is not null order by unit_id").fetchall()
    weeks = rules.weeks_capacity
    return Places(rules.default_capacity * weeks, {unit: float(each) * weeks for unit, each in own}, person_share * day_share)


def _wanted(night: Lake, region: Region) -> int:
    return min(region.training.max_moments, region.training.per_spell * night.rows("spells.spells"))


def published_srs(home: Home, region: Region) -> PublishedSRS | None:
    """The SRS models of the file that region.toml names. Raises SettingsError: it is not there, or cannot be used."""
    if not region.training.srs_file:
        return None
    file = home.path / region.training.srs_file
    try:
        return PublishedSRS(json.loads(file.read_text(encoding="utf-8")), region.training.srs_region)
    except (OSError, ValueError, AttributeError) as why:
        wrong = "which is not there" if isinstance(why, OSError) else f"which cannot be used: {why}"
        raise SettingsError(
            f"{home.region_file}: training.srs_file names {file}, {wrong}",
            remedy="put the models' JSON there (models/risk/README.md), or leave the setting blank",
        ) from None


def past_moments(
    con: duckdb.DuckDBPyConnection, night: Lake, region: Region, as_of: date, note: Callable[[str], None] = lambda _: None
) -> tuple[pl.DataFrame, date]:
    """Moments of the past with their features and outcomes, and the last day whose outcomes are known.

    Tables go to <lake>/training.
    """
    delay = reporting_delay(con, as_of)
    note(f"  {delay.in_words()}")
    rules = region.spells
    lake = Lake(con, night.root / "training", night.ledger, night.gate)
    final = Lake(con, night.root / "training" / "final", night.ledger, night.gate)
    first, last, person_share, day_share = what_to_draw(con, as_of, _wanted(night, region))
    lake.run("moments.training", first=first, last=last, person_share=person_share, day_share=day_share)
    lake.run("moments.final", cut=as_of)
    lake.view("moments.asked", lake.file("moments.final"))
    make_clean_spells(final, rules.max_gap_days)
    lake.view("spells.final_segments", final.file("spells.certificate_segments"))
    lake.view("spells.final_spells", final.file("spells.spells"))
    lake.view("moments.asked", lake.file("moments.training"))
    make_spells(lake, rules.max_gap_days, days_since_end=0)
    for table in FEATURE_TABLES:
        lake.run(table)
    compared = refuse_what_sees_the_future(night, lake, tuple(table for table in TABLES if night.file(table).is_file()), rules.max_gap_days)
    note(f"  features of {compared} past moments are the same from what was known by then")
    lake.run(
        "outcomes.remaining",
        cut=as_of, delay_days=delay.days, max_gap_days=rules.max_gap_days, age_limit_years=AGE_LIMIT_YEARS,
    )  # fmt: skip
    frame = lake.read(
        "features.spell_features inner join outcomes.remaining using (person_key, as_of) order by spell_id, as_of"
    )
    return frame, delay.last_day(as_of, rules.max_gap_days)


def what_to_draw(con: duckdb.DuckDBPyConnection, as_of: date, wanted: int) -> tuple[date, date, float, float]:
    """First and last day to ask about, share of persons, share of their certified days.

    The first quarter of the history (at most a year) is left for looking back on.
    """
    begins, periods, days = con.execute(
        """
        select min(known_from), count(*), sum(date_diff('day', start_date, end_date) + 1)
        from ingest.certificate_periods
        where known_from <= $1 and start_date > $1 - $2
        """,
        [as_of, 365 * YEARS_BACK],
    ).fetchall()[0]
    begins = max(begins or as_of, as_of - timedelta(days=365 * YEARS_BACK))
    first = begins + timedelta(days=min(365, (as_of - begins).days // 4))
    person_share = min(1.0, MOST_PERIODS / max(periods, 1))
    day_share = min(1.0, MORE_THAN_KEPT * wanted / max(float(days or 0) * person_share, 1.0))
    return first, as_of - timedelta(days=1), round(person_share, 6), round(day_share, 6)
