"""Rehabstöd's walk a second time, certificate by certificate in plain Python: slow, and a reading of R1-R9 and R12 line by line."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

DAY = dt.timedelta(1)


def certificates_of(rows):
    """patient -> certificates, each with all its periods; rows of dicts as rehabstod.unit_view takes them."""
    found = defaultdict(dict)
    for row in sorted(rows, key=lambda row: (row["start_date"], row["end_date"])):
        one = found[row["patient_id"]].setdefault(row["certificate_id"], {"id": row["certificate_id"], "periods": []})
        one["signed"] = row["issued_at"]
        one["periods"].append((row["start_date"], row["end_date"]))
    for mine in found.values():
        for one in mine.values():
            one["start"] = min(start for start, _ in one["periods"])
            one["end"] = max(end for _, end in one["periods"])
    return {patient: list(mine.values()) for patient, mine in found.items()}


def days_of(chain):
    return len({start + n * DAY for one in chain for start, end in one["periods"] for n in range((end - start).days + 1)})


def spell(patient, chain, shown):
    first, last = min(one["start"] for one in chain), max(one["end"] for one in chain)
    return (patient, first, last, days_of(chain), len(chain), shown["id"])


def unit_spells(rows, today, gap, days_since_end):
    """R2-R9: the spell of each patient that today, or a certificate just ended, belongs to."""
    made = []
    for patient, mine in certificates_of(rows).items():
        mine = sorted(mine, key=lambda one: (one["end"], one["id"]))
        active = [one for one in mine if any(start <= today <= end for start, end in one["periods"])]
        ended = [one for one in mine if one not in active and 1 <= (today - one["end"]).days <= days_since_end]
        if not active and not ended:
            continue
        latest = max((one["signed"] for one in active), default=None)
        anchor = next(one for one in active if one["signed"] == latest) if active else ended[0]
        at = mine.index(anchor)
        chain, compare = [anchor], anchor["end"]
        for one in sorted(mine[at + 1 :], key=lambda one: one["start"]):
            if one["start"] > compare + (gap + 1) * DAY:
                break
            chain.append(one)
            compare = one["end"]
        compare = min(one["start"] for one in chain)
        for one in reversed(mine[:at]):
            if one["end"] < compare - (gap + 1) * DAY:
                break
            chain.append(one)
            compare = one["start"]
        made.append(spell(patient, chain, anchor))
    return sorted(made)


def patient_spells(rows, today, gap):
    """R12: all begun spells of each patient, cut after the certificate before."""
    made = []
    for patient, mine in certificates_of(rows).items():
        chains = []
        for one in sorted(mine, key=lambda one: (one["start"], one["end"], one["id"])):
            if chains and one["start"] <= chains[-1][-1]["end"] + (gap + 1) * DAY:
                chains[-1].append(one)
            else:
                chains.append([one])
        for chain in chains:
            if min(one["start"] for one in chain) <= today:
                active = [one for one in chain if any(start <= today <= end for start, end in one["periods"])] or chain
                latest = max(one["signed"] for one in active)
                shown = min((one for one in active if one["signed"] == latest), key=lambda one: (one["end"], one["id"]))
                made.append(spell(patient, chain, shown))
    return sorted(made)
