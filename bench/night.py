"""The night at 0.1, 1 and 10 million certificates, beside the floor: the same files read, sorted and kept once.

    .venv/bin/python bench/night.py                # all three sizes
    .venv/bin/python bench/night.py --sizes 0.1,1
    .venv/bin/python bench/night.py --without-training     # scored by the shipped evidence model; each night tries anew

Each size is simulated into a home of its own, and the commands that a region runs are measured as child processes: the
first night, which reads everything and trains a model, and the next, to which nothing new was delivered. What is held
against the floor (bench/floor.py, a child too) is the first night without its training, which a region does a few times
a year: every file read anew, then spells, features, scores and lists. Each stage is told in wall and in CPU seconds of all
threads; on a machine that others use too, the CPU's are the ones to trust. bench/out/night.json keeps the figures.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
REHABRISK = [sys.executable, "-m", "pipeline"]
AS_OF = date(2026, 1, 12)
YEARS = 10  # of history: what a region has
PERSONS_PER_CERTIFICATE = 0.265


@dataclass(frozen=True)
class Cost:
    """What a child process or a stage took; CPU seconds of all its threads."""

    seconds: float
    cpu_seconds: float
    peak_mb: int


@dataclass(frozen=True)
class Night:
    """A whole night, its own process, and its stages."""

    whole: Cost
    stages: dict[str, Cost]

    def without(self, stage: str) -> Cost:
        """The night less one stage."""
        less = self.stages.get(stage, Cost(0, 0, 0))
        peak = max(one.peak_mb for name, one in self.stages.items() if name != stage)
        return Cost(self.whole.seconds - less.seconds, self.whole.cpu_seconds - less.cpu_seconds, peak)


def measured(command: list[str]) -> Cost:
    """Run a child process to its end."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, cwd=HERE.parent, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command[1:])} failed:\n{said.read().decode()}")
    cost = Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)
    print(*command[1:4], cost, file=sys.stderr, flush=True)
    return cost


def night(home: Path, as_of: date) -> Night:
    """One night by the command line."""
    whole = measured([*REHABRISK, "nightly", "--home", str(home), "--as-of", as_of.isoformat(), "--quiet"])
    record = json.loads(max((home / "runs").glob("*-nightly.json")).read_text())
    # the night forgets its high-water mark at every stage, so the process's own is the last stage's
    whole = replace(whole, peak_mb=max(whole.peak_mb, record["peak_memory_mb"]))
    return Night(whole, {name: Cost(**figures) for name, figures in record["stages"].items()})


def one_size(millions: float, root: Path, train: bool) -> dict:
    """Simulate, run two nights and the floor."""
    home = root / f"home-{millions:g}"
    measured([*REHABRISK, "init", str(home)])
    settings = home / "region.toml"
    # a large region runs out of the birth-number series kept for tests and goes on with reserve numbers
    more = '\n[[ingest.reserve_numbers]]\nname = "stockholm"\nchecked = true\n'
    text = settings.read_text() + more
    settings.write_text(text if train else text.replace("# min_moments = 2000 ", "min_moments = 1000000000 "))
    persons = int(millions * 1e6 * PERSONS_PER_CERTIFICATE)
    simulated = measured([
        *REHABRISK, "simulate", "--home", str(home), "--persons", str(persons),
        "--years", str(YEARS), "--as-of", AS_OF.isoformat(),
    ])  # fmt: skip
    raw = home / "raw" / AS_OF.isoformat()
    certificates = duckdb.sql(
        f"select count(*) from read_csv('{raw}/certificates.csv', delim=';', all_varchar=true)"
    ).fetchall()[0][0]
    first = night(home, AS_OF)
    bottom = measured([sys.executable, str(HERE / "floor.py"), str(raw), str(root / "floor")])
    shutil.rmtree(root / "floor")
    later = night(home, AS_OF + timedelta(days=1))
    return {
        "certificates": certificates,
        "trains": train,
        "raw_mb": sum(file.stat().st_size for file in raw.iterdir()) >> 20,
        "simulate": simulated,
        "first": first,
        "untrained": first.without("train"),
        "next": later,
        "floor": bottom,
    }


def show(found: list[dict]) -> str:
    """The table that docs/performance.md quotes."""
    lines = []
    for one in found:
        n, floor = one["certificates"], one["floor"]

        def line(what: str, cost: Cost, n: int = n, floor: Cost | None = None) -> str:
            said = f"  {what:<34}{cost.seconds:8.1f} s {cost.cpu_seconds:8.1f} CPU s {n / max(cost.seconds, 0.01):>11,.0f} certificates/s {cost.peak_mb:>6} MB"
            if floor:
                said += f"   {cost.seconds / floor.seconds:5.2f} x the floor, CPU {cost.cpu_seconds / floor.cpu_seconds:5.2f} x"
            return said

        lines += [f"\n{n:,} certificates, {one['raw_mb']:,} MB of CSV", line("simulate", one["simulate"])]
        lines += [line(f"first night: {name}", cost) for name, cost in one["first"].stages.items()]
        lines += [line("first night, whole", one["first"].whole), line("first night, less training", one["untrained"], n, floor)]
        lines += [line(f"next night: {name}", cost) for name, cost in one["next"].stages.items()]
        lines += [line("next night, less training", one["next"].without("train"), n, floor), line("floor", floor)]
    if len(found) > 1:
        lines.append("\nGrowth of the first night, less training")
        for small, large in itertools.pairwise(found):
            rows = large["certificates"] / small["certificates"]
            wall, cpu = (getattr(large["untrained"], what) / getattr(small["untrained"], what) for what in ("seconds", "cpu_seconds"))
            lines.append(f"  {rows:5.1f} x the rows took {wall:5.1f} x the time, {cpu:5.1f} x the CPU seconds")
    return "\n".join(lines)


def main() -> None:
    """Parse sizes, run, print, keep bench/out/night.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="0.1,1,10", help="millions of certificates, comma separated")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    parser.add_argument("--without-training", action="store_true", help="let the night fall back on the shipped evidence model")
    given = parser.parse_args()
    root = given.keep or Path(tempfile.mkdtemp(prefix="rehabrisk-bench-"))
    found = []
    try:
        for size in given.sizes.split(","):
            found.append(one_size(float(size), root, not given.without_training))
            print(show(found[-1:]), flush=True)
    finally:
        if not given.keep:
            shutil.rmtree(root, ignore_errors=True)
    out = HERE / "out" / "night.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=1, default=asdict))
    if len(found) > 1:
        print(show(found))


if __name__ == "__main__":
    main()
