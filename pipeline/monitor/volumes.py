"""Is tonight like other nights? Volumes, missing shares and drift, kept a file a night in monitor/."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from pipeline.errors import NightFailed
from pipeline.store.files import write_text_whole

NIGHTS = 8
SHIFTED = 0.25  # customary bound of the population stability index
FEWEST = 200  # values; of fewer the index is far from nought by chance
SCORES = ("p_90", "net_days_left")


def night_figures(features: pl.DataFrame, scores: pl.DataFrame, listed: int, as_of: date) -> dict:
    """Figures of one night, none of a person: counts, missing shares, quantiles of each number.

    `features` has one row an ongoing spell, `scores` the same spells' scores.
    """
    return {
        "as_of": as_of.isoformat(),
        "model": "; ".join(scores["model_version"].unique().sort()) if "model_version" in scores.columns else "",
        "ongoing": features.height,
        "eligible": int(scores["eligible"].sum()),
        "listed": listed,
        "p_90_mean": _mean(scores["p_90"]),
        "net_days_left_mean": _mean(scores["net_days_left"]),
        "preventable_days_mean": _mean(scores["preventable_days"]),
    } | distributions(features, scores)


def distributions(features: pl.DataFrame, scores: pl.DataFrame) -> dict:
    """Missing shares of the features, and deciles of their numbers and of the scores (SCORES): of a night, or of what a model learnt from."""
    numbers = [name for name, kind in features.schema.items() if kind.is_numeric() and name != "person_key"]
    texts = [name for name, kind in features.schema.items() if kind == pl.String and name != "spell_id"]
    return {
        "missing_share": {name: round(features[name].null_count() / max(features.height, 1), 4) for name in numbers + texts},
        "bins": {name: _bins(features[name]) for name in numbers} | {name: _bins(scores[name]) for name in SCORES},
    }


def stability_index(edges: list[float], shares: list[float], values: np.ndarray) -> float:
    """Population stability index of `values` against a reference night.

    edges: its different deciles; shares: of its values at or below the first edge, up to each next one, and above the
    last. values: numbers without missing. 0 = the same distribution; < 0.1 stable, > 0.25 shifted.
    Source: Yurdakul & Naranjo 2020, J Risk Model Valid 14(4).
    """
    floor = 1e-3  # an empty bin must not make the index infinite
    expected, found = np.maximum(shares, floor), np.maximum(bin_shares(edges, values), floor)
    return float(np.sum((found - expected) * np.log(found / expected)))


def bin_shares(edges: list[float], values: np.ndarray) -> np.ndarray:
    """(edges + 1,) share of values at or below the first edge, up to each next one, and above the last."""
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1) / max(len(values), 1)


def compare(figures: dict, earlier: list[dict], features: pl.DataFrame, scores: pl.DataFrame) -> list[dict]:
    """Alarms of tonight against the last nights, each with what to do next.

    earlier: figures of earlier nights, oldest first. Nothing is said before three nights are known.
    """
    alarms = []
    same_day = [one for one in earlier if _weekday(one) == _weekday(figures)][-NIGHTS:]
    past = same_day if len(same_day) >= 3 else earlier[-NIGHTS:]
    if len(past) < 3:
        return alarms
    usual = median(one["ongoing"] for one in past)
    if not 0.8 * usual <= figures["ongoing"] <= 1.25 * usual:
        alarms.append(_alarm("ongoing", f"{figures['ongoing']} ongoing spells, usually {usual:g}", "look for a missing or doubled extract"))
    for name, share in figures["missing_share"].items():
        before = [one["missing_share"][name] for one in past if name in one["missing_share"]]
        if before and share - median(before) > 0.1:
            alarms.append(_alarm(name, f"{share:.0%} missing, usually {median(before):.0%}", "ask the sender about this column"))
    last = past[-1]
    for name, index in _shifted(last.get("bins", {}), features, scores).items():
        if name not in SCORES:
            alarms.append(_alarm(name, f"stability index {index:.2f}", "look at the column's coding, then at the model's calibration"))
        elif last.get("model") == figures["model"]:  # another model's scores are others
            alarms.append(_alarm(name, f"stability index {index:.2f}: scores moved overnight", "see which features moved; hold the lists until it is known why"))
    return alarms


def compare_with_learnt(reference: dict, features: pl.DataFrame, scores: pl.DataFrame) -> list[dict]:
    """Alarms of tonight against what the model in use learnt from: a drift too slow to show from one night to the next.

    reference: `distributions` of its last year's moments, and `until`, the last of them; {} for a model that learnt from no data of the region.
    """
    then = f"since the model learnt (moments until {reference.get('until')})"
    step = "see whether the column is coded as it was; if the patients have changed, `rehabrisk train`, read the card, promote"
    alarms = [
        _alarm(name, f"{features[name].null_count() / max(features.height, 1):.0%} missing, {share:.0%} {then}", step)
        for name, share in reference.get("missing_share", {}).items()
        if name in features.columns and features[name].null_count() / max(features.height, 1) - share > 0.1
    ]
    return alarms + [
        _alarm(name, f"stability index {index:.2f} {then}", step) for name, index in _shifted(reference.get("bins", {}), features, scores).items()
    ]


def _shifted(bins: dict, features: pl.DataFrame, scores: pl.DataFrame) -> dict[str, float]:
    """Feature or score -> its stability index, where above SHIFTED."""
    found = {}
    for name, reference in bins.items():
        frame = scores if name in SCORES else features
        if not reference or name not in frame.columns:
            continue
        values = frame[name].drop_nulls().to_numpy().astype(float)
        if len(values) >= FEWEST and (index := stability_index(reference["edges"], reference["shares"], values)) > SHIFTED:
            found[name] = index
    return found


def refuse_a_fall(folder: Path, as_of: date, ongoing: int, fewest_share: float) -> None:
    """Stop the night, before any list is written, when far fewer spells are ongoing than lately.

    Compared with the median of the nights of the last 40 days; nothing is said before three are known.
    """
    lately = [
        one["ongoing"]
        for one in earlier_nights(folder, as_of)
        if (as_of - date.fromisoformat(one["as_of"])).days <= 40
    ]
    if len(lately) >= 3 and ongoing < fewest_share * median(lately):
        raise NightFailed(
            f"only {ongoing} ongoing spells, lately {median(lately):g}: an extract is missing or cut short",
            remedy="look at the deliveries; if it is true, lower monitor.fewest_ongoing_share in region.toml",
        )


def keep(folder: Path, figures: dict, alarms: list[dict]) -> Path:
    """Write monitor/<as_of>.json."""
    text = json.dumps({**figures, "alarms": alarms}, indent=1, ensure_ascii=False)
    return write_text_whole(folder / f"{figures['as_of']}.json", text + "\n")


def earlier_nights(folder: Path, before: date) -> list[dict]:
    """Figures of nights before `before`, oldest first."""
    nights = sorted(one for one in folder.glob("????-??-??.json") if one.stem < before.isoformat())
    return [json.loads(one.read_text(encoding="utf-8")) for one in nights[-60:]]


def _alarm(what: str, seen: str, next_step: str) -> dict:
    return {"what": what, "seen": seen, "next_step": next_step}


def _weekday(figures: dict) -> int:
    return date.fromisoformat(figures["as_of"]).weekday()


def _mean(values: pl.Series) -> float | None:
    return None if values.len() == 0 else round(float(values.mean()), 4)


def _bins(values: pl.Series) -> dict | None:
    present = values.drop_nulls()
    if present.len() < 50:  # quantiles of few persons would describe persons
        return None
    edges = sorted({float(present.quantile(at / 10)) for at in range(1, 10)})
    # most numbers are counts and degrees: their deciles tie, and only counting says how many lie at each
    shares = bin_shares(edges, present.to_numpy().astype(float))
    return {"edges": edges, "shares": [round(float(one), 4) for one in shares]}
