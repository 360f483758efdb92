"""The model card: what the model is for, what it learned from, and how good it is, in words and tables."""

from __future__ import annotations

import html
from datetime import date

from models.risk.national import NationalRisk
from pipeline.train.card_days import ends_of_net_days, in_test_months, within_a_year
from pipeline.train.card_performance import NAMES, Line, choice, interval, number, performance
from pipeline.train.checklists import PROBAST, TRIPOD

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
            f"AUC {interval(validation['early_auc'], 2)} for passing day 90 among spells on days 10 to 30. No register "
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
    lines += _exits(meta, validation["exits"]) + _exits_forecast(validation.get("exits_forecast"))
    lines += choice(meta, validation["chosen_by"])
    lines += performance(meta, validation) + in_test_months(validation["days_forecast"]) + within_a_year(meta, validation["within_a_year"])
    lines += _reasons(validation["faithfulness_of_reasons"]) + _sure(validation)
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


def _exits_forecast(found: dict | None) -> list[Line]:
    if not found:
        return []
    rows = [["ended by", "within", "persons", "expected", "observed", "observed / expected"]]
    for cause, told in sorted((int(cause), told) for cause, told in found["causes"].items()):
        if told is None:
            rows.append([CAUSES[cause], "", "too few", "", "", ""])
        for days, one in zip(found["within"], told or (), strict=False):
            observed = "{:.2%} ({:.2%}-{:.2%})".format(*one["observed"])
            rows.append([CAUSES[cause], f"{days} days", one["persons"], f"{one['expected']:.2%}", observed, interval(one["o_e"], 2)])
    return [
        ("head3", "Forecast of each cause, on the test months"),
        (
            "text",
            "The chance of an end is the hazard model's; its split by cause is the share of each cause among ends on the same days of a spell, at the "
            "same age and in the same target group, drawn together where few have ended. The age limit is not learnt: the day it is reached "
            "on is known, and every curve ends there.",
        ),
        ("table", rows),
    ]


def _reasons(faithful: dict) -> list[Line]:
    return [
        ("head", "Reasons"),
        (
            "text",
            "Mean days left of spells in the same day band and target group, plus the effect of each group of facts, plus the rest, is the "
            "person's days left. An effect is the group's Shapley value, exact in a sum of small trees that has learnt the full model: it catches "
            f"{number(faithful['explained'], 3)} of the variance of the model's days left on spells not learnt from, and misses a median of "
            f"{number(faithful['missed'], 1)} days (a tenth of the spells: more than {number(faithful['missed_p90'], 1)}). Exchanging the facts of the largest "
            f"effect for those of comparable spells moves the full model's days left accordingly (correlation {number(faithful['correlation'], 2)}, slope "
            f"{number(faithful['slope'], 2)}, half of {faithful['spells']} spells within {number(faithful['off'], 1)} days). Effects describe the prediction, not a cause.",
        ),
    ]


def _sure(validation: dict) -> list[Line]:
    """What the intervals on a score mean, and how often they held on moments not learnt from."""
    held, told = validation.get("chance_covered"), []
    if held:
        cells = (
            f" In {held['held']} of {held['cells']} cells of sex, age, group and day band in the test months the observed share lay as near the mean chance as "
            f"that and the chance in who passes allow; were the intervals right, {held['held_95'][0]} to {held['held_95'][1]} would, 19 times in 20."
        )
        told.append(
            f"The 90 % interval of a chance of passing day 90 (on average {held['mean_width']:.2f} wide) tells how far the chance could have come out otherwise "
            "with other persons to learn from: the way of learning gone through on four quarters of the persons with nobody in common, and widened to what "
            "whole models of other simulated regions say. It does not tell what no extract holds, nor what all models of this kind get wrong alike: in the "
            "simulated region the true chance lay within it for well below nine in ten (docs/risk.md)." + (cells if held["cells"] else "")
        )
    told += ends_of_net_days(validation["within_a_year"])
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
