"""Small synthetic regions for whole-night tests, made once a session."""

from datetime import date
from pathlib import Path

from pipeline import housekeeping
from pipeline.config.home import Home
from pipeline.console import Console

AS_OF = date(2026, 1, 12)
QUIET = Console(quiet=True)


def region(folder: Path, persons: int = 4_000, **how) -> Home:
    """A home with a synthetic region's first delivery."""
    home = Home(folder)
    housekeeping.init(home, QUIET)
    housekeeping.simulate(
        home, persons, AS_OF, seed=how.pop("seed", 7), years=how.pop("years", 3.0),
        scenario=how.pop("scenario", None), dirty=how.pop("dirty", 0.0), console=QUIET,
    )  # fmt: skip
    return home
