"""What a list tells beside the day: the days left to each limit, and how Rehabstöd counts the same spell where it differs."""

from __future__ import annotations

from typing import Any

LIMITS = (8, 90, 180, 365)  # doctor's certificate; work with the employer, the labour market, beyond (SFB 27:46-49)


def beside(row: dict[str, Any], words: dict[str, Any]) -> dict[str, Any]:
    """`limits`: lines on day 8, 180 and 365 (day 90 has a column of its own) and on the chain; `screen`: lines, none where they agree.

    row : an entry with day and, where known, days, chain_day, screen_start, screen_days (spells.shown_elsewhere).

    >>> from pipeline.worklist.words import words
    >>> beside({"day": 100, "chain_day": 130, "screen_days": None}, words("en"))["limits"]
    ['day 180: 80', 'day 365: 265', 'now chain day 130', 'chain day 180: 50']
    """
    day, chain = row["day"], row.get("chain_day")
    limits = [f"{words['day']} {limit}: {limit - day}" for limit in LIMITS if day <= limit and limit != 90]
    if chain is not None and chain != day:
        limits.append(words["chain_now"].format(day=chain))
        limits += [f"{words['chain_day']} {limit}: {limit - chain}" for limit in LIMITS if chain <= limit][:1]
    shown, start = row.get("screen_days"), row.get("screen_start")
    screen = []
    if shown is not None and (shown, start) != (row["days"], row["spell_start"]):
        screen.append(words["screen"].format(days=row["days"], shown=shown))
        if start != row["spell_start"]:
            screen.append(words["screen_from"].format(start=start))
    return {"limits": limits, "screen": screen}
