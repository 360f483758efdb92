"""Which features make up one fact that can be said aloud: the groups a reason is given for.

A group holds the columns that tell one fact, so that what is said is what acts; those of one fact that follow from each
other (the certificate's last day and how far into it today is) stay together, as no spell has one without the other.
"""

from __future__ import annotations

import math
import re

# what all spells of a cell share, beside the day band: never a reason
COMPARABLE = ("target_group",)
# what a group holds, by a part of a feature's name (a pattern); the first group that fits takes it (features/README.md)
GROUPS: dict[str, tuple[str, ...]] = {
    "coordination": ("coordinat", "declined"),
    "season": ("month",),
    "disability": ("disability_",),
    "mental_contacts": ("mental_contact", "psychologist_contact"),
    "pain_contacts": ("pain_contact", "physiotherapist_contact"),
    "contacts": ("contact",),
    "benefits": ("benefit",),
    "history": ("24m", "12m", "since_last_spell"),
    "diagnosis_change": ("spell_diagnoses_count", "diagnosis_changed"),
    "second_diagnosis": ("second_", "diagnoses_count"),
    "diagnosis": ("diagnosis_",),
    "planned_degree": ("certified_end_degree", "step_down"),
    "degree": ("degree",),
    "signing": ("signing", "doctors", "units_count", "unit_share"),
    "certificates": ("certificates_count", "mean_certificate", "first_certificate"),
    "certificate_end": ("certified_days_ahead", "certificate_days", "since_signed"),
    "prognosis": ("prognosis",),
    "measures": ("measures",),
    "occupation": ("occupation",),
    "course": ("^day$", "chain_day", "so_far_days", "uncertified", "gaps"),
    "unit": ("unit_kind",),
    "age": ("age_",),
    "sex": ("sex",),
}
# never said: who is on a list is not in coordination; how and where certificates were signed is the doctor's doing; and a month, or a
# column this program has no words for, is no fact about a person
UNSAID = ("coordination", "signing", "season", "other")


def grouped(names: list[str] | tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Group -> the features of `names` in it; what fits none is in `other`."""
    found: dict[str, list[str]] = {}
    for name in names:
        if name not in COMPARABLE:
            fits = (group for group, parts in GROUPS.items() if any(re.search(part, name) for part in parts))
            found.setdefault(next(fits, "other"), []).append(name)
    return {group: tuple(columns) for group, columns in found.items()}


def in_fives(days: float) -> int:
    """Days as they are said, in whole fives, halves away from nought: the model knows no better.

    >>> [in_fives(days) for days in (2.4, 2.5, -12.4, -12.5, 34.0)]
    [0, 5, -10, -15, 35]
    """
    return int(math.copysign(math.floor(abs(days) / 5 + 0.5) * 5, days))
