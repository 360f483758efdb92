"""The report's words in its language, and numbers as that language writes them."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("sv", "en")
MINUS, NARROW = "−", "\u202f"


@cache
def table(language: str) -> dict[str, Any]:
    """All words of a language."""
    return tomllib.loads((Path(__file__).parent / "locale" / f"{language}.toml").read_text(encoding="utf-8"))


class Speech:
    """Words and numbers of one language.

    >>> Speech("sv").number(-1234.56, 1)
    '−1\\u202f234,6'
    >>> Speech("en").p(0.0004)
    '<0.001'
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = table(language)

    def __call__(self, name: str, /, **filled: Any) -> str:
        """The words at `name` ("text.cost"), places filled in; numbers are to be written beforehand."""
        found: Any = self.words
        for part in name.split("."):
            found = found[part]
        return found.format(**filled) if filled else found

    def both(self, words: dict[str, str] | None) -> str:
        """A protocol's own words."""
        return "" if not words else words[self.language]

    def low(self, words: dict[str, str]) -> str:
        """The same inside a sentence: a small first letter, unless it is an abbreviation."""
        text = self.both(words)
        return text if text[1:2].isupper() else text[:1].lower() + text[1:]

    def number(self, value: float | None, digits: int = 0, sign: bool = False) -> str:
        if value is None:
            return self.words["hidden"]
        text = f"{value:+,.{digits}f}" if sign else f"{value:,.{digits}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("+-")
        separator = NARROW if self.language == "sv" else ","
        point = self.words["decimal"]
        return text.replace(",", "\0").replace(".", point).replace("\0", separator).replace("-", MINUS)

    def p(self, value: float | None) -> str:
        if value is None:
            return self.words["hidden"]
        return f"<{self.number(0.001, 3)}" if value < 0.001 else self.number(value, 3 if value < 0.1 else 2)

    def interval(self, row: dict | None, digits: int = 0) -> str:
        if row is None or row.get("ci_low") is None or row.get("ci_high") is None:
            return self.words["hidden"]
        return f"{self.number(row['ci_low'], digits)} {self.words['to']} {self.number(row['ci_high'], digits)}"

    def column(self, name: str) -> str:
        """A column's name as a reader says it; unknown ones as they are."""
        base, _, level = name.partition(": ")
        if base.endswith(" unknown"):
            return f"{self.column(base.removesuffix(' unknown'))}: {self.words['table']['unknown']}"
        said = self.words["columns"].get(base, base)
        return f"{said}: {self.level(base, level)}" if level else said

    def known(self, table: str, name: str) -> str:
        """A name that is in the results as its source writes it; unknown ones as they are."""
        return self.words[table].get(name, name)

    def printed(self, text: str) -> str:
        """Figures as printed in English, as the language writes them."""
        text = re.sub(r"\b(against|to|over|assumed|no interval)\b", lambda found: self.words["printed"][found[0]], text)
        text = re.sub(r"(?<![\w.)])-(?=\d)", MINUS, text)
        text = re.sub(r"(?<=\d)-(?=\d)", "–", text).replace(" %", self.words["per_cent"])
        return re.sub(r"(?<=\d)\.(?=\d)", self.words["decimal"], text)

    def level(self, column: str, level: str) -> str:
        """A level's name."""
        own = self.words["levels"].get(column, {})
        found = own.get(level) if isinstance(own, dict) else None
        if found or level in ("unknown", "other"):
            return found or self.words["levels"][level]
        parts = [own.get(part, part) for part in level.split("|")] if isinstance(own, dict) else [level]
        return " + ".join(parts)
