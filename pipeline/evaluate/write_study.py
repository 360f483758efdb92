"""A study's files: results.json, tables as CSV, figures as SVG and PNG, the report; the folder of tables and figures
is replaced whole, so that nothing of an earlier run stays."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from matplotlib import pyplot as plt

from pipeline.evaluate.figures import LOOK, all_figures
from pipeline.evaluate.words import Speech
from pipeline.evaluate.write_page import page, svg
from pipeline.store.files import private_folder, replace_folder, write_text_whole, write_whole

PDF_SECONDS = 90


def write_study(results: dict, folder: Path, language: str) -> Path:
    """Write everything under `folder`; the page is made from results.json as it was written. Returns the page."""
    private_folder(folder)
    file = write_text_whole(folder / "results.json", as_text(results))
    report = write_report(file, folder, language)
    _write_pdf(report)
    return report


def write_report(file: Path, folder: Path, language: str) -> Path:
    """Tables, figures and page from a results.json and nothing else."""
    results, say = json.loads(file.read_text(encoding="utf-8")), Speech(language)
    figures = all_figures(results, say)
    try:
        replace_folder(folder / "tables", lambda beside: _tables(results, beside))
        replace_folder(folder / "figures", lambda beside: _figures(figures, beside))
        return write_text_whole(folder / "report.html", page(results, figures, say))
    finally:
        plt.close("all")


def _figures(figures: dict, folder: Path) -> None:
    for name, figure in figures.items():
        (folder / f"{name}.svg").write_text(svg(figure) + "\n", encoding="utf-8")
        with plt.rc_context(LOOK):
            figure.savefig(folder / f"{name}.png", bbox_inches="tight", pad_inches=0.05, metadata={"Software": None})


def _tables(results: dict, folder: Path) -> None:
    found = {
        "flow": results["flow"]["steps"], "table_one": results["table_one"], "balance": results["balance"]["rows"],
        "power": results["power"]["curve"],
    }  # fmt: skip
    if results["kind"] == "study":
        told, other = results["secondary"], results["sensitivity"]
        found |= {
            "primary": [results["primary"]["estimate"] | {"what": "adjusted"}, results["primary"]["percent"] | {"what": "percent"},
                        results["crude"] | {"what": "unadjusted"}],
            "subgroups": [{"split": split["name"]["en"], **row} for split in results["subgroups"] for row in split["levels"]],
            "sensitivity": [{"kind": kind, **row} for kind in ("methods", "without", "gaps", "tipping") for row in other[kind]],
            "falsification": results["falsification"],
            "event_study": (results["stepped"] or {}).get("course", []),
            "published": results["published"],
            "degree": told.get("degree", {}).get("months", []),
            "return_curve": told.get("return", {}).get("curve", []),
            "relapse_curve": told.get("relapse", {}).get("curve", []),
            "cost": told.get("cost", {}).get("curve", []),
            "targeting": (results["targeting"] or {}).get("curve", []),
            "return_at_risk": told.get("return", {}).get("risk", []),
        }  # fmt: skip
    for name, rows in found.items():
        if rows:
            flat = [_flat(row) for row in rows]
            columns = list(dict.fromkeys(key for row in flat for key in row))
            whole = pl.DataFrame([{key: row.get(key) for key in columns} for row in flat], infer_schema_length=None)
            # a byte-order mark and semicolons: a double-click in Excel opens it as a table
            (folder / f"{name}.csv").write_text("\ufeff" + whole.write_csv(separator=";"), encoding="utf-8")


def _flat(row: dict, before: str = "") -> dict:
    made = {}
    for key, value in row.items():
        made |= _flat(value, f"{before}{key}_") if isinstance(value, dict) else {f"{before}{key}": value}
    return made


def chromium() -> str | None:
    """Where a Chromium is, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)


def _write_pdf(report: Path) -> None:
    """report.pdf beside the page where a Chromium is installed; an old one is never left beside a new page."""
    target = report.with_suffix(".pdf")
    target.unlink(missing_ok=True)
    program = chromium()
    if program is None:
        return

    def make(beside: Path) -> None:
        with tempfile.TemporaryDirectory() as profile:
            subprocess.run(
                [program, "--headless", "--disable-gpu", f"--user-data-dir={profile}", "--no-pdf-header-footer",
                 *(["--no-sandbox"] if os.geteuid() == 0 else []), f"--print-to-pdf={beside}", report.as_uri()],
                check=True, capture_output=True, timeout=PDF_SECONDS,
            )  # fmt: skip
        if beside.stat().st_size == 0:
            raise OSError("nothing was printed")

    try:
        write_whole(target, make)
    except (OSError, subprocess.SubprocessError):
        return  # the page can be printed by hand; a study is not lost for want of a browser


def as_text(results: dict) -> str:
    """JSON with nothing in it that JSON does not have."""
    return json.dumps(plain(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Numbers of the language, None for those that do not exist, ten significant digits."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if hasattr(value, "item"):
        return plain(value.item())
    return float(f"{value:.10g}") if math.isfinite(value) else None
