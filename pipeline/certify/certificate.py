"""The certificate: a CSV of every number, a page that explains them, and a picture."""

from __future__ import annotations

import csv
import io
from itertools import groupby
from pathlib import Path

from pipeline.certify import picture
from pipeline.certify.register import SCENARIOS
from pipeline.certify.scenario import CHECK, DEFAULT, NAIVE
from pipeline.certify.summary import COVERAGE, MOST_FAILED, TYPE_I, Line

CSV, PAGE, PICTURE = "certification.csv", "certification.md", "certification.png"


def write(lines: list[Line], folder: Path, command: str, studies: int) -> Path:
    """Three files in `folder`, each whole or not there. Returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / CSV, lambda path: path.write_text(table(lines), encoding="utf-8"))
    _put(folder / PICTURE, lambda path: picture.draw(lines, path))
    _put(folder / PAGE, lambda path: path.write_text(page(lines, command, studies), encoding="utf-8"))
    return folder / PAGE


def _put(path: Path, fill) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        fill(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def table(lines: list[Line]) -> str:
    """Every line, every number, six digits."""
    text = io.StringIO()
    rows = [{name: f"{value:.6g}" if isinstance(value, float) else value for name, value in line.as_row().items()} for line in lines]
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def counted(lines: list[Line]) -> list[str]:
    """What the whole says, a sentence a kind."""
    said = []
    for kind, word in ((DEFAULT, "defaults"), (CHECK, "cross-checks")):
        of = [line for line in lines if line.kind == kind]
        out = [line for line in of if not line.inside]
        names = "; ".join(f"{line.scenario}: {line.estimator}" for line in out)
        said.append(f"{len(of) - len(out)} of {len(of)} {word} within the bounds" + (f". Outside: {names}." if out else "."))
    naive = [line for line in lines if line.kind == NAIVE]
    kept = [line for line in naive if line.inside]
    names = "; ".join(f"{line.scenario}: {line.estimator}" for line in kept)
    said.append(f"{len(naive) - len(kept)} of {len(naive)} naive estimators fail, as they must" + (f". Not: {names}." if kept else "."))
    return said


def page(lines: list[Line], command: str, studies: int) -> str:
    """The page in Markdown."""
    low, high = (f"{100 * one:.0f}" for one in COVERAGE)
    low_i, high_i = (f"{100 * one:.0f}" for one in TYPE_I)
    parts = [
        "# Certification of the estimators",
        f"Made by `{command}`; run it again and the same numbers come, at any number of cores. All of them, with more digits, "
        f"are in [{CSV}]({CSV}).",
        f"Every estimator of [models/effects](../models/effects/README.md) that gives an interval answers on {studies} simulated studies of each "
        f"kind below, and on {studies} more in which the treatment does nothing. The truth of each is known from the way it is drawn, by sums and "
        "integrals and not by simulation. **Coverage**: share of studies whose 95 % interval holds the truth. **Type I**: share with p < 0.05 where "
        f"the treatment does nothing. A default must come out at {low}-{high} % and {low_i}-{high_i} %, with an answer in all but {100 * MOST_FAILED:.0f} % of the studies; "
        "what does not is marked **OUTSIDE**, with a question where the bound is within two Monte Carlo standard errors (in "
        "parentheses) and more studies would have to tell. *SE ratio*: the errors told, over the true spread of the estimates.",
        "\n".join(f"- {one}" for one in counted(lines)),
        "Simulated studies fulfil what their estimators assume, but for the naive ones. Real ones need not: no certificate covers a reason for treatment "
        "that nobody recorded.",
        f"![Coverage and type I error of every estimator]({PICTURE})",
    ]
    for name, group in groupby(lines, key=lambda line: line.scenario):
        own = list(group)
        parts += [f"## {name}", SCENARIOS[name].text, _rows(own)]
        if told := [f"{line.estimator}: {line.note}" for line in own if line.note]:
            parts.append("; ".join(told) + ".")
    return "\n\n".join(parts) + "\n"


def _rows(lines: list[Line]) -> str:
    rows = ["| estimator | kind | truth | bias | RMSE | SE ratio | coverage % | type I % | no answer % | |", "|---|---|--:|--:|--:|--:|--:|--:|--:|---|"]
    for line in lines:
        digits = 3 if abs(line.truth) < 1 else 2 if abs(line.truth) < 100 else 0
        type_i = "–" if line.type_i != line.type_i else f"{100 * line.type_i:.1f} ({100 * line.type_i_mc:.1f})"
        verdict = f"**{line.verdict}**" if line.verdict.isupper() else line.verdict
        rows.append(
            f"| {line.estimator} | {line.kind} | {line.truth:.{digits}f} | {line.bias:.{digits}f} ({line.bias_mc:.{digits}f}) | "
            f"{line.rmse:.{digits}f} ({line.rmse_mc:.{digits}f}) | {line.se_ratio:.2f} | {100 * line.coverage:.1f} ({100 * line.coverage_mc:.1f}) | "
            f"{type_i} | {100 * line.failed:.1f} | {verdict} |"
        )
    return "\n".join(rows)
