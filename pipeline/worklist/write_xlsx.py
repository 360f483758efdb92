"""A unit's list as a spreadsheet to work in: the region's words, numbers as numbers, drop-downs to fill in."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import polars as pl
import xlsxwriter

from pipeline.worklist.words import CODED, COLUMNS, FILLED_IN, choices, words

# Nothing that comes from a register may become a formula, a link or a number; and no name may lie in /tmp
# meanwhile, which is where the library would otherwise build the file.
PLAIN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}
WIDTHS = {
    "patient_id": 15, "name": 26, "spell_start": 12, "certificate_end": 12, "offered_on": 13, "target_group": 20,
    "reason_1": 34, "reason_2": 34, "reason_3": 34, "status": 20, "external_consent": 16, "note": 40, "rank": 5,
    "age": 6, "day": 6,
}  # fmt: skip
KEPT_IN_SIGHT = 3  # rank, number and name, beside every other column
PRINTED_PERCENT = 55  # the wider of the two pages fills an A4 on its side
FORMATS = {"p_90": "0 %", "p_180": "0 %"}


def write_xlsx(rows: pl.DataFrame, path: Path, language: str, unit_id: str, as_of: date) -> None:
    """Write the contract's columns of `rows` (and within_capacity) as one sheet.

    Heads and codes are in `language`; unit_id and the list's date stand in the file's properties, so that it can
    be put back under any name. The rows within capacity are shaded, with a line under the last.
    """
    spoken = words(language)
    with xlsxwriter.Workbook(str(path), PLAIN) as book:
        # created on the list's date, not at the hour of the run: the same list gives the same file
        made = datetime.combine(as_of, time())
        book.set_properties({"title": spoken["title"], "subject": unit_id, "created": made})
        book.set_custom_property("unit_id", unit_id)
        book.set_custom_property("as_of", as_of.isoformat())
        sheet = book.add_worksheet(spoken["sheet"])
        styles = _Styles(book)
        last = max(rows.height, 1)
        for at, name in enumerate(COLUMNS):
            # the column's own format reaches the rows a coordinator adds below: an identity number stays text
            sheet.set_column(at, at, WIDTHS.get(name, 11), styles.cell(name, False, False))
            sheet.write_string(0, at, spoken["heads"][name], styles.head(name))
        cut = int(rows["within_capacity"].sum()) if rows.height else 0
        body = rows.select(*COLUMNS)
        for line, row in enumerate(body.iter_rows(named=True), 1):
            for at, (name, value) in enumerate(row.items()):
                style = styles.cell(name, line <= cut, line == cut < rows.height)
                if value is None:
                    sheet.write_blank(line, at, None, style)
                elif isinstance(value, date):
                    sheet.write_datetime(line, at, value, style)
                elif isinstance(value, str):
                    sheet.write_string(
                        line, at, spoken[name].get(value, value) if name in CODED else value, style
                    )
                else:
                    sheet.write_number(line, at, value, style)
        sheet.freeze_panes(1, KEPT_IN_SIGHT)
        sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
        _drop_downs(sheet, language, last)
        sheet.set_landscape()
        sheet.set_paper(9)
        # 27 columns on one page could not be read: facts and figures on one, reasons and answers on the next
        sheet.set_margins(left=0.25, right=0.25, top=0.5, bottom=0.6)
        sheet.set_print_scale(PRINTED_PERCENT)
        sheet.set_v_pagebreaks([list(COLUMNS).index("reason_1")])
        sheet.repeat_rows(0)
        sheet.repeat_columns(0, KEPT_IN_SIGHT - 1)
        sheet.set_footer(f"&L{spoken['secret']}&R&P / &N")


def _drop_downs(sheet: xlsxwriter.worksheet.Worksheet, language: str, last: int) -> None:
    """Rows below the list may be filled in too: a coordinator can add anyone."""
    spoken = words(language)
    places = {name: at for at, name in enumerate(COLUMNS)}
    for name, allowed in choices(language).items():
        sheet.data_validation(1, places[name], last + 200, places[name], {
            "validate": "list", "source": allowed, "error_title": spoken["heads"][name][:32],
            "error_message": spoken["pick"],
        })  # fmt: skip
    at = places["offered_on"]
    sheet.data_validation(1, at, last + 200, at, {
        "validate": "date", "criteria": ">=", "value": date(2000, 1, 1), "error_message": spoken["a_date"],
    })  # fmt: skip


class _Styles:
    """Cell formats, made once each."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self.made: dict[tuple, object] = {}
        self.cells: dict[tuple, object] = {}

    def head(self, name: str) -> object:
        colour = "#FFF2CC" if name in FILLED_IN else "#DDE7F0"
        return self._style(bold=True, text_wrap=True, valign="top", bg_color=colour, bottom=1)

    def cell(self, name: str, within: bool, last_within: bool) -> object:
        key = (name, within, last_within)
        if key not in self.cells:
            self.cells[key] = self._cell(*key)
        return self.cells[key]

    def _cell(self, name: str, within: bool, last_within: bool) -> object:
        style: dict = {"valign": "top"}
        kind = COLUMNS[name]
        if kind == pl.Date:
            style["num_format"] = "yyyy-mm-dd"
        elif kind == pl.Float64:
            style["num_format"] = FORMATS.get(name, "0.0")
        elif kind == pl.String:
            style |= {"num_format": "@", "text_wrap": name.startswith(("reason", "note"))}
        if within:
            style["bg_color"] = "#EEF6EE"
        if last_within:
            style |= {"bottom": 5, "bottom_color": "#2F6B2F"}
        return self._style(**style)

    def _style(self, **style: object) -> object:
        key = tuple(sorted(style.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(style)
        return self.made[key]
