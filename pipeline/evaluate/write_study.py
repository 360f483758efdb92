"""A study's files: results.json, tables as CSV, figures as SVG and PNG, the report; the folder of tables and figures
is replaced whole, so that nothing of an earlier run stays."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from matplotlib import pyplot as plt

from pipeline.errors import UsageError
from pipeline.evaluate.figures import LOOK, all_figures
from pipeline.evaluate.words import Speech
from pipeline.evaluate.write_page import page, svg
from pipeline.store.files import replace_folder, write_text_whole, write_whole

PDF_SECONDS = 90
RESULTS, FOLDERS = "results.json", ("tables", "figures")


def hold(folder: Path) -> None:
    """Raise UsageError where a study cannot be put: a file, or a folder whose tables or figures no study has made, for they
    would be replaced. A folder that is there keeps its rights; what is put into it is readable by the owner alone."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", remedy="give a folder with --out")
    if others := [name for name in FOLDERS if (folder / name).exists() and not (folder / RESULTS).is_file()]:
        raise UsageError(
            f"{folder} holds {' and '.join(others)} of something else, which a study would replace", remedy="give another folder with --out"
        )


def write_study(results: dict, folder: Path, language: str) -> Path:
    """Write everything under `folder`; the page is made from results.json as it was written. Returns the page."""
    file = write_text_whole(folder / RESULTS, as_text(results))
    report = write_report(file, folder, language)
    _write_pdf(report)
    return report


def write_report(file: Path, folder: Path, language: str) -> Path:
    """Tables, figures and page from a results.json and nothing else."""
    results, say = json.loads(file.read_text(encoding="utf-8")), Speech(language)
    figures = all_figures(results, say)
    try:
        for name, fill in zip(FOLDERS, (partial(_tables, results), partial(_figures, figures)), strict=True):
            replace_folder(folder / name, fill)
        return write_text_whole(folder / "report.html", page(results, figures, say))
    finally:
        plt.close("all")


def _figures(figures: dict, folder: Path) -> None:
    for name, figure in figures.items():
        (folder / f"{name}.svg").write_text(svg(figure) + "\n", encoding="utf-8")
        with plt.rc_context(LOOK):
            figure.savefig(folder / f"{name}.png", bbox_inches="tight", pad_inches=0.05, metadata={"Software": None})
    _private(folder)


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
    _private(folder)


def _private(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(0o600)


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
    """Numbers of the language, None for those that do not exist, six significant digits."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if hasattr(value, "item"):
        return plain(value.item())
    return float(f"{value:.6g}") if math.isfinite(value) else None
