"""Which features make up one fact that can be said aloud: the groups a reason is given for."""

from __future__ import annotations

# what defines who is comparable is never a reason
COMPARABLE = ("day", "target_group")
# what a group holds, by a part of a feature's name; the first group that fits takes it (features/README.md)
GROUPS: dict[str, tuple[str, ...]] = {
    "course": ("chain_day", "so_far_days", "into_certificate"),
    "contacts": ("contact",),
    "history": ("24m", "12m", "since_last_spell", "benefit"),
    "diagnosis": ("diagnos", "second_"),
    "degree": ("degree", "step_down"),
    "season": ("month",),
    "unit": ("unit_kind", "list_size", "municipality"),
    "certificate": (
        "certificate",
        "certified",
        "prognosis",
        "doctors",
        "units",
        "unit_share",
        "signed",
        "signing",
        "gaps",
    ),
    "work": ("occupation", "measures"),
    "coordination": ("coordinat", "declined"),
    "answers": ("eq5d", "instrument", "questionnaire", "answer"),
    "person": ("age_", "sex"),
}
# a coordinator can neither say nor use these (how far the spell has come is what it is compared by); who is on a list is not in coordination, so that would be untrue there
UNSAID = ("course", "season", "other", "coordination")


def grouped(names: list[str] | tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Group -> the features of `names` in it; what fits none is in `other`."""
    found: dict[str, list[str]] = {}
    for name in names:
        if name not in COMPARABLE:
            fits = (group for group, parts in GROUPS.items() if any(part in name for part in parts))
            found.setdefault(next(fits, "other"), []).append(name)
    return {group: tuple(columns) for group, columns in found.items()}
