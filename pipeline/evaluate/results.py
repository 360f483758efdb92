"""A study's results: everything the report says, as one object of plain numbers and words."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

import numpy as np
import polars as pl

from pipeline.evaluate import (
    arrays,
    attrition,
    balance,
    falsification,
    observational,
    planning,
    primary,
    registered,
    secondary,
    sensitivity,
    stepped,
    subgroups,
    targeting,
    verdict,
)
from pipeline.evaluate.data import Data
from pipeline.evaluate.disclosure import part_of, shown_flow, shown_steps
from pipeline.evaluate.numbers import number
from pipeline.evaluate.protocol import Protocol, Words
from pipeline.evaluate.protocol_file import Read
from pipeline.evaluate.published import comparison
from pipeline.evaluate.sentences import digits_of

LIBRARIES = ("numpy", "scipy", "polars", "duckdb", "scikit-learn", "lifelines", "matplotlib")


def planned(data: Data, read: Read, versions: dict, history: list[dict]) -> dict:
    """What can be said before any outcome is read."""
    protocol = read.protocol
    return _head("plan", data, read, versions, history) | {
        "table_one": balance.table_one(data.frame, protocol),
        "balance": _balance(data, protocol),
        "power": planning.power(data.frame, protocol),
    }


def studied(data: Data, read: Read, versions: dict, history: list[dict]) -> dict:
    """The whole study."""
    protocol = read.protocol
    data = replace(data, weights=_weights(data.frame, protocol))
    main = primary.estimate(data.frame, protocol)
    made = _head("study", data, read, versions, history) | {
        "table_one": balance.table_one(data.frame, protocol),
        "balance": _balance(data, protocol),
        "power": planning.power(data.frame, protocol),
        "means": primary.means(data.frame, protocol, data.weights),
        "crude": number(primary.crude(data.frame, protocol)),
        "primary": main.as_json(),
        "few_clusters": primary.few_cluster_checks(data.frame, protocol),
        "secondary": secondary.all_of(data, protocol, main),
        "subgroups": subgroups.all_of(data.frame, protocol),
        "targeting": targeting.of(data.frame, protocol),
        "sensitivity": sensitivity.all_of(data, protocol, main),
        "stepped": stepped.of(data.frame, protocol),
    }
    treated, control, both = _seen(made, data, protocol)
    for row in made["means"]:
        row["n"] = treated if row["arm"] == "treated" else control
    if protocol.adjust.method == "match":
        made["primary"]["n"] = _matched_and_seen(made, data, protocol)
    elif protocol.adjust.method != "staggered":  # which counts units
        made["primary"]["n"] = both
    made["falsification"] = falsification.all_of(data, protocol, main, made["stepped"])
    made["per_hundred"] = _per_hundred(made) if protocol.outcomes.primary == "net_days" else None
    made["published"] = comparison(made, protocol)
    made["adjusted_means"] = _adjusted_means(made)
    made["verdict"] = verdict.of(made, protocol)
    return made


def _head(kind: str, data: Data, read: Read, versions: dict, history: list[dict]) -> dict:
    protocol = read.protocol
    frame = data.frame
    return {
        "kind": kind,
        "study": protocol.study,
        "title": _both(protocol.title),
        "question": _both(protocol.question),
        "notes": _both(protocol.notes),
        "arms": {
            "treated": _both(protocol.arms.treated), "control": _both(protocol.arms.control),
            "came_about": protocol.arms.came_about, "estimand": protocol.arms.estimand,
        },
        "outcome": {
            "name": _both(protocol.outcomes.name), "unit": _both(protocol.outcomes.unit),
            "lower_is_better": protocol.outcomes.lower_is_better, "days": protocol.follow_up.days,
        },
        "least_worthwhile": protocol.least_worthwhile,
        "smallest_cell": protocol.smallest_cell,
        "protocol": {
            "file": read.path.name, "sha256": read.sha256, "registered": protocol.registered.isoformat(),
            "status": registered.status(history, read.sha256), "history": history, "text": read.text,
            "seed": protocol.seed, "method": protocol.adjust.method, "covariates": list(protocol.adjust.covariates),
            "purpose": protocol.purpose, "approval": protocol.approval, "clusters": protocol.clusters,
        },
        "n": {
            "all": frame.height, "treated": int(frame["treated"].sum()), "control": int(frame.height - frame["treated"].sum()),
            "persons": frame["person_key"].n_unique() if "person_key" in frame.columns else frame.height,
            "clusters": frame[protocol.clusters].n_unique() if protocol.clusters in frame.columns else None,
            "treated_clusters": _treated_clusters(frame, protocol), "matched": _matched(data, protocol),
        },
        "flow": _flow(data, protocol),
        "delay_days": data.delay_days,
        "versions": versions | {name: version(name) for name in LIBRARIES},
    }  # fmt: skip


def _flow(data: Data, protocol: Protocol) -> dict:
    lines, last, smallest = data.flow, data.flow[-1], protocol.smallest_cell
    taken, found = shown_steps(lines[0].left, [line.taken for line in lines[1:]], smallest)
    made = {
        "found": found,
        "steps": [{"name": line.name, "taken": many} for line, many in zip(lines[1:], taken, strict=True)],
        "analysed": {"treated": last.treated, "control": last.control, "both": last.left, "clusters": last.clusters},
    }  # fmt: skip
    if "outcome_seen" in data.frame.columns:
        seen = attrition.followed(data.frame, protocol)
        rows = shown_flow([(line.treated, line.control) for line in seen], smallest)
        made["followed"] = [
            {"name": line.name, "treated": row[0], "control": row[1], "both": row[2]}
            for line, row in zip(seen, rows, strict=False)
        ]
    return made


def _seen(made: dict, data: Data, protocol: Protocol) -> tuple[int | None, int | None, int | None]:
    """(treated, control, both) whose primary outcome was seen whole, as far as it may be told."""
    if "followed" in made["flow"]:
        whole = made["flow"]["followed"][0]
        return whole["treated"], whole["control"], whole["both"]
    _, seen = arrays.outcome(data.frame, protocol)
    a = arrays.treated(data.frame)
    part, whole = (tuple(int((rows & (a == arm)).sum()) for arm in (1, 0)) for rows in (seen, np.ones_like(seen)))
    return part_of(part, whole, protocol.smallest_cell)


def _by_arm(frame: pl.DataFrame, rows: np.ndarray) -> tuple[int, int]:
    a = arrays.treated(frame)
    return int((rows & (a == 1)).sum()), int((rows & (a == 0)).sum())


def _matched(data: Data, protocol: Protocol) -> dict | None:
    """Who found a match, as far as it may be told; None where nobody is matched, or nothing matched yet."""
    if protocol.adjust.method != "match" or data.weights is None:
        return None
    everyone = np.ones(data.frame.height, dtype=bool)
    treated, control, both = part_of(_by_arm(data.frame, data.weights > 0), _by_arm(data.frame, everyone), protocol.smallest_cell)
    found = data.frame.filter(pl.Series(data.weights > 0))
    persons = found["person_key"].n_unique() if "person_key" in found.columns else found.height
    return {"treated": treated, "control": control, "both": both, "persons": None if None in (treated, control) else persons}


def _matched_and_seen(made: dict, data: Data, protocol: Protocol) -> int | None:
    """Of the matched those followed throughout; None where it would tell of few, or of few who found no match."""
    _, seen = arrays.outcome(data.frame, protocol)
    kept = data.weights > 0
    both = part_of(_by_arm(data.frame, kept & seen), _by_arm(data.frame, kept), protocol.smallest_cell)[2]
    return None if None in made["n"]["matched"].values() else both


def _treated_clusters(frame: pl.DataFrame, protocol: Protocol) -> int | None:
    if protocol.clusters not in frame.columns:
        return None
    return frame.filter(pl.col("treated") == 1)[protocol.clusters].n_unique()


def _per_hundred(made: dict) -> dict:
    told = made["primary"]["estimate"]
    return {name: None if told[name] is None else 100 * told[name] for name in ("estimate", "ci_low", "ci_high")}


def _adjusted_means(made: dict) -> dict | None:
    """The level expected without the intervention and the same with the estimate added, in the decimals of page one:
    both rounded first, so that what is drawn differs by what is said."""
    base, estimate = made["primary"]["control_mean"], made["primary"]["estimate"]["estimate"]
    if base is None or estimate is None or not np.isfinite(base):
        return None
    digits = digits_of(made)
    control = round(base, digits)
    return {"control": control, "treated": round(control + round(estimate, digits), digits)}


def _weights(frame: pl.DataFrame, protocol: Protocol) -> np.ndarray | None:
    if protocol.adjust.method not in ("ipw", "aipw", "match"):
        return None
    return observational.weights(frame, protocol)


def _balance(data: Data, protocol: Protocol) -> dict:
    weights = data.weights if data.weights is not None else _weights(data.frame, protocol)
    return vars(balance.love(data.frame, protocol, weights)) | {"limit": balance.LARGE, "weighted": weights is not None}


def _both(words: Words) -> dict[str, str]:
    return {"sv": words.sv, "en": words.en}
