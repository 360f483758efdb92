"""The secondary outcomes, each by the estimator that its kind asks for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
from scipy import stats

from models.effects.difference import mean_difference
from models.effects.negative_binomial import negative_binomial
from models.effects.recurrent import mean_cumulative
from models.effects.result import Effect, Term
from pipeline.evaluate import arrays, primary, returning
from pipeline.evaluate.data import Data
from pipeline.evaluate.disclosure import counts_someone, part_of, spaced
from pipeline.evaluate.numbers import (
    decimals_of,
    decimals_of_counts,
    exponentiated,
    figures,
    mean_and_sd,
    number,
    rounded,
)
from pipeline.evaluate.protocol import Protocol

KEYS = ["person_key", "as_of"]
WEIGHT = "_weight"  # what the adjustment gives each row; rows it leaves out are gone


def all_of(data: Data, protocol: Protocol, main: primary.Estimate) -> dict:
    """One entry an outcome that the protocol names, in its order."""
    whole, data = data, _kept(data)
    made: dict = {}
    for name in protocol.outcomes.secondary:
        if name == "return":
            made[name] = returning.of(whole.frame, protocol, whole.weights)
        elif name == "degree":
            made[name] = degree(data, protocol)
        elif name == "relapse":
            made[name] = relapse(data, protocol)
        elif name == "questionnaire":
            made[name] = questionnaire(data, protocol)
        elif name == "visits":
            made[name] = visits(data.frame, protocol)
        elif name == "cost":
            made[name] = cost(main, protocol)
    return made


def _kept(data: Data) -> Data:
    """The rows that the adjustment keeps, each with its weight: what follows is to be of the same comparison."""
    w = np.ones(data.frame.height) if data.weights is None else data.weights
    return replace(data, frame=data.frame.with_columns(pl.Series(WEIGHT, w)).filter(pl.col(WEIGHT) > 0))


def _difference(y: np.ndarray, part: pl.DataFrame, protocol: Protocol) -> Effect:
    w = part[WEIGHT].to_numpy()
    return mean_difference(y, arrays.treated(part), cluster=arrays.clusters(part, protocol), weights=None if np.allclose(w, 1) else w)


def _for_the_lost(frame: pl.DataFrame, seen: np.ndarray, names: tuple[str, ...]) -> pl.DataFrame:
    """The rows seen, weighted by one over their chance to be seen besides what the adjustment gives them."""
    weight = frame[WEIGHT].to_numpy() * arrays.loss_weights(frame, seen, names)
    return frame.with_columns(pl.Series(WEIGHT, weight)).filter(pl.Series(seen))


def degree(data: Data, protocol: Protocol) -> dict:
    """Mean degree in each month of 30 days around time zero, by arm; and how much more it fell in the treated arm."""
    rows = []
    whole = data.frame.select(*KEYS, "treated", WEIGHT, *_cluster_column(protocol))
    joined = data.months.join(whole, on=KEYS, how="inner").sort("month", *KEYS)
    for (month,), part in joined.group_by("month", maintain_order=True):
        a = arrays.treated(part)
        if min((a == 1).sum(), (a == 0).sum()) < max(protocol.smallest_cell, 2):
            continue
        y = part["degree_percent"].to_numpy()
        if any(counts_someone(y[a == value], protocol.smallest_cell) for value in (0.0, 1.0)):
            continue
        row: dict = {"month": int(month)}
        for arm, value in (("control", 0.0), ("treated", 1.0)):
            row[arm] = _mean_of(y[a == value], part[WEIGHT].to_numpy()[a == value])
        row["difference"] = number(_difference(y, part, protocol))
        rows.append(row)
    return {"months": rows, "fall": _fall(joined, protocol)}


def _mean_of(mine: np.ndarray, w: np.ndarray) -> dict:
    mean = float(np.average(mine, weights=w))
    se = math.sqrt(float(w**2 @ (mine - mean) ** 2)) / float(w.sum())
    ends = {"mean": mean, "ci_low": mean - 1.96 * se, "ci_high": mean + 1.96 * se}
    return {name: rounded(value, decimals_of(se)) for name, value in ends.items()}


def _fall(joined: pl.DataFrame, protocol: Protocol) -> dict | None:
    """Difference in differences: each person's mean degree after time zero less before, by arm."""
    side = joined.with_columns(after=pl.col("month") >= 0).group_by(*KEYS, "after", "treated", WEIGHT, *_cluster_column(protocol)).agg(
        pl.col("degree_percent").mean()
    )  # fmt: skip
    wide = side.filter("after").join(side.filter(~pl.col("after")), on=KEYS, how="inner", suffix="_before").sort(KEYS)
    if not wide.height:
        return None
    change = (wide["degree_percent"] - wide["degree_percent_before"]).to_numpy()
    return number(_difference(change, wide, protocol))


def relapse(data: Data, protocol: Protocol) -> dict:
    """Sick leave that began again within the follow-up: share with any, mean number; those followed throughout stand for the lost."""
    counted = data.relapses.group_by(KEYS).len("again")
    frame = data.frame.join(counted, on=KEYS, how="left", maintain_order="left")
    frame = _for_the_lost(frame, (frame["outcome_seen"] == "whole").to_numpy(), protocol.adjust.covariates)
    times = frame["again"].fill_null(0).to_numpy().astype(float)
    share, mean = _difference(100.0 * (times > 0), frame, protocol), _difference(times, frame, protocol)
    a = arrays.treated(frame)
    few = any(counts_someone(times[a == value] > 0, protocol.smallest_cell) for value in (0.0, 1.0))
    return {
        "share": None if few else _told(share, 100.0 * (times > 0), a), "number": None if few else _told(mean, times, a),
        "curve": [] if few else _again_curve(data, protocol),
    }  # fmt: skip


def _again_curve(data: Data, protocol: Protocol) -> list[dict]:
    """Mean number of new spells by day and arm, errors by person: those who died are followed, without new spells."""
    frame = data.frame.filter(pl.col("followed_days") > 0)
    again = data.relapses.join(frame.select(*KEYS), on=KEYS, how="semi").select(*KEYS, pl.col("after_days").alias("end"), event=pl.lit(1))
    ends = frame.select(*KEYS, pl.col("followed_days").alias("end").cast(again.schema["end"]), event=pl.lit(0))
    # stretches of a person: from one new spell to the next, and from the last to the end of follow-up
    rows = pl.concat([again, ends]).sort(*KEYS, "end", "event", descending=[False, False, False, True])
    rows = rows.with_columns(entry=pl.col("end").shift(1).over(KEYS).fill_null(0)).filter(pl.col("end") > pl.col("entry"))
    rows = rows.join(frame.select(*KEYS, "treated", WEIGHT), on=KEYS, how="left", maintain_order="left")
    made = []
    for arm, value in (("control", 0.0), ("treated", 1.0)):
        part, followed = rows.filter(pl.col("treated") == value), frame.filter(pl.col("treated") == value)["followed_days"].to_numpy()
        made.append({"arm": arm, "day": 0, "value": 0.0, "ci_low": 0.0, "ci_high": 0.0})
        times = [float(day) for day in range(14, protocol.follow_up.days + 1, 14) if (followed >= day).sum() >= protocol.smallest_cell]
        if not times or not part["event"].sum():
            continue
        found = mean_cumulative(
            part["end"].to_numpy().astype(float), part["event"].to_numpy(), entry=part["entry"].to_numpy().astype(float),
            person=part.select(pl.struct(KEYS).rank("dense")).to_series().to_numpy(), times=times, weights=part[WEIGHT].to_numpy(),
        )  # fmt: skip
        told = spaced([0.0, *times], part.filter(pl.col("event") == 1)["end"].to_numpy(), protocol.smallest_cell)[1:]
        made += [{"arm": arm, "day": int(row["time"]), "value": rounded(row["mean"], 3), "ci_low": rounded(row["ci_low"], 3), "ci_high": rounded(row["ci_high"], 3)}
                 for row, show in zip(found.table, told, strict=True) if show]  # fmt: skip
    return made


def questionnaire(data: Data, protocol: Protocol) -> dict:
    """ANCOVA on the answer at time zero; an unknown one stands at the median, marked. Those who answered stand for the others."""
    asked = protocol.outcomes.questionnaire
    answers = data.answers.filter((pl.col("instrument") == asked.instrument) & (pl.col("item") == asked.item))
    frame = data.frame
    for month, name in ((0, "answer_before"), (asked.month, "answer_after")):
        part = answers.filter(pl.col("month") == month).select(*KEYS, pl.col("value").alias(name))
        frame = frame.join(part, on=KEYS, how="left", maintain_order="left")
    names = ("answer_before", *protocol.adjust.covariates)
    kept = _for_the_lost(frame, frame["answer_after"].is_not_null().to_numpy(), names)
    a = arrays.treated(kept)
    counts = {"treated": int((a == 1).sum()), "control": int((a == 0).sum())}
    everyone = arrays.treated(frame)
    shown = part_of(tuple(counts.values()), (int((everyone == 1).sum()), int((everyone == 0).sum())), protocol.smallest_cell)
    if min(counts.values()) < max(protocol.smallest_cell, 10):
        return {"too_few": True, "name": vars(asked.name), "month": asked.month}
    found = primary.of_values(kept, kept["answer_after"].to_numpy(), kept[WEIGHT].to_numpy(), protocol, "ancova", names)
    means = _told(_difference(kept["answer_after"].to_numpy(), kept, protocol), kept["answer_after"].to_numpy(), a)
    before = {arm: kept.filter(pl.col("treated") == v)["answer_before"].drop_nulls().to_numpy() for arm, v in (("control", 0.0), ("treated", 1.0))}
    return {
        "name": vars(asked.name), "month": asked.month, "answered": {"treated": shown[0], "control": shown[1]}, "higher_is_better": asked.higher_is_better,
        **number(found.effect), "control": means["control"], "treated": means["treated"],
        "before": {arm: mean_and_sd(x)["mean"] if len(x) >= protocol.smallest_cell else None for arm, x in before.items()},
    }  # fmt: skip


def visits(frame: pl.DataFrame, protocol: Protocol) -> dict:
    """Visits, calls and video to care within the follow-up, the coordinator's own left out: ratio of rates."""
    kept = frame.filter(pl.col("followed_days") > 0)
    days = kept["followed_days"].to_numpy().astype(float)
    counts = kept["visits_count"].to_numpy().astype(float)
    a = arrays.treated(kept)
    cluster = arrays.clusters(kept, protocol)
    inside = cluster is not None and all(0 < a[cluster == one].mean() < 1 for one in np.unique(cluster))
    names = (*protocol.adjust.covariates, *_cluster_column(protocol)) if inside else protocol.adjust.covariates
    # few clusters make a sandwich too thin: where both arms are in each, clusters have a level each instead
    found = negative_binomial(
        counts, arrays.design_of(kept, names), exposure=days, cluster=np.arange(len(a)) if inside else cluster,
        weights=kept[WEIGHT].to_numpy(), of="treated",
    )
    w = kept[WEIGHT].to_numpy()
    rates = {arm: figures(float(365 * (w * counts)[a == v].sum() / (w * days)[a == v].sum())) for arm, v in (("control", 0.0), ("treated", 1.0))}
    return exponentiated(found) | {"a_year": rates}


def cost(main: primary.Estimate, protocol: Protocol) -> dict:
    """Net saving a person: the days saved at a day's value, less what the support cost; and how sure a gain is.

    The cost of support and a day's value are taken as known, so the interval is that of the days.
    """
    told, effect = protocol.outcomes, main.effect
    spread = stats.norm if effect.df is None else stats.t(effect.df)

    def net(value: float) -> tuple[Term, float | None]:
        saved, se = -effect.estimate * value - told.support_cost, effect.se * value
        reach = float(spread.ppf(0.975)) * se
        sure = float(spread.cdf(saved / se)) if se > 0 else None
        return Term(saved, se, saved - reach, saved + reach, math.nan, effect.df), sure

    chosen, sure = net(told.day_value)
    most = 2 * told.day_value or 2000.0
    curve = [(value, *net(value)) for value in np.linspace(0, most, 81).tolist()]
    return {
        **number(chosen), "sure": figures(sure), "day_value": told.day_value, "support_cost": told.support_cost, "currency": told.currency,
        "breaks_even_at": figures(-told.support_cost / effect.estimate) if effect.estimate < 0 else None,
        "curve": [
            {"day_value": value, "net_benefit": row["estimate"], "ci_low": row["ci_low"], "ci_high": row["ci_high"], "sure": figures(chance)}
            for value, term, chance in curve
            for row in (number(term),)
        ],
    }  # fmt: skip


def _told(found: Effect, values: np.ndarray, a: np.ndarray) -> dict:
    """A difference in means and the arms' own, in decimals at which they do not tell how many persons they are of."""
    places = min(decimals_of(found.se), *(decimals_of_counts(values[a == arm]) for arm in (0.0, 1.0)))
    arms = {arm: rounded(row["mean"], places) for arm, row in zip(("control", "treated"), found.table, strict=True)}
    return number(found, places) | arms | {"decimals": max(places, 0)}


def _cluster_column(protocol: Protocol) -> list[str]:
    return [protocol.clusters] if protocol.clusters else []
