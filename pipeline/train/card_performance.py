"""The model card's figures of performance: the choice, the comparison, lists and groups, in words and tables."""

from __future__ import annotations

import math

from models.risk.national import NationalRisk
from pipeline.train.plots_of_model import drawings
from pipeline.train.validation import FEWEST_CURVE, FEWEST_EACH

Line = tuple[str, object]

NAMES = {
    "discrete_time_hazard": "boosted discrete-time hazard",
    "cox": "landmark Cox",
    "kaplan_meier": "Kaplan-Meier by day band and target group",
    NationalRisk.kind: "published national figures",
    "by_lot": "names drawn by lot",
    "certified": "the certified end taken for the end",
    "srs": "published SRS v3, S(90) / S(day)",
    "srs_certified": "published SRS v3, the certified end taken as reached",
}
ANCHOR = (
    "For scale: from the start of a spell, register models reach an AUC of 0.59-0.65 for passing day 90 within a "
    "diagnosis and about 0.68 over diagnoses; the patient's own guess reached 0.81 and physicians' 0.56."
)


def choice(meta: dict, chosen: dict) -> list[Line]:
    """Why this model was taken."""
    tried = ", ".join(f"{NAMES[name]} {number(score, 4)}" for name, score in chosen["briers"].items())
    own = [
        f"less {NAMES[other]}'s {signed((value, low, high), 4)}"
        for one, other, value, low, high in chosen["differences"]
        if one == meta["kind"]
    ]
    lines: list[Line] = [(
        "text",
        f"The {NAMES[meta['kind']]} is the simplest model whose Brier score for passing day 90 none of the others beats by more than one standard error of "
        f"the difference, on the tuning months ({tried}; {'; '.join(own)}; in brackets one standard error either way, by persons). The boosted model's "
        "recalibration was there learnt from one half of the persons and judged on the other. The test months below took no part in the choice. "
        "After the test the model was fitted anew, the boosted one with the number of trees found, put right on half of the last persons; the figures below are those of the tested model.",
    )]  # fmt: skip
    if chosen["srs"]:
        words = f"Where the published SRS v3 covers the diagnosis, the boosted model's Brier score less SRS's is {signed(chosen['srs'], 4)} there."
        worse = chosen["srs"][1] > 0
        lines.append(("warning" if worse else "text", words + (" The published models are better on these: look why before use." if worse else "")))
    return lines


def performance(meta: dict, validation: dict) -> list[Line]:
    """How good the model is on months not seen, beside the others, on lists and by group."""
    lines: list[Line] = [("head", "How good, on months not seen"), ("text", ANCHOR)]
    for day in ("90", "180", "365"):
        lines += _day(meta, validation, day)
    if validation.get("beside_srs"):
        lines += _beside_srs(validation["beside_srs"])
    best = validation["models"][meta["kind"]]
    c = "; ".join(f"{NAMES[name]} {interval(found['uno_c'], 3)}" for name, found in validation["models"].items())
    lines.append(("text", f"Uno's C of days left: {c}."))
    if "net_benefit" in best["90"]:
        rows = [["act when p_90 is at least", "net benefit, model", "net benefit, everyone", "model less everyone"]]
        rows += [
            [f"{n['threshold']:.0%}", *(signed(n[name], 3) for name in ("model", "all", "less"))] for n in best["90"]["net_benefit"]
        ]
        lines += [("head3", "Is acting on it better than acting on everyone (day 90)"), ("table", rows)]
    if validation.get("lists"):
        lines += _lists(meta, validation["lists"])
    lines += [("head", "By group"), ("text", BY_GROUP)]
    listed = (validation.get("lists") or {"cells": {}})["cells"]
    for name, cells in validation["cells"].items():
        lines += _cells(name, cells, {one["cell"]: one for one in listed.get(name, [])})
    return lines + [("figure", svg) for svg in drawings(meta, validation)] + _learning(validation)


BY_GROUP = (
    "Passing day 90, by the model above. Groups of fewer than five persons are not shown, nor the next smallest where one alone would be hidden. A slope "
    "is given where at least 100 moments passed and 100 did not. Many groups are looked at: about one interval in twenty lies beside the truth by chance."
)


def _day(meta: dict, validation: dict, day: str) -> list[Line]:
    head = ["model", "persons", "moments seen / asked", "share passing", "AUC", "Brier", "IPA", "observed / expected"]
    rows, others = [head], validation["less_others"].get(day, {})
    for name, found in validation["models"].items():
        f = found[day]
        cells = [interval(f[k], 3) if k in f else "too few" for k in ("auc", "brier", "ipa", "o_e")]
        chosen = " (chosen)" if name == meta["kind"] else ""
        rows.append([NAMES[name] + chosen, f["persons"], f"{f['moments']} / {f['asked']}", number(f["share"], 3) if "share" in f else "too few", *cells])
    lines: list[Line] = [("head3", f"Passing day {day}, among spells that had not reached it"), ("table", rows)]
    if others:
        less = [["the chosen model less", "AUC (above 0: better)", "Brier (below 0: better)", "IPA (above 0: better)"]]
        less += [[NAMES[name], *(signed(f[k], 3) for k in ("auc", "brier", "ipa"))] for name, f in others.items()]
        lines.append(("table", less))
    deep = validation["models"][meta["kind"]][day]
    if "ici" in deep:
        i, s, ici, e50, e90 = (signed((deep[k], *deep[f"{k}_95"]), d) for k, d in (("intercept", 2), ("slope", 2), ("ici", 3), ("e50", 3), ("e90", 3)))
        lines.append((
            "text",
            f"Calibration intercept {i}, slope {s.replace('+', '')}; distance between smooth observed and predicted: mean (ICI) {ici.replace('+', '')}, "
            f"median (E50) {e50.replace('+', '')}, 90th percentile (E90) {e90.replace('+', '')}.",
        ))  # fmt: skip
    else:
        lines.append(("text", f"Too few: fewer than {FEWEST_EACH} persons passed, or did not. Slope and curve are drawn of {FEWEST_CURVE} of each or more."))
    if day == "90":
        lines.append((
            "text",
            "In brackets: 95 % intervals, persons drawn with replacement, weights for censoring held. Those of a difference come from the same draws for both: "
            "two intervals that overlap do not say that the models are alike.",
        ))  # fmt: skip
    return lines


def _lists(meta: dict, found: dict) -> list[Line]:
    rows = [["ranking by", "of those listed, pass day 90", "the chosen model's share less this", "of those who pass, listed", "net days of those listed"]]
    for name, f in found["models"].items():
        chosen = " (chosen)" if name == meta["kind"] else ""
        rows.append([NAMES[name] + chosen, percent(f["precision"]), percent(f["less"], with_sign=True), percent(f["sensitivity"]), interval(f["days"], 1)])
    return [
        ("head", "What a week's list is judged by"),
        (
            "text",
            f"At each of {found['units']} units as many ongoing spells before day 90 as it has places a week (its own capacity, else region.toml's), "
            f"highest chance of passing day 90 first: {found['offered']:.0%} of such spells on an average weekday of the test months. The night's list is "
            "ordered by preventable days and leaves out those who may not be offered; this is what the chances alone are worth. Net days: certified days "
            "times today's degree within the next 90 days, of moments whose every such day was seen. In brackets 95 % intervals by persons, the lists held.",
        ),
        ("table", rows),
    ]


def _cells(name: str, cells: list[dict], listed: dict[str, dict]) -> list[Line]:
    rows = [[name.replace("_", " "), "persons", "share passing", "AUC", "observed / expected", "slope"]]
    rows[0] += ["on a list", "of those listed, pass", "of those who pass, listed"] if listed else []
    for c in cells:
        row = [c["cell"], c["persons"], number(c.get("share"), 3)]
        for key in ("auc", "o_e", "slope"):
            row.append(interval((c[key], *c[f"{key}_95"]), 2) if f"{key}_95" in c else number(c.get(key), 2))
        if listed:
            row += [percent(listed.get(c["cell"], {}).get(key)) for key in ("offered", "precision", "sensitivity")]
        rows.append(row)
    return [("head3", f"By {name.replace('_', ' ')}"), ("table", rows)]


def _learning(validation: dict) -> list[Line]:
    if not validation.get("learning_curve"):
        return []
    rows = [["share of the persons learnt from", "models", "Brier score, tuning months, day 90"]]
    rows += [[f"{one['share']:.0%}" if one["share"] >= 0.1 else f"{one['share']:.1%}", one["models"], number(one["brier"], 4)] for one in validation["learning_curve"]]
    return [
        ("head3", "Would more persons help"),
        (
            "text",
            "One draw of persons: the smallest shares are one model each, a quarter is the mean of four models with nobody in common. Smallest leaf and ridge "
            "in proportion to the persons. The differences carry no interval.",
        ),
        ("table", rows),
    ]


def _beside_srs(found: dict) -> list[Line]:
    rows = [["model", "persons", "AUC", "Brier", "IPA", "observed / expected"]]
    for name, f in found["models"].items():
        rows.append([NAMES[name], f["persons"], *(interval(f.get(k), 3) for k in ("auc", "brier", "ipa", "o_e"))])
    return [
        ("head3", "Passing day 90, where the published SRS v3 models cover the diagnosis"),
        (
            "text",
            f"They cover {found['covered']:.0%} of the moments before day 90. Education, country of birth, other long "
            "illness and visits to specialists are not in the extracts and stand at SRS's defaults. SRS was made for spells "
            "that have reached day 15 and does not know the certified end; the last row gives it that.",
        ),
        ("table", rows),
    ]


def number(value: float | None, digits: int) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def interval(value: tuple | None, digits: int) -> str:
    if value is None:
        return ""
    return f"{number(value[0], digits)} ({number(value[1], digits)}-{number(value[2], digits)})"


def signed(value: tuple | None, digits: int) -> str:
    return "" if value is None else "{:+.{d}f} ({:+.{d}f} to {:+.{d}f})".format(*value, d=digits)


def percent(value: tuple | None, with_sign: bool = False) -> str:
    if value is None:
        return ""
    kind = "+.0f" if with_sign else ".0f"
    return f"{100 * value[0]:{kind}} % ({100 * value[1]:{kind}} to {100 * value[2]:{kind}})"
