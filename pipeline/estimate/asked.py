"""What the command line asks of an estimator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError


@dataclass(frozen=True)
class Asked:
    """One use of `rehabrisk estimate`; names are columns of the file."""

    method: str
    csv: Path
    outcome: str | None = None
    treated: str | None = None
    treated_value: str | None = None
    duration: str | None = None
    event: str | None = None
    entry: str | None = None
    id: str | None = None
    cluster: str | None = None
    covariates: tuple[str, ...] = ()
    strata: str | None = None
    tau: float | None = None
    times: tuple[str, ...] = ()
    weights: str | None = None
    cause: int | None = None
    formula: str | None = None
    se: str | None = None
    ties: str = "efron"
    period: str | None = None
    first: str | None = None
    exact: tuple[str, ...] = ()
    caliper: float | None = None
    replace: bool = False
    estimand: str | None = None
    learner: str = "linear"
    folds: int | None = None
    cost: str | None = None
    priority: str | None = None
    draws: int = 0
    boot: str = "rademacher"
    seed: int = 1
    side: str = "nearest"
    shape: str = "weibull"

    def need(self, *options: str) -> None:
        """Raise UsageError naming the options that the method cannot do without."""
        if lacking := [f"--{name}" for name in options if not getattr(self, name)]:
            raise UsageError(
                f"{self.method} needs {', '.join(lacking)}",
                remedy="give the name of the column; `rehabrisk estimate --help` tells what each method reads",
            )

    def hold(self) -> None:
        """Raise UsageError for a number that no method can use."""
        wrong = {
            "--tau must be greater than 0": self.tau is not None and not 0 < self.tau < math.inf,
            "--caliper must be greater than 0": self.caliper is not None and not 0 < self.caliper < math.inf,
            "--folds must be 1 or more": self.folds is not None and self.folds < 1,
            "--draws must be 0 or more": self.draws < 0,
            "--seed must be 0 or more": self.seed < 0,
        }
        if found := [rule for rule, broken in wrong.items() if broken]:
            raise UsageError("; ".join(found), remedy="give such a number, or leave the option out")

    def numbers(self) -> list[float]:
        """--times as rising numbers."""
        try:
            found = [float(text) for text in self.times]
            if not all(math.isfinite(one) for one in found):
                raise ValueError
        except ValueError:
            raise UsageError("--times holds what is not a number", remedy="write numbers, as in --times 90,180") from None
        return sorted(found)


def names(text: str | None) -> tuple[str, ...]:
    """ "a, b" as ("a", "b")."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
