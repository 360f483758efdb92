"""What the simulator knows and the pipeline must not: hazards, both outcomes of every spell, the effect on each.

Only tests, bench and certify read it. Files in HOME/truth:

- spells.parquet: one row a spell (also those that end after the delivery), in order of person and start.
- hazards.parquet: base cumulative hazard of ending by diagnosis and day of spell.
- study.parquet (study scenario): one row a patient, net days with and without support.
- faults.json: faults put in, by "table: rule". region.json: what was asked for.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.simulate.certificates import patient_ids
from pipeline.simulate.courses import coordinated_duration
from pipeline.simulate.figures import Figures
from pipeline.simulate.people import NEVER, People, iso
from pipeline.simulate.spells import Spells, net_days

YEAR = 365
SAVABLE_FROM = 21
ANSWERS = ["none", "accepted", "declined", "pending"]
CAUSES = ["", "ended", "death", "emigration", "disability"]


def hazards(figures: Figures) -> pl.DataFrame:
    """diagnosis (three characters), day (of spell), cumulative (base cumulative hazard at the end of that day)."""
    count, days = figures.cumulative.shape
    return pl.DataFrame(
        {
            "diagnosis": np.repeat(np.array(figures.names), days),
            "day": np.tile(np.arange(days, dtype=np.int32), count),
            "cumulative": figures.cumulative.ravel(),
        }
    )


def spell_rows(figures: Figures, people: People, spells: Spells) -> pl.DataFrame:
    """The truth of spells.

    log_hazard: log hazard ratio against hazards.parquet, `frailty` (recorded nowhere) included. effect: hazard
    ratio of coordination after `turned_day`. step_1_day, step_2_day: the last day of a degree. days_untreated / days_treated: length without and with the
    coordination that was given; days: what came of it, cut short by cause. net_days_*: within 365 days from the
    day of coordination (of enrolment in a study; null for others). saved_net_days: their difference.
    savable_net_days: what coordination from day 21 on would have saved this very spell within a year of it, given or
    not; null for spells over by then.
    """
    after = np.minimum(np.minimum(spells.coordinated, spells.offered + spells.study * 1), NEVER)
    asked = (spells.coordinated < NEVER) | spells.study
    day = np.where(asked, np.where(spells.study, spells.offered, after - 1), 0)
    without = net_days(spells, spells.untreated, day, day + YEAR)
    with_it = net_days(spells, spells.treated, day, day + YEAR, spells.turned)
    day_21 = np.full(len(spells), SAVABLE_FROM)
    diagnosis = figures.code_diagnosis[np.where(spells.long, spells.code, 0)]
    sooner = coordinated_duration(
        figures, diagnosis, spells.threshold / np.exp(spells.log_hazard), day_21, spells.effect
    )
    savable = net_days(spells, spells.untreated, day_21, day_21 + YEAR) - net_days(
        spells, sooner, day_21, day_21 + YEAR, day_21
    )
    lasts = pl.Series(spells.long & (spells.untreated > SAVABLE_FROM))
    texts = pl.Series([*figures.codes, *figures.short_codes])
    known = pl.Series(asked)
    step_1, step_2 = spells.steps(spells.treated, spells.turned)
    frame = pl.DataFrame(
        {
            "patient_id": patient_ids(people, spells.person),
            "person": people.index[spells.person],
            "start_date": iso(spells.start, NEVER),
            "end_date": iso(spells.end, NEVER),
            "days": spells.days.astype(np.int32),
            "cause": pl.Series(CAUSES).gather(spells.cause),
            "long": spells.long,
            "diagnosis": texts.gather(np.where(spells.long, spells.code, spells.code + len(figures.codes))),
            "log_hazard": spells.log_hazard,
            "frailty": spells.frailty,
            "prior_days": spells.prior_days.astype(np.int32),
            "degree": spells.degree.astype(np.int16),
            "degree_1": spells.degree_1.astype(np.int16),
            "degree_2": spells.degree_2.astype(np.int16),
            "step_1_day": step_1.astype(np.int32),
            "step_2_day": step_2.astype(np.int32),
            "effect": spells.effect,
            "answer": pl.Series(ANSWERS).gather(spells.answer),
            "offered_day": spells.offered.astype(np.int32),
            "coordinated_day": spells.coordinated.astype(np.int32),
            "turned_day": spells.turned.astype(np.int32),
            "days_untreated": spells.untreated.astype(np.int32),
            "days_treated": spells.treated.astype(np.int32),
            "net_days_untreated": without,
            "net_days_treated": with_it,
            "saved_net_days": without - with_it,
            "savable_net_days": savable,
        }
    )
    days = ("offered_day", "coordinated_day", "turned_day", "step_1_day", "step_2_day")
    net = ("net_days_untreated", "net_days_treated", "saved_net_days")
    return frame.with_columns(
        *(pl.when(pl.col(name) < NEVER).then(pl.col(name)).alias(name) for name in days),
        *(pl.when(known).then(pl.col(name)).alias(name) for name in net),
        pl.when(lasts).then("savable_net_days").alias("savable_net_days"),
    )


def _curves(spells: pl.DataFrame, table: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Base cumulative hazards (D, days) and each spell's row among them."""
    names = table["diagnosis"].unique(maintain_order=True).to_list()
    wide = table["cumulative"].to_numpy().reshape(len(names), -1)
    place = {name: k for k, name in enumerate(names)}
    return wide, np.array([place[code[:3]] for code in spells["diagnosis"]], dtype=int)


def passes(
    spells: pl.DataFrame, table: pl.DataFrame, from_day: np.ndarray, to_day: np.ndarray | int
) -> np.ndarray:
    """True P(T > to_day | T > from_day) of long spells; days of spell, from_day >= 14, arrays of their length.

    `spells` rows of spells.parquet, `table` hazards.parquet. Coordination counts if it bore by from_day (what is
    decided later cannot be known then).
    """
    wide, row = _curves(spells, table)
    last = wide.shape[1] - 1
    rise = wide[row, np.minimum(to_day, last)] - wide[row, np.minimum(from_day, last)]
    begun = (spells["turned_day"].fill_null(NEVER).to_numpy() <= from_day) & (rise > 0)
    ratio = np.where(begun, spells["effect"].to_numpy(), 1.0)
    return np.exp(-np.exp(spells["log_hazard"].to_numpy()) * ratio * np.maximum(rise, 0))


def expected_saving(
    spells: pl.DataFrame, table: pl.DataFrame, day: np.ndarray, within: int = YEAR
) -> np.ndarray:
    """True expected net days saved within `within` days if coordination began on the morrow of `day` of spell.

    The sum over days of (survival without - survival with) x the degree in force on `day`, length of `spells`.
    """
    wide, row = _curves(spells, table)
    ahead = np.minimum(day[:, None] + np.arange(within), wide.shape[1] - 1)
    rise = wide[row[:, None], ahead] - wide[row, np.minimum(day, wide.shape[1] - 1)][:, None]
    hazard = np.exp(spells["log_hazard"].to_numpy())[:, None] * rise
    one, two = (spells[name].fill_null(NEVER).to_numpy() for name in ("step_1_day", "step_2_day"))
    first, second, third = (spells[name].to_numpy() for name in ("degree", "degree_1", "degree_2"))
    degree = np.where(day <= one, first, np.where(day <= two, second, third))
    saved = np.exp(-hazard) - np.exp(-hazard * spells["effect"].to_numpy()[:, None])
    return saved.sum(axis=1) * degree / 100
