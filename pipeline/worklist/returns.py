"""Lists that coordinators filled in and put back: what they say about offers, answers and status.

A list may have been opened, sorted, saved by Excel or LibreOffice as anything they call CSV, and renamed. What cannot
be read is told by file, line and rule; nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from pipeline.config.home import Home
from pipeline.config.region import ReserveNumber
from pipeline.privacy.identity import normalise
from pipeline.worklist.returned_files import ReturnedFile, UnreadableList, read_file
from pipeline.worklist.words import FILLED_IN, LANGUAGES, words

FOLDER = "worklist_returns"
UNDATED = "no date of return"
ROWS = {
    "file": pl.String, "line": pl.Int64, "patient_id": pl.String, "unit_id": pl.String, "spell_start": pl.Date,
    "status": pl.String, "offered_on": pl.Date, "answer": pl.String, "external_consent": pl.Boolean,
    "note": pl.String, "known_on": pl.Date,
}  # fmt: skip
REJECTED = {"file": pl.String, "line": pl.Int64, "rule": pl.String, "text": pl.String, "known_on": pl.Date}
FILES = dict.fromkeys(("received", "accepted", "untouched", "repeated", "rejected"), pl.Int64)

# The answer that a status implies where the coordinator left it blank.
IMPLIED = {"contacted": "pending", "active": "accepted", "follow_up": "accepted", "declined": "declined"}
YES, NO = ("1", "ja", "yes", "j", "y", "x", "true", "sant"), ("0", "nej", "no", "n", "false", "falskt")
MONTHS = {
    name: at
    for at, names in enumerate(
        ("jan januari january", "feb februari february", "mar mars march", "apr april", "maj may", "jun juni june",
         "jul juli july", "aug augusti august", "sep sept september", "okt oct oktober october",
         "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True)
class ReturnReport:
    """What came back.

    rows : ROWS, one a person and spell that a coordinator wrote something about. patient_id is text as it stood, to
        be normalised and made a pseudonym; status and answer are canonical codes; spell_start is null for a
        person the coordinator added; known_on is the day from which it may be used (null: the file does not tell;
        `returned` rejects such rows).
    rejected : REJECTED; `text` is the raw row and must only be kept encrypted. line 0 = the whole file.
    files : file, received, accepted, untouched, repeated, rejected; received = the sum of the other four.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    files: pl.DataFrame

    def totals(self) -> dict[str, int]:
        """How many files came back, and the counts of `files` over all of them."""
        return {"files": self.files.height} | {name: int(self.files[name].sum()) for name in FILES}

    def remedies(self) -> list[str]:
        """What to do about rows that would count if only one thing were told; a line a file, naming no one."""
        undated = self.rejected.filter(pl.col("rule") == UNDATED).group_by("file", maintain_order=True).len("rows")
        return [
            f"{file}: {rows} rows tell no date from which they count ({UNDATED}); "
            f"put the file under raw/{FOLDER}/<date>/, the date it came back"
            for file, rows in undated.iter_rows()
        ]


def read_returns(folder: Path) -> ReturnReport:
    """Read every .csv and .xlsx under `folder`, in order of name; an absent folder gives an empty report."""
    return _report(folder, _files_in(folder))


def returned(home: Home, as_of: date, reserve_numbers: tuple[ReserveNumber, ...] = ()) -> ReturnReport:
    """Everything put back that was known at `as_of`: raw/worklist_returns and raw/<delivery>/worklist_returns.

    A file is known from the date of its delivery or of a folder around it, else from the latest offer written in it;
    never before the day after the list's own date, as the night that made a list cannot have read it. Rejected here:
    numbers that are no identity numbers (nor one of the region's `reserve_numbers`), and rows that no date says
    when to use.
    """
    files = list(_files_in(home.raw / FOLDER))
    if home.raw.is_dir():
        for delivery in sorted(one for one in home.raw.iterdir() if (one / FOLDER).is_dir()):
            if (on := _date_of_folder(delivery)) and on <= as_of:
                files += _files_in(delivery / FOLDER)
    report = _report(home.raw, iter(files), as_of)
    problems = normalise(report.rows["patient_id"], as_of, reserve_numbers)["problem"]
    rules = report.rows.select(
        pl.coalesce(
            "patient_id " + problems,
            pl.when(pl.col("known_on").is_null()).then(pl.lit(UNDATED)),
        ).alias("rule")
    )
    return _rejecting(report, rules["rule"])


def _rejecting(report: ReturnReport, rules: pl.Series) -> ReturnReport:
    """The report with the rows that break a rule (null = none) moved to those rejected."""
    false = report.rows.with_columns(rule=rules).filter(pl.col("rule").is_not_null())
    if false.is_empty():
        return report
    told = false.select(
        "file",
        "line",
        "rule",
        text=pl.concat_str(
            "patient_id", "spell_start", "status", "answer", "note", separator=";", ignore_nulls=True
        ),
        known_on="known_on",
    )
    more = false.group_by("file").len("more")
    files = report.files.join(more, on="file", how="left", maintain_order="left").with_columns(
        accepted=pl.col("accepted") - pl.col("more").fill_null(0),
        rejected=pl.col("rejected") + pl.col("more").fill_null(0),
    )
    return ReturnReport(
        report.rows.filter(rules.is_null()),
        pl.concat([report.rejected, told]).sort("file", "line"),
        files.drop("more").cast(dict.fromkeys(FILES, pl.Int64)),
    )


def _files_in(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        # ~$ and .~lock are what spreadsheets leave beside an open file
        if (
            path.is_file()
            and path.suffix.lower() in (".csv", ".xlsx")
            and not path.name.startswith((".", "~"))
        ):
            yield path


def _report(base: Path, paths: Iterator[Path], as_of: date | None = None) -> ReturnReport:
    rows: list[dict] = []
    rejected: list[dict] = []
    files: list[dict] = []
    for path in paths:
        shown = path.relative_to(base).as_posix()
        try:
            file = read_file(path)
        except UnreadableList as rule:
            on = max(
                (day for one in path.relative_to(base).parents if (day := _date_of_folder(one))), default=None
            )
            if as_of is not None and on is not None and on > as_of:
                continue
            rejected.append({"file": shown, "line": 0, "rule": str(rule), "text": "", "known_on": on})
            files.append({"file": shown} | dict.fromkeys(FILES, 0) | {"received": 1, "rejected": 1})
            continue
        good, bad, counts = _read_rows(file, shown)
        on = _known_on(path, base, file, good)
        if as_of is not None and on is not None and on > as_of:
            continue
        rows += [row | {"known_on": on} for row in good]
        rejected += [row | {"known_on": on} for row in bad]
        files.append({"file": shown} | counts)
    return ReturnReport(
        pl.DataFrame(rows, schema=ROWS),
        pl.DataFrame(rejected, schema=REJECTED),
        pl.DataFrame(files, schema={"file": pl.String} | FILES),
    )


def _read_rows(file: ReturnedFile, shown: str) -> tuple[list[dict], list[dict], dict[str, int]]:
    seen: dict[tuple, list[dict]] = {}
    bad: list[dict] = []
    untouched = repeated = 0
    for line, cells in file.rows:
        if not any(cells.get(name) for name in FILLED_IN):
            untouched += 1
            continue
        row, rule = read_row(cells)
        text = ";".join(cells.values())
        if rule:
            bad.append({"file": shown, "line": line, "rule": rule, "text": text})
            continue
        row |= {"file": shown, "line": line, "unit_id": file.unit_id}
        same_key = seen.setdefault((re.sub(r"\D", "", row["patient_id"]), row["spell_start"]), [])
        if any(_said(row) == _said(other) for other in same_key):
            repeated += 1
        else:
            same_key.append(row | {"text": text})
    good: list[dict] = []
    for rows in seen.values():
        if len(rows) == 1:
            good += [{name: value for name, value in rows[0].items() if name != "text"}]
        else:  # one person, two stories: neither is taken
            bad += [
                {"file": shown, "line": row["line"], "rule": "two rows differ", "text": row["text"]}
                for row in rows
            ]
    counts = {"received": len(file.rows), "accepted": len(good), "untouched": untouched, "repeated": repeated,
              "rejected": len(bad)}  # fmt: skip
    return good, sorted(bad, key=lambda one: one["line"]), counts


def _said(row: dict) -> tuple:
    return tuple(row[name] for name in FILLED_IN)


def read_row(cells: dict[str, str]) -> tuple[dict, str]:
    """One row's values, and the first rule it breaks ("" when none)."""
    blank = dict.fromkeys(("spell_start", "offered_on", "status", "answer", "external_consent"))
    row: dict = {"patient_id": cells.get("patient_id", ""), "note": cells.get("note") or None} | blank
    if not row["patient_id"]:
        return row, "patient_id missing"
    if re.search(r"\d[,.]?\d*E\+?\d", row["patient_id"], re.I):
        # a spreadsheet took the number for a quantity and dropped its last digits
        return row, "patient_id rounded by spreadsheet"
    readers = {"spell_start": read_date, "offered_on": read_date, "external_consent": _yes_or_no,
               "status": lambda text: _code("status", text), "answer": lambda text: _code("answer", text)}  # fmt: skip
    for name, read in readers.items():
        if cells.get(name):
            row[name] = read(cells[name])
            if row[name] is None and cells[name] != "-":  # "-" is Rehabstöd's word for none
                return row, f"{name} not understood"
    implied = IMPLIED.get(row["status"])
    if row["answer"] is None:
        row["answer"] = implied
    elif implied in ("accepted", "declined") and row["answer"] != implied:
        return row, "status and answer disagree"
    return row, ""


def read_date(text: str) -> date | None:
    """A date as people in Sweden write it, or None; 3/4/2026 is left alone, as it may mean April or March.

    >>> read_date("2026-01-31") == read_date("20260131") == read_date("31 januari 2026") == read_date("31/1 2026")
    True
    """
    text = re.sub(r"[ T]00:00(:00)?$", "", text.strip().lower()).rstrip(".")
    if found := re.fullmatch(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})", text):
        parts = found.groups()
    elif found := re.fullmatch(r"(\d{2})(\d{2})(\d{2})", text):
        parts = ("20" + found[1], found[2], found[3])
    elif found := re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})[-/. ](\d{4})", text):
        # with a full stop, or "31/1 2026", the day comes first; otherwise only where it cannot be the month
        if not (found[2] == "." or " " in text or int(found[1]) > 12 or found[1] == found[3]):
            return None
        parts = (found[4], found[3], found[1])
    elif (found := re.fullmatch(r"(\d{1,2})[ -]([a-zå]+)\.?[ -](\d{4})", text)) and found[2] in MONTHS:
        parts = (found[3], MONTHS[found[2]], found[1])
    elif re.fullmatch(r"[345]\d{4}", text):  # days since 1899-12-30, a date cell saved without its format
        return date(1899, 12, 30) + timedelta(int(text))
    else:
        return None
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None


def _code(column: str, text: str) -> str | None:
    return _CODES[column].get(text.strip().lower())


def _yes_or_no(text: str) -> bool | None:
    said = text.strip().lower()
    return True if said in YES else False if said in NO else None


_CODES = {
    column: {code: code for code in words("en")[column]}
    | {word.lower(): code for language in LANGUAGES for code, word in words(language)[column].items()}
    for column in ("status", "answer")
}


def _known_on(path: Path, base: Path, file: ReturnedFile, rows: list[dict]) -> date | None:
    told = [on for folder in path.relative_to(base).parents if (on := _date_of_folder(folder))]
    told = told or [row["offered_on"] for row in rows if row["offered_on"]]
    if lists := file.as_of or _list_date(file):
        told.append(lists + timedelta(1))
    return max(told, default=None)


def _list_date(file: ReturnedFile) -> date | None:
    """The day a CSV list was made, from its own columns: a spell's start and which day of it the list was."""
    days = Counter(
        start + timedelta(int(cells["day"]) - 1)
        for _, cells in file.rows
        if cells.get("day", "").isdigit() and (start := read_date(cells.get("spell_start", "")))
    )
    return max(days, key=lambda day: (days[day], day)) if days else None


def _date_of_folder(folder: Path) -> date | None:
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        return None
