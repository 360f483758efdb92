"""What page one may say: a conclusion only where interval, balance and design carry one."""

from __future__ import annotations

from pipeline.evaluate.protocol import Protocol

FEW = 5  # treated clusters: with so few, nothing follows from clusters that are whole in one arm
FEW_STARTS = 3  # units that start; of two, each alone in its period, a 95 % interval misses an effect of nought in every eighth study
LOST = 0.2  # share not followed throughout, beyond which the result rests on what was assumed of them
OBSERVED = ("concurrent controls", "matched", "emulated trial", "natural experiment")


def of(made: dict, protocol: Protocol) -> dict:
    """`conclusion`: fewer, more, no_relevant, cannot. `reasons` against and `cautions`, as codes with their numbers."""
    primary = made["primary"]["estimate"]
    low, high = primary["ci_low"], primary["ci_high"]
    reasons, cautions = [], []
    if low is None or high is None:
        reasons.append({"code": "no_interval"})
    elif low <= 0 <= high:
        reasons.append({"code": "interval_holds_zero"})
    if made["n"]["treated_clusters"] is not None and made["n"]["treated_clusters"] <= FEW and not made["power"]["arms_within_clusters"]:
        reasons.append({"code": "few_treated_clusters", "number": made["n"]["treated_clusters"]})
    starts = made["stepped"]["treated_units"] if made["stepped"] else None
    if starts is not None and starts <= FEW_STARTS:
        reasons.append({"code": "few_starts", "number": starts})
    elif starts is not None and starts <= FEW:
        cautions.append({"code": "few_starts", "number": starts})
    if made["balance"]["over"] and protocol.arms.came_about != "randomised":
        reasons.append({"code": "unbalanced", "number": made["balance"]["worst"]})
    wild = made["few_clusters"].get("wild_webb")
    if wild and not reasons and wild["ci_low"] is not None and wild["ci_low"] <= 0 <= wild["ci_high"]:
        cautions.append({"code": "bootstrap_disagrees"})
    if made["protocol"]["status"] == "changed":
        cautions.append({"code": "protocol_changed"})
    if protocol.arms.came_about in OBSERVED:
        cautions.append({"code": "not_randomised"})
    cautions += [{"code": f"check_{row['check']}"} for row in made["falsification"] if row["says"] == "fail"]
    cautions += _lost(made)
    worth = protocol.least_worthwhile
    conclusion = "cannot"
    if [one["code"] for one in reasons] == ["interval_holds_zero"] and worth and -worth < low and high < worth:
        conclusion, reasons = "no_relevant", []
    elif not reasons:
        conclusion = "fewer" if high < 0 else "more"
    good = {"fewer": protocol.outcomes.lower_is_better, "more": not protocol.outcomes.lower_is_better}.get(conclusion)
    surely = bool(worth and conclusion in good_ways(protocol) and min(abs(low), abs(high)) >= worth)
    return {"conclusion": conclusion, "good": good, "at_least_worthwhile": surely, "reasons": reasons, "cautions": cautions}


def good_ways(protocol: Protocol) -> tuple[str, ...]:
    """The conclusion that speaks for the treated arm."""
    return ("fewer",) if protocol.outcomes.lower_is_better else ("more",)


def _lost(made: dict) -> list[dict]:
    whole = next((row for row in made["flow"].get("followed", []) if row["name"]["en"] == "Followed throughout"), None)
    everyone = made["flow"]["analysed"]["both"]
    if not whole or whole["both"] is None or whole["both"] >= (1 - LOST) * everyone:
        return []
    return [{"code": "many_lost", "number": 100 * (1 - whole["both"] / everyone)}]
