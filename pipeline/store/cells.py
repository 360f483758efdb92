"""Text cells that no spreadsheet takes for a formula, and that read back as they were."""

from __future__ import annotations

# What makes a spreadsheet calculate (OWASP, "CSV injection"), full-width forms and leading line breaks included;
# the mark itself too, so that taking it away again is never a guess.
MARK = "'"
RISKY = (*"=+-@\t\r\n＝＋－＠", MARK)


def guarded(text: str) -> str:
    """`text`, with an apostrophe before it when a spreadsheet might run it."""
    return MARK + text if text.startswith(RISKY) else text


def unguarded(text: str) -> str:
    """What `guarded` was given. An apostrophe before anything else is the writer's own and stays."""
    return text[1:] if text.startswith(MARK) and text[1:].startswith(RISKY) else text
