"""Sentences and table rows of the single outcomes and of sensitivity."""

from __future__ import annotations

from pipeline.evaluate.words import Speech

CHANGES = ("did", "staggered")


def concludes(r: dict) -> bool:
    """Whether the report says which arm has fewer."""
    return r["verdict"]["conclusion"] in ("fewer", "more")


def rows(r: dict, say: Speech, d: int) -> list[dict]:
    """Every outcome on a line of its own."""
    # changes are compared, not levels, where the arms are before and after
    means = {} if r["primary"]["method"] in CHANGES else r["adjusted_means"] or {}
    made = [{"name": say.both(r["outcome"]["name"]), "main": True, "digits": d, **means, **r["primary"]["estimate"]}]
    told = r["secondary"]
    if back := told.get("return"):
        arms = {row["arm"]: row["mean"] for row in back["rmst_arms"]}
        made.append({"name": say("outcomes.return"), "digits": 0, **arms, **back["rmst"]})
        if back.get("hazard"):
            made.append({"name": say("outcomes.hazard"), "digits": 2, **_ratio(back["hazard"])})
        for row in back.get("returned_at", []):
            made.append({"name": say("outcomes.returned_at", day=say.number(row["day"])), "digits": 0, **row})
    if (fall := told.get("degree", {}).get("fall")) is not None:
        made.append({"name": say("outcomes.fall"), "digits": 1, **fall})
    if (again := told.get("relapse")) and again["share"]:
        made.append({"name": say("outcomes.relapse"), "digits": min(again["share"]["decimals"], 1), **again["share"]})
        made.append({"name": say("outcomes.relapse_number"), "digits": min(again["number"]["decimals"], 2), **again["number"]})
    if (asked := told.get("questionnaire")) and not asked.get("too_few"):
        made.append({"digits": 3, **asked, "name": say.both(asked["name"])})
    if seen := told.get("visits"):
        made.append({"name": say("outcomes.visits"), "digits": 2, **seen["a_year"], **_ratio(seen)})
    if paid := told.get("cost"):
        made.append({"name": f"{say('outcomes.cost')} ({paid['currency']})", "digits": 0, **paid})
    empty = {"treated": None, "control": None}
    return [empty | row for row in made]


def _ratio(row: dict) -> dict:
    return {"estimate": row["ratio"], "ci_low": row["ci_low"], "ci_high": row["ci_high"], "p": row["p"]}


def returning(r: dict, say: Speech) -> str:
    """Time to return in words."""
    told = r["secondary"].get("return")
    if not told or not told.get("hazard"):
        return ""
    arms = {row["arm"]: row["mean"] for row in told["rmst_arms"]}
    n, hazard = say.number, told["hazard"]
    return say(
        "text.return", least=n(r["smallest_cell"]), mean1=n(arms["treated"]), mean0=n(arms["control"]), tau=n(told["tau"]),
        treated=say.low(r["arms"]["treated"]), control=say.low(r["arms"]["control"]), difference=n(told["rmst"]["estimate"]),
        low=n(told["rmst"]["ci_low"]), high=n(told["rmst"]["ci_high"]), hr=n(hazard["ratio"], 2), hr_low=n(hazard["ci_low"], 2),
        hr_high=n(hazard["ci_high"], 2), ph=say.p(hazard["proportional_p"]),
    )  # fmt: skip


def degree(r: dict, say: Speech) -> str:
    """The degree's fall in words."""
    told = r["secondary"].get("degree")
    if not told or not told["fall"]:
        return ""
    fall = told["fall"]
    return say("text.degree", fall=say.number(fall["estimate"], 1), low=say.number(fall["ci_low"], 1), high=say.number(fall["ci_high"], 1))


def relapse(r: dict, say: Speech) -> str:
    """Sick leave again, in words."""
    told = r["secondary"].get("relapse")
    if not told or not told["share"]:
        return ""
    share = told["share"]
    d = min(share["decimals"], 1)
    return say(
        "text.relapse", share1=say.number(share["treated"], d), share0=say.number(share["control"], d),
        treated=say.low(r["arms"]["treated"]), control=say.low(r["arms"]["control"]),
        difference=say.number(share["estimate"], d), low=say.number(share["ci_low"], d), high=say.number(share["ci_high"], d),
    )  # fmt: skip


def cost(r: dict, say: Speech) -> str:
    """The net saving in words."""
    told = r["secondary"].get("cost")
    if not told or told["estimate"] is None:
        return ""
    n = say.number
    filled = {
        "value": n(told["day_value"]), "support": n(told["support_cost"]), "currency": told["currency"], "estimate": n(told["estimate"]),
        "low": n(told["ci_low"]), "high": n(told["ci_high"]), "sure": _sure(told["sure"], say),
    }  # fmt: skip
    text = say("text.cost_no_even", **filled) if told["breaks_even_at"] is None else say("text.cost", even=n(told["breaks_even_at"]), **filled)
    return text if concludes(r) else f"{text} {say('text.cost_cannot')}"


def _sure(chance: float, say: Speech) -> str:
    """A probability in percent, never 0 or 100."""
    return f"<{say.number(1)}" if chance < 0.01 else f">{say.number(99)}" if chance > 0.99 else say.number(100 * chance)


def targeting(r: dict, say: Speech, d: int, unit: str) -> str:
    """Whether the priority sorts by gain."""
    told = r.get("targeting")
    if not told:
        return ""
    by = say.column(told["by"])
    by = by if by[1:2].isupper() else by[:1].lower() + by[1:]
    if told.get("too_few"):
        return say("text.targeting_too_few", by=by)
    low, high = told["autoc"]["ci_low"], told["autoc"]["ci_high"]
    way = "unknown" if low is None or low <= 0 <= high else "more" if low > 0 else "less"
    if way != "unknown" and not r["verdict"]["good"]:
        way += "_cannot"  # an order of gains says whom to choose only where there is a gain
    n = say.number
    return say(
        "text.targeting", by=by, estimate=n(told["autoc"]["estimate"], d, sign=True), low=n(low, d), high=n(high, d), unit=unit,
        qini=n(told["qini"]["estimate"], d, sign=True), qini_low=n(told["qini"]["ci_low"], d), qini_high=n(told["qini"]["ci_high"], d),
        said=say(f"text.targeting_{way}"),
    )  # fmt: skip


def sensitivity(r: dict, say: Speech, d: int) -> list[str]:
    """What the other choices come to."""
    told, lines = r["sensitivity"], []
    if told["tipping"] and concludes(r):
        tips = told["tips_at"]
        lines.append(say("text.tips_never") if tips is None else say("text.tips", days=say.number(tips)))
    if clones := told.get("adherence"):
        lines.append(say("text.adherence", percent=say.number(clones["started_percent"], 1), days=say.number(clones["days"])))
    return lines


def sensitivity_rows(r: dict, say: Speech) -> list[dict]:
    """Every other choice on a line of its own."""
    told = r["sensitivity"]
    made = [{"label": say("sens.method", name=say(f"methods_short.{row['name']}")), **row} for row in told["methods"]]
    if clones := told.get("adherence"):
        days = say.number(clones["days"])
        made += [{"label": say(f"sens.{name}", days=days), **clones[name]} for name in ("as_assigned", "per_protocol")]
    made += [{"label": say("sens.without", name=row["name"]), **row} for row in told["without"]]
    if again := r["secondary"].get("return", {}).get("adjusted"):
        made.append({"label": say("sens.pseudo"), **again})
    made += [{"label": say("sens.gap", name=say.number(row["gap_days"])), **row} for row in told["gaps"]]
    made += [{"label": say("sens.tipping", name=say.number(row["days"])), **row} for row in told["tipping"] if row["days"]]
    return made


def falsification(r: dict, say: Speech, d: int) -> list[dict]:
    """A line a check: what it is, what it should show, what it shows."""
    made = []
    for row in r["falsification"]:
        name = say.column(row["column"]) if "column" in row else say.both(row.get("name")) if "name" in row else ""
        days = say.number(row["days"]) if "days" in row else ""
        digits = d if row["unit"] in ("outcome", "days") else 2 if row["unit"] == "ratio" else 1
        unit = say.both(r["outcome"]["unit"]) if row["unit"] == "outcome" else say(f"check_units.{row['unit']}")
        line = row | {"label": say(f"check.{row['check']}", name=name, days=days), "unit": unit, "digits": digits}
        if row["check"] == "e_value":
            line |= {"expected": "", "told": say("check.e_value_limit", interval=say.number(row["interval"], 2)), "said": say("says.read")}
        else:
            line |= {"expected": say.number(0), "told": say.interval(row, digits), "said": say(f"says.{row['says']}")}
        made.append(line)
    return made


def event_study(r: dict, say: Speech, d: int, unit: str) -> str:
    """Starts unit by unit, in words."""
    told = r.get("stepped")
    if not told:
        return ""
    n = say.number
    return say(
        "text.event_study", units=n(told["units"]), treated=n(told["treated_units"]), months=n(told["period_months"]), unit=unit,
        estimate=n(told["estimate"], d), low=n(told["ci_low"], d), high=n(told["ci_high"], d),
    )  # fmt: skip


def published(r: dict, say: Speech) -> list[dict]:
    """The rows of the comparison with names, designs and figures as the language writes them."""
    made = []
    for row in r.get("published") or []:
        name = say("table.this_study") if row["kind"] == "own" else say("table.together")
        if row["kind"] == "study":
            name = f"{say.known('studies', row['name'])} {row['year']}"
        design = say(f"came.{r['arms']['came_about']}") if row["kind"] == "own" else say.known("designs", row["design"] or "")
        as_published = say.printed(row["as_published"]) if row["as_published"] else ""
        made.append(row | {"label": name, "design": design, "as_published": as_published})
    return made


def points(r: dict, say: Speech) -> str:
    """The published figures that have no interval."""
    return " ".join(
        say("text.published_point", name=f"{say.known('studies', row['name'])} {row['year']}", days=say.number(row["days"]),
            percent=say.number(row["percent"]), n=say.number(row["n"]))
        for row in r.get("published") or [] if row["kind"] == "study" and row["ci_low"] is None and row["days"] is not None
    )  # fmt: skip


def unlike_trials(r: dict) -> dict | None:
    """What the trials say together, where it lies outside this study's interval."""
    found = {row["kind"]: row for row in r.get("published") or []}
    own, together = found.get("own"), found.get("together")
    if not own or own["ci_low"] is None or own["ci_low"] <= together["percent"] <= own["ci_high"]:
        return None
    return together


def trials_together(r: dict, say: Speech) -> str:
    """What the trials say together, and whether this study's interval holds it."""
    found = {row["kind"]: row for row in r.get("published") or []}
    if "together" not in found:
        return ""
    row = found["together"]
    told = say("text.together", percent=say.number(row["percent"]), low=say.number(row["ci_low"]), high=say.number(row["ci_high"]))
    if found["own"]["ci_low"] is None:
        return told
    return f"{told} {say('text.together_outside' if unlike_trials(r) else 'text.together_inside')}"
