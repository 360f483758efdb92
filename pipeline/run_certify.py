"""The verb `certify`: simulated studies whose truth is known, and what the estimators make of them."""

from __future__ import annotations

import time
from pathlib import Path

from pipeline.certify import certificate
from pipeline.certify.register import SCENARIOS
from pipeline.certify.simulation import WORLDS, run
from pipeline.certify.summary import summarise
from pipeline.console import Console
from pipeline.errors import UsageError

FEWEST = 20  # studies; fewer say nothing of a coverage


def certify(studies: int, seed: int, cores: int | None, out: Path, only: tuple[str, ...], console: Console) -> Path:
    """Run, summarise, write. Returns the page's path.

    Raises UsageError for too few studies, no core, or a scenario that does not exist.
    """
    if studies < FEWEST:
        raise UsageError(f"{studies} studies say nothing of a coverage", remedy=f"ask for --studies {FEWEST} or more; 500 is usual")
    if cores is not None and cores < 1:
        raise UsageError(f"{cores} cores cannot run anything", remedy="leave --cores out to use all")
    if unknown := [name for name in only if name not in SCENARIOS]:
        raise UsageError(f"there is no scenario {', '.join(unknown)}", remedy=f"choose among: {'; '.join(SCENARIOS)}")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder", remedy="give a folder with --out")
    names = tuple(name for name in SCENARIOS if not only or name in only)
    begun = time.perf_counter()
    tenth = 0

    def told(done: int, total: int) -> None:
        nonlocal tenth
        if done * 10 // total > tenth:
            tenth = done * 10 // total
            console.note(f"  {done:>7,} of {total:,} studies, {done / (time.perf_counter() - begun):,.1f} a second".replace(",", " "))

    with console.stage(f"certify: {len(names)} scenarios, with and without an effect, {studies} studies each"):
        found = run(names, studies, seed, cores, told)
    seconds = time.perf_counter() - begun
    lines = [line for name in names for line in summarise(SCENARIOS[name], *(found[name, world] for world in WORLDS))]
    command = f"rehabrisk certify --studies {studies} --seed {seed}" + "".join(f' --only "{name}"' for name in only)
    made = certificate.write(lines, out, command, studies)
    count = len(names) * len(WORLDS) * studies
    rows = [("studies a second", f"{count / seconds:.1f} ({count} in {seconds:.0f} s)")]
    console.summary("certified", [*rows, *zip(("defaults", "cross-checks", "naive"), certificate.counted(lines), strict=True), ("page", str(made))])
    return made
