"""The home folder: everything a region owns, and nothing outside it."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UsageError

CHECKOUT = Path(__file__).parents[2]
# installed, the program lies among other packages; its data belong where it is called
DEFAULT_HOME = (CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path()) / "data"


class Home:
    """Paths inside one region's home folder.

    >>> Home("somewhere").scores.name
    'scores'
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().absolute()
        self.region_file = self.path / "region.toml"
        self.raw = self.path / "raw"
        self.lake = self.path / "lake"
        self.quarantine = self.path / "quarantine"
        self.vault = self.path / "vault"
        self.models = self.path / "models"
        self.scores = self.path / "scores"
        self.worklists = self.path / "worklists"
        self.statistics = self.path / "statistics"
        self.studies = self.path / "studies"
        self.monitor = self.path / "monitor"
        self.runs = self.path / "runs"
        self.truth = self.path / "truth"
        self.lock = self.path / "runs" / ".lock"
        self.tmp = self.vault / "tmp"  # spill may hold identity numbers, so it lies inside the vault

    @property
    def folders(self) -> tuple[Path, ...]:
        """What `init` makes; truth is made by simulate alone."""
        return (
            self.raw,
            self.lake,
            self.quarantine,
            self.vault,
            self.models,
            self.scores,
            self.worklists,
            self.statistics,
            self.studies,
            self.monitor,
            self.runs,
        )

    def require(self) -> Home:
        """Return self if this is a home. Raises UsageError otherwise."""
        if not self.region_file.is_file():
            raise UsageError(
                f"{self.path} is not a home: it has no region.toml",
                remedy=f"run `rehabrisk init {self.path}`, or name the right folder with --home",
            )
        return self
