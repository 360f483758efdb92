"""The model card: what the model is for, what it learned from, and how good it is, in words and tables."""

from __future__ import annotations

import html
import math
from datetime import date

from models.risk.national import NationalRisk
from pipeline.train.checklists import PROBAST, TRIPOD
from pipeline.train.plots import drawings

NAMES = {
    "discrete_time_hazard": "boosted discrete-time hazard",
    "cox": "landmark Cox",
    "kaplan_meier": "Kaplan-Meier by day band and target group",
    NationalRisk.kind: "published national figures",
    "certified": "the certified end taken for the end",
    "srs": "published SRS v3, S(90) / S(day)",
    "srs_certified": "published SRS v3, the certified end taken as reached",
}
ANCHOR = (
    "For scale: from the start of a spell, register models reach an AUC of 0.59-0.65 for passing day 90 within a "
    "diagnosis and about 0.68 over diagnoses; the patient's own guess reached 0.81 and physicians' 0.56."
)
USE = (
    "Administrative priority only: it orders the offers of coordination at a unit. A person decides, and may add "
    "anyone the list does not hold.",
    "Not for diagnosis, treatment, assessment of a right to benefit, or any decision about a person without a person.",
    "It says how long spells like this one have gone on, not why, and not what an offer would change.",
    "It sees certificates, contacts and earlier spells. It does not see the work, the home, the person's own expectation.",
    "A day is counted as on sick leave whatever ended it: return to work, death, a move, disability benefit.",
)

CAUSES = {
    1: "the last certified day, no renewal",
    2: "death",
    3: "emigration",
    4: "full disability benefit",
    5: "the age limit",
}

Line = tuple[str, object]


def card_lines(meta: dict, validation: dict) -> list[Line]:
    """The card as (kind, content): kind is title, head, text, warning, list, figure (SVG) or table (rows, the first is the head)."""
    lines: list[Line] = [("title", f"Model card {meta['version']}")]
    lines += [
        (
            "text",
            f"{NAMES[meta['kind']]}, as of {meta['as_of']}; code {meta['code_version']}, seed {meta['seed']}.",
        )
    ]
    lines += [("head", "Use and limits"), ("list", list(USE))]
    if meta["kind"] == NationalRisk.kind:
        return lines + _shipped(meta, validation)
    if validation["suspect_leak"]:
        lines.append((
            "warning",
            f"AUC {_interval(validation['early_auc'], 2)} for passing day 90 among spells on days 10 to 30. No register "
            "model is known to be that good: look for a feature that knows the future before this model is made current.",
        ))  # fmt: skip
    lines += [("head", "Learned from"), ("text", validation["windows"] + ".")]
    lines.append((
        "text",
        f"{validation['persons_in_fit_and_test']} of {validation['persons_in_test']} persons tested on were also fitted "
        "on, at earlier moments: the night meets them again too.",
    ))  # fmt: skip
    counts = [["part", "moments", "spells", "persons", "ended"]]
    counts += [
        [name, c["moments"], c["spells"], c["persons"], c["ends"]] for name, c in validation["counts"].items()
    ]
    lines += [("table", counts), ("head", "Which moments")]
    flow = [["left after", "moments", "spells", "persons"]]
    lines.append(
        ("table", flow + [[s["why"], s["moments"], s["spells"], s["persons"]] for s in validation["flow"]])
    )
    lines += _exits(meta, validation["exits"])
    tried = ", ".join(f"{NAMES[name]} {_number(score, 4)}" for name, score in validation["chosen_by"].items())
    chosen = (
        f"The {NAMES[meta['kind']]} had the lowest Brier score"
        if meta["kind"] == "discrete_time_hazard"
        else f"The boosted model was not better, so the simplest that was not worse, {NAMES[meta['kind']]}, was taken"
    )
    lines.append((
        "text",
        f"{chosen} for passing day 90 on the tuning months ({tried}); the test months below took no part in the choice. "
        "After the test it was fitted anew on all moments, with what tuning had found; the figures below are those of "
        "the tested model.",
    ))  # fmt: skip
    return lines + _figures(meta, validation)


def _figures(meta: dict, validation: dict) -> list[Line]:
    lines: list[Line] = [("head", "How good, on months not seen"), ("text", ANCHOR)]
    for day in ("90", "180", "365"):
        head = [
            "model",
            "persons",
            "moments seen / asked",
            "share passing",
            "AUC",
            "Brier",
            "IPA",
            "observed / expected",
        ]
        rows = [head]
        for name, found in validation["models"].items():
            f = found[day]
            cells = [_interval(f.get(k), 3) for k in ("auc", "brier", "ipa", "o_e")]
            chosen = " (chosen)" if name == meta["kind"] else ""
            share = _number(f.get("share"), 3)
            rows.append([NAMES[name] + chosen, f["persons"], f"{f['moments']} / {f['asked']}", share, *cells])
        lines += [("head3", f"Passing day {day}, among spells that had not reached it"), ("table", rows)]
        deep = validation["models"][meta["kind"]][day]
        if "ici" in deep:
            lines.append(
                (
                    "text",
                    f"Calibration intercept {deep['intercept']:.2f}, slope {_interval((deep['slope'], *deep['slope_95']), 2)}; mean (ICI), median and "
                    "90th percentile of the distance between smooth observed and predicted: "
                    f"{_interval((deep['ici'], *deep['ici_95']), 3)}, {deep['e50']:.3f}, {deep['e90']:.3f}.",
                )
            )
    if validation.get("beside_srs"):
        lines += _beside_srs(validation["beside_srs"])
    best = validation["models"][meta["kind"]]
    lines.append(
        (
            "text",
            f"Uno's C of days left: {_number(best['uno_c'], 3)}. In brackets: 95 % intervals, persons drawn with replacement, weights for censoring held.",
        )
    )
    if "net_benefit" in best["90"]:
        rows = [["act when p_90 is at least", "net benefit, model", "net benefit, everyone"]]
        rows += [
            [f"{n['threshold']:.0%}", f"{n['model']:.3f}", f"{n['all']:.3f}"]
            for n in best["90"]["net_benefit"]
        ]
        lines += [("head3", "Is acting on it better than acting on everyone (day 90)"), ("table", rows)]
    for name, cells in validation["cells"].items():
        rows = [[name, "persons", "share passing day 90", "AUC", "observed / expected"]]
        rows += [
            [c["cell"], c["persons"], *(_number(c.get(k), 3) for k in ("share", "auc", "o_e"))] for c in cells
        ]
        lines += [("head3", f"By {name.replace('_', ' ')}"), ("table", rows)]
    drawn = [("figure", svg) for svg in drawings(meta, validation)]
    lines += drawn + _days_forecast(meta, validation.get("days_forecast")) + _net_days(validation) + _sure(validation)
    items = [["item", "what", "where"], *(list(row) for row in TRIPOD)]
    risks = [["domain", "risk of bias, as we judge it", "why"], *(list(row) for row in PROBAST)]
    return [*lines, ("head", "TRIPOD+AI"), ("table", items), ("head", "PROBAST+AI"), ("table", risks)]


def _exits(meta: dict, found: dict) -> list[Line]:
    rows = [["ended by", *(f"within {days} days" for days in found["within"])]]
    for cause, shares in sorted((int(cause), shares) for cause, shares in found["causes"].items()):
        rows.append([CAUSES[cause], *(["too few"] * len(found["within"]) if shares is None else (f"{share:.2%}" for share in shares))])
    waited = (date.fromisoformat(meta["as_of"]) - date.fromisoformat(meta["data_until"])).days
    return [
        (
            "text",
            f"Outcomes are followed to {meta['data_until']}, {waited} days before the night. {meta.get('reporting_delay', '')}. By then any renewal "
            "would have begun; what goes on beyond is censored there.",
        ),
        ("head3", "How ongoing spells end, each cause beside the others (Aalen-Johansen)"),
        ("table", rows),
    ]


def _beside_srs(found: dict) -> list[Line]:
    rows = [["model", "persons", "AUC", "Brier", "IPA", "observed / expected"]]
    for name, f in found["models"].items():
        rows.append([NAMES[name], f["persons"], *(_interval(f.get(k), 3) for k in ("auc", "brier", "ipa", "o_e"))])
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


def _days_forecast(meta: dict, found: dict | None) -> list[Line]:
    if not found:
        return []
    rows = [["forecast", "expected, mean days", "observed", "observed / expected", "mean error either way", "root mean square"]]
    for name, f in found["models"].items():
        figures = (f"{f[key]:.1f}" for key in ("expected", "observed"))
        errors = (f"{f[key]:.1f}" for key in ("mae", "rmse"))
        rows.append([NAMES[name], *figures, _number(f["observed"] / f["expected"], 3), *errors])
    tenths = [["tenth of the expectation", "expected", "observed"]]
    tenths += [[t["tenth"], f"{t['expected']:.1f}", f"{t['observed']:.1f}"] for t in found["models"][meta["kind"]]["tenths"]]
    return [
        ("head", f"Days left within the next {found['within']}"),
        (
            "text",
            f"On {found['moments']} test moments of {found['persons']} persons whose next {found['within']} days were all seen. An expectation "
            "is not the likeliest length: its error either way cannot be small where spells end on one of few days.",
        ),
        ("table", rows),
        ("table", tenths),
    ]


def _net_days(validation: dict) -> list[Line]:
    net = validation["net_days"]
    lines: list[Line] = [("head", "Net days within 365 days")]
    if net["kind"] == "carried":
        lines.append(
            (
                "text",
                f"Only {net['moments_followed_a_year']} moments were followed for a year: today's degree is carried along the curve, and relapses are not in it.",
            )
        )
    else:
        way = net["ways"][net["kind"]]
        lines.append(
            (
                "text",
                f"Learned from {net['moments_followed_a_year']} moments followed for a year ({net['kind']}); judged on the latest 30 % of them. Observed over expected {way['observed_over_expected']:.2f}; root mean squared error {way['rmse']:.0f} days.",
            )
        )
        rows = [["tenth of the prediction", "expected", "observed"]]
        rows += [[t["tenth"], f"{t['expected']:.1f}", f"{t['observed']:.1f}"] for t in way["tenths"]]
        lines.append(("table", rows))
    faithful = validation["faithfulness_of_reasons"]
    lines += [
        ("head", "Reasons"),
        (
            "text",
            "Mean days left of spells in the same day band and target group, plus the effect of each group of facts, plus the rest, is the "
            "person's days left. An effect is the group's Shapley value, exact in a sum of small trees that has learnt the full model: it catches "
            f"{_number(faithful['explained'], 3)} of the variance of the model's days left on spells not learnt from, and misses a median of "
            f"{_number(faithful['missed'], 1)} days (a tenth of the spells: more than {_number(faithful['missed_p90'], 1)}). Exchanging the facts of the largest "
            f"effect for those of comparable spells moves the full model's days left accordingly (correlation {_number(faithful['correlation'], 2)}, slope "
            f"{_number(faithful['slope'], 2)}, half of {faithful['spells']} spells within {_number(faithful['off'], 1)} days). Effects describe the prediction, not a cause.",
        ),
    ]
    return lines


def _sure(validation: dict) -> list[Line]:
    """What the intervals on a score mean, and how often they held on moments not learnt from."""
    held, told = validation.get("chance_covered"), []
    if held and held["cells"]:
        told.append(
            f"The 90 % interval of a chance of passing day 90 (on average {held['mean_width']:.2f} wide) is what learning from other persons would have "
            "changed: two models of a quarter of the persons each, set against each other. In "
            f"{held['held']} of {held['cells']} cells of sex, age, group and day band in the test months the observed share lay as near the mean chance "
            "as that, and the chance in who passes, allow."
        )
    net = validation["net_days"]
    covered = net["ways"][net["kind"]]["covered"] if "ways" in net else None
    if covered is not None:
        told.append(
            f"Between a score's net_days_left_low and _high nine in ten persons' own net days should lie. Ends learnt from half of the persons judged "
            f"held {covered:.0%} of the other half's."
        )
    return [("head", "How sure"), *(("text", one) for one in told)] if told else []


def _shipped(meta: dict, validation: dict) -> list[Line]:
    why = validation.get("why_shipped") or "the region has too short a past to learn from"
    return [
        ("head", "Why this model"),
        ("text", f"{why}. Until then: {meta['source']}."),
        (
            "text",
            "S(t) follows national lengths of spells with the same three-character diagnosis (else the chapter, else all), given the day reached and the certified end. Half of certified spells are taken to end within 14 days. Net days carry today's degree; relapses are not in them.",
        ),
        ("text", "It has not been tested on this region."),
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _interval(value: tuple | None, digits: int) -> str:
    if value is None:
        return ""
    return f"{_number(value[0], digits)} ({_number(value[1], digits)}-{_number(value[2], digits)})"


def card_markdown(lines: list[Line]) -> str:
    """card.md."""
    out = []
    for kind, content in lines:
        if kind == "table":
            head, *rows = [[str(cell).replace("|", "/") for cell in row] for row in content]
            out.append("\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]))
        elif kind == "figure":
            continue  # drawings are on the HTML card alone; their figures are in the tables
        elif kind == "list":
            out.append("\n".join(f"- {item}" for item in content))
        else:
            mark = {"title": "# ", "head": "## ", "head3": "### ", "warning": "> **Warning.** ", "text": ""}[
                kind
            ]
            out.append(mark + str(content))
    return "\n\n".join(out) + "\n"


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:1rem 0;font-size:.9rem}th,td{border:1px solid #999;padding:.25rem .6rem;"
    "text-align:left}figure{display:inline-block;width:48%;min-width:20rem;margin:.5rem 1% .5rem 0}th{background:#eee}.warning{border:2px solid #a00000;padding:.5rem 1rem}"
)


def card_html(lines: list[Line]) -> str:
    """card.html: one file, nothing fetched."""
    body = []
    for kind, content in lines:
        if kind == "table":
            head, *rows = [[html.escape(str(cell)) for cell in row] for row in content]
            top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
            rest = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
            body.append(f"<table><thead><tr>{top}</tr></thead><tbody>{rest}</tbody></table>")
        elif kind == "figure":
            body.append(f"<figure>{content}</figure>")
        elif kind == "list":
            body.append("<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in content) + "</ul>")
        else:
            tag = {"title": "h1", "head": "h2", "head3": "h3", "warning": 'p class="warning"', "text": "p"}[
                kind
            ]
            body.append(f"<{tag}>{html.escape(str(content))}</{tag.split()[0]}>")
    title = html.escape(str(lines[0][1]))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )
