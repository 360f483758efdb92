"""The report's sentences, filled from results.json alone: what is not in that file cannot be said."""

from __future__ import annotations

from typing import Any

from pipeline.evaluate import sentences_of_outcomes as more
from pipeline.evaluate.sentences_of_outcomes import unlike_trials
from pipeline.evaluate.words import Speech

WIDEST = 50  # percent of the page's width for the longer of the two bars
COLOURS = {"treated": "#0b6fb8", "control": "#c8560b"}


def digits_of(r: dict) -> int:
    """Decimals for the primary outcome: days whole, small quantities with three figures."""
    size = r["primary"]["estimate"]["se"] if r["kind"] == "study" else r["power"]["se"]
    return 0 if size is None or size >= 2 else 1 if size >= 0.2 else 3


def counts_moments(r: dict) -> bool:
    """Whether rows are moments, of which a person may have several."""
    return r["n"]["persons"] < r["n"]["all"]


def sentences(r: dict, say: Speech) -> dict[str, Any]:
    """Everything the template says in words, by name."""
    made: dict[str, Any] = {
        "hidden_note": say("hidden_note", least=say.number(r["smallest_cell"]), counted=say("flow.moments" if counts_moments(r) else "flow.persons")),
        "answer": "", "counted": f" {say('flow.moments')}" if counts_moments(r) else "", "moments": _moments(r, say), "notes": say.both(r["notes"]), "done": _done(r, say), "balance": _balance(r, say),
        "power": _power(r, say) if r["kind"] == "plan" else "", "power_full": _power(r, say), "methods": _methods(r, say),
        "status": _status(r, say), "cannot": [], "outcomes": [], "sensitivity_rows": [],
    }  # fmt: skip
    if r["kind"] == "study":
        made |= _page_one(r, say)
    return made


def _done(r: dict, say: Speech) -> str:
    n = r["n"]
    what = "data" if not r["versions"]["as_of"] else "moments" if counts_moments(r) else "text"
    matched = n["matched"]
    kind = f"{'planned' if r['kind'] == 'plan' else 'looked' if matched else 'done'}_{what}"
    text = say(
        f"one.{kind}", n=say.number(n["all"]), n1=say.number(n["treated"]), n0=say.number(n["control"]),
        persons=say.number(n["persons"]), treated=say.low(r["arms"]["treated"]), control=say.low(r["arms"]["control"]),
        came=say(f"came.{r['arms']['came_about']}"), days=say.number(r["outcome"]["days"]), question=say.both(r["question"]),
    )  # fmt: skip
    if matched is not None:
        pairs = _pairs(r, say)
        # the answer rests on the pairs, and a plan has none yet that an answer could rest on
        text = f"{text} {pairs}" if r["kind"] == "plan" else f"{pairs} {_in_estimate(r, say)} {text}"
    elif r["kind"] == "study":
        text = f"{text} {_in_estimate(r, say)}"
    return f"{text} {say('one.centres', clusters=say.number(n['clusters']))}" if n["clusters"] else text


def _pairs(r: dict, say: Speech) -> str:
    told = r["n"]["matched"]
    if None in (told["treated"], told["control"]):
        return say("one.matched_some")
    kind = "matched_moments" if counts_moments(r) else "matched"
    return say(f"one.{kind}", n1=say.number(told["treated"]), n0=say.number(told["control"]), persons=say.number(told["persons"]))


def _moments(r: dict, say: Speech) -> str:
    if not counts_moments(r):
        return ""
    return say("flow.moments_note", n=say.number(r["n"]["all"]), persons=say.number(r["n"]["persons"]))


def _page_one(r: dict, say: Speech) -> dict[str, Any]:
    verdict, main, d = r["verdict"], r["primary"], digits_of(r)
    est, unit = main["estimate"], say.both(r["outcome"]["unit"])
    names = {"treated": say.low(r["arms"]["treated"]), "control": say.low(r["arms"]["control"])}
    percent = main["percent"]["estimate"]
    filled = {"name": say.both(r["outcome"]["name"]), "estimate": say.number(est["estimate"], d, sign=True), "unit": unit, **names}
    answer = say("one.found_change", **filled) if main["method"] == "did" else (
        say("one.found_fewer", percent=say.number(percent, 0, sign=True), **filled)
        if percent is not None else say("one.found_no_percent", **filled)
    )  # fmt: skip
    conclusion = verdict["conclusion"]
    worth = say.number(r["least_worthwhile"], d)
    said = say("conclusion.cannot")
    if conclusion == "no_relevant":
        said = say("conclusion.no_relevant", worth=worth, unit=unit)
    elif conclusion != "cannot":
        said = say(f"conclusion.{conclusion}_{'good' if verdict['good'] else 'bad'}", **names)
        if r["least_worthwhile"] and verdict["good"]:
            sure = "worthwhile" if verdict["at_least_worthwhile"] else "not_surely_worthwhile"
            said += " " + say(f"conclusion.{sure}", worth=worth, unit=unit)
    reasons = [_coded("reason", one, r, say) for one in verdict["reasons"]]
    if conclusion == "cannot":
        answer, said = said, " ".join([*reasons, answer])
    return {
        "answer": answer, "conclusion": said,
        "answer_class": "cannot" if conclusion in ("cannot", "no_relevant") else "" if verdict["good"] else "against",
        "bars": _bars(r, say, d, unit), "bars_note": say("one.bars_plain" if main["method"] == "none" else "one.bars"), "hundred": _hundred(r, say, unit, names) if conclusion in ("fewer", "more") else "",
        "sure": f"{_sure(r, say, d, unit)} {_detects(r, say, d, unit)}",
        "cannot": _limits(r, say, reasons if conclusion != "cannot" else []),
        "primary": _primary(r, say), "primary_rows": _primary_rows(r, say, d),
        **_details(r, say, d, unit),
    }  # fmt: skip


def _sure(r: dict, say: Speech, d: int, unit: str) -> str:
    """The interval, and nothing of certainty where something else than chance keeps the report from concluding."""
    est, why = r["primary"]["estimate"], {one["code"] for one in r["verdict"]["reasons"]}
    if "no_interval" in why:
        return say("reason.no_interval")
    kind = "sure_not" if why - {"interval_holds_zero"} else "sure_text" if r["n"]["clusters"] else "sure_alone"
    return say(f"one.{kind}", low=say.number(est["ci_low"], d), high=say.number(est["ci_high"], d), unit=unit)


def _detects(r: dict, say: Speech, d: int, unit: str) -> str:
    told = r["power"]
    least = say("one.power", least=say.number(told["least_detectable"], d), unit=unit, power=say.number(100 * told["power"]))
    return " ".join([least, *_chances(r, say, d, unit)])


def _chances(r: dict, say: Speech, d: int, unit: str) -> list[str]:
    """How probably the differences that the protocol names are detected."""
    told, lines = r["power"], []
    if told["expected"]:
        lines.append(say("text.power_expected", expected=say.number(abs(told["expected"]), d), unit=unit, chance=say.number(100 * told["power_at_expected"])))
    if told["least_worthwhile"]:
        lines.append(say("text.power_worth", worth=say.number(told["least_worthwhile"], d), unit=unit, chance=say.number(100 * told["power_at_worthwhile"])))
    return lines


def _bars(r: dict, say: Speech, d: int, unit: str) -> list[dict]:
    means = r["adjusted_means"]
    if means is None:
        return []
    most = max(abs(value) for value in means.values()) or 1

    def name(arm: str) -> str:
        # the second bar is then no group's mean, but where the first group would have been
        return say("one.without") if arm == "control" and r["primary"]["method"] in more.CHANGES else say.both(r["arms"][arm])

    return [
        {"width": round(WIDEST * abs(means[arm]) / most, 1), "colour": COLOURS[arm],
         "text": f"{name(arm)}: {say.number(means[arm], d)} {unit}"}
        for arm in ("treated", "control")
    ]  # fmt: skip


def _hundred(r: dict, say: Speech, unit: str, names: dict) -> str:
    est = r["per_hundred"]
    if est is None:
        return ""
    kind = "hundred" if est["estimate"] < 0 else "hundred_more"
    ends = (est["ci_high"], est["ci_low"]) if est["estimate"] < 0 else (est["ci_low"], est["ci_high"])
    shown = [abs(value) if (value < 0) == (est["estimate"] < 0) else -abs(value) for value in (est["estimate"], *ends)]
    counted = say("flow.moments" if counts_moments(r) else "flow.persons")
    return say(f"one.{kind}", counted=counted, treated=names["treated"], days=say.number(shown[0]), unit=unit, low=say.number(shown[1]), high=say.number(shown[2]))


def _limits(r: dict, say: Speech, more: list[str]) -> list[str]:
    lines = [*more, *(_coded("caution", one, r, say) for one in r["verdict"]["cautions"])]
    if r["verdict"]["conclusion"] in ("fewer", "more") and (trials := unlike_trials(r)):
        lines.append(say("caution.unlike_trials", **{name: say.number(trials[name]) for name in ("percent", "ci_low", "ci_high")}))
    if r["n"]["clusters"] and r["n"]["clusters"] < 20:
        lines.append(say("caution.few_clusters", clusters=say.number(r["n"]["clusters"])))
    if r["subgroups"] or len(r["secondary"]) > 1:
        lines.append(say("caution.prespecified_only"))
    if r["versions"]["as_of"]:
        lines.append(say("caution.days_not_health"))
    return [*lines, say("caution.elsewhere")]


def _coded(kind: str, one: dict, r: dict, say: Speech) -> str:
    number = one.get("number")
    digits = 2 if one["code"] == "unbalanced" else 0
    return say(f"{kind}.{one['code']}", number="" if number is None else say.number(number, digits))


def _balance(r: dict, say: Speech) -> str:
    told = r["balance"]
    if not told["rows"] and not told["hidden"]:
        return say("text.balance_none")
    lines = [say("text.balance", worst=say.number(told["worst"], 2), limit=say.number(told["limit"], 2))]
    if told["hidden"]:
        lines.append(say("text.balance_hidden", hidden=say.number(told["hidden"])))
    return " ".join([*lines, say("text.balance_weighted" if told["weighted"] else "text.balance_model")])


def _in_estimate(r: dict, say: Speech) -> str:
    """How many the estimate rests on."""
    method, n = r["primary"]["method"], r["primary"]["n"]
    counted = {"match": "pairs", "staggered": "units"}.get(method, ("moments" if counts_moments(r) else "followed") if r["versions"]["as_of"] else "cases")
    if n is None:
        return say("text.in_estimate_nearly_pairs" if method == "match" else "text.in_estimate_nearly_all")
    return say(f"text.in_estimate_{counted}", n=say.number(n), counted=say("flow.moments" if counts_moments(r) else "flow.persons"))


def _primary(r: dict, say: Speech) -> str:
    names = [say.column(name) for name in r["protocol"]["covariates"]]
    method, told = r["primary"]["method"], _in_estimate(r, say)
    if method == "none" or not names:
        return f"{say('text.unadjusted')} {told}"
    return f"{say('text.adjusted', covariates=', '.join(name[:1].lower() + name[1:] for name in names))} {told}"


def _primary_rows(r: dict, say: Speech, d: int) -> list[dict]:
    main, found = r["primary"], r["few_clusters"]
    name = say(f"methods_short.{main['method']}")
    rows = [{"name": name, "main": True, "digits": d, **main["estimate"]}]
    if main["percent"]["estimate"] is not None:
        rows.append({"name": f"{name}, %", "main": True, "digits": 0, **main["percent"]})
    if main["method"] not in ("did", "none"):
        rows.append({"name": say("methods_short.none"), "digits": d, **r["crude"]})
    for row in found.get("variances") or []:
        if row["errors"] in ("cr1", "cr2", "cr3"):
            rows.append({"name": f"{say('methods_short.ancova')}, {say('errors.' + row['errors'])}", "digits": d, **row})
    for one in ("wild_rademacher", "wild_webb", "randomisation"):
        if one in found:
            rows.append({"name": f"{say('methods_short.ancova')}, {say('errors.' + one)}", "digits": d, **found[one]})
    return rows


def _details(r: dict, say: Speech, d: int, unit: str) -> dict[str, Any]:
    return {
        "outcomes": more.rows(r, say, d), "return": more.returning(r, say), "degree": more.degree(r, say),
        "relapse": more.relapse(r, say), "cost": more.cost(r, say), "sensitivity": more.sensitivity(r, say, d),
        "sensitivity_rows": more.sensitivity_rows(r, say), "targeting": more.targeting(r, say, d, unit),
        "falsification": more.falsification(r, say, d), "event_study": more.event_study(r, say, d, unit),
        "published": more.published(r, say), "points": more.points(r, say), "outcomes_note": _outcomes_note(r, say), "together": more.trials_together(r, say),
    }  # fmt: skip


def _outcomes_note(r: dict, say: Speech) -> str:
    how = "weighted" if r["balance"]["weighted"] else "plain"
    if r["primary"]["method"] == "staggered":
        how = "stepped"
    lines = [] if r["primary"]["method"] == "none" else [say(f"text.outcomes_{'change' if r['primary']['method'] in more.CHANGES else 'adjusted'}")]
    return " ".join([*lines, *([say(f"text.outcomes_{how}"), say("text.outcomes_rounded")] if r["secondary"] else [])])


def _power(r: dict, say: Speech) -> str:
    told, unit = r["power"], say.both(r["outcome"]["unit"])
    d = digits_of(r)
    filled = {
        "sd": say.number(told["sd"], d), "se": say.number(told["se"], max(d, 1)), "unit": unit,
        "power": say.number(100 * told["power"]), "least": say.number(told["least_detectable"], d),
    }  # fmt: skip
    if told["clusters"]:
        kind = "power" if r["n"]["clusters"] else "power_persons"  # without clusters only someone with several moments is one
        text = say(f"text.{kind}", clusters=say.number(told["clusters"]), icc=say.number(told["icc"], 2), **filled)
    else:
        text = say("text.power_alone", **filled)
    return " ".join([text, *_chances(r, say, d, unit)])


def _methods(r: dict, say: Speech) -> list[str]:
    region = bool(r["versions"]["as_of"])
    lines = [say("methods.time_zero" if region else "methods.time_zero_data")]
    if region:
        lines.append(say("methods.outcome", days=say.number(r["outcome"]["days"]), delay=say.number(r["delay_days"])))
    lines.append(say(f"methods.{r['protocol']['method']}"))
    alone = "methods.rows_alike" if r["protocol"]["method"] == "did" else "methods.rows"
    lines.append(say("methods.clusters" if r["n"]["clusters"] else "methods.persons" if counts_moments(r) else alone))
    drawn = r.get("few_clusters", {}).get("randomisation")
    if drawn:
        lines.append(say("methods.randomisation", draws=say.number(drawn["draws"])))
    if "return" in r.get("secondary", {}):
        lines.append(say("methods.return"))
    lines += [say("methods.missing"), say("methods.multiplicity"), say("text.suppressed", least=say.number(r["smallest_cell"]))]
    return lines


def _status(r: dict, say: Speech) -> str:
    told = r["protocol"]
    if told["status"] != "changed":
        return say(f"text.status_{told['status']}")
    first = told["history"][0]
    return say("text.status_changed", sha=first["sha256"][:12], when=first["first_read"])
