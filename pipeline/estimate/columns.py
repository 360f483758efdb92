"""Reads the columns an estimator was asked for, and says what is wrong with them without quoting a cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from models.effects.design import Design, arms, design
from models.effects.formula import designs_when, from_formula, names_in, sides
from pipeline.errors import InputError, UsageError
from pipeline.estimate.asked import Asked

ROLES = ("outcome", "treated", "duration", "event", "entry", "id", "cluster", "strata", "weights",
         "period", "cost", "priority")  # fmt: skip
NUMBERS = ("outcome", "duration", "event", "entry", "weights", "cost", "priority", "first")
# of a text column with two values: which of them is the treated arm, told by the words themselves
TREATED = {"ja", "j", "yes", "y", "true", "treated", "treatment", "intervention", "insats", "behandlad", "behandling",
           "exposed", "exponerad", "offered", "erbjuden"}  # fmt: skip
CONTROL = {"nej", "n", "no", "false", "untreated", "control", "controls", "kontroll", "kontroller", "obehandlad",
           "unexposed", "oexponerad", "not offered", "ej erbjuden", "usual care", "sedvanlig vård", "placebo"}  # fmt: skip
GREATEST = 1e100  # beyond it squares have no number, and what was no amount is taken for one
# what compares two arms by rows of each: one row has no spread
ARMS = {"mean-difference", "ipw", "aipw", "standardise", "match", "kaplan-meier", "rmst", "aalen-johansen", "time-lost",
        "mean-cumulative", "pseudo", "rate", "net-benefit"}  # fmt: skip
MISSING = ["", "NA", "NaN", "nan", "NULL", "null", "."]


class Columns:
    """The rows on which every column asked for is known; `dropped` counts the others."""

    def __init__(self, asked: Asked) -> None:
        frame = read(asked.csv)
        self.asked = asked
        wanted = [getattr(asked, role) for role in ROLES if getattr(asked, role)]
        wanted += [*asked.covariates, *asked.exact]
        if asked.formula:
            wanted += names_in(asked.formula, frame.columns)
        if asked.method == "did":
            wanted += [name for name in asked.times if name in frame.columns]
        # who is never treated has no first period: an empty cell there is an answer
        if lacking := [name for name in dict.fromkeys([*wanted, *([asked.first] if asked.first else [])]) if name not in frame.columns]:
            raise UsageError(
                f"{asked.csv.name} has no column {', '.join(lacking)}", remedy=f"it has {', '.join(frame.columns[:40])}"
            )
        wanted = list(dict.fromkeys(wanted))
        kept = frame.drop_nulls(wanted) if wanted else frame
        if not kept.height:
            raise InputError(f"no row of {asked.csv.name} has all columns asked for", remedy="look for empty columns")
        for name in dict.fromkeys([*wanted, *([asked.first] if asked.first else [])]):
            if kept[name].dtype.is_float() and (far := int((kept[name].abs() > GREATEST).sum())):
                raise InputError(
                    f"column {name} of {asked.csv.name} holds {far} infinite values, or such as no amount has (beyond {GREATEST:g})",
                    remedy="leave unknown values empty",
                )
        self.dropped = frame.height - kept.height
        self.frame = kept
        if asked.weights:
            self._leave_out_weightless()
        self.treated_value: str | float | None = None
        if asked.treated:
            self._settle_arms()

    def __len__(self) -> int:
        return self.frame.height

    def _leave_out_weightless(self) -> None:
        """Rows of weight 0 count for nothing, neither as rows nor as persons at risk."""
        weights = self.numbers("weights")
        self.frame = self.frame.filter(pl.Series(weights > 0))
        self.dropped += int((weights == 0).sum())
        if not self.frame.height:
            raise InputError(f"all weights of {self.asked.csv.name} are 0", remedy="weights are greater than 0")

    def _settle_arms(self) -> None:
        """Which of two values is treated. Texts become 1 and 0 by their words or --treated-value, and are else refused."""
        name, wanted = self.asked.treated, self.asked.treated_value
        column = self.frame[name]
        levels = column.unique().sort().to_list()
        if len(levels) < 2:
            raise InputError(f"column {name} of {self.asked.csv.name} is the same in all rows", remedy="give a column of two values")
        if len(levels) == 2 and self.asked.method in ARMS and min(column.value_counts()["count"]) < 2:
            raise InputError(f"one arm of {self.asked.csv.name} is a single row", remedy="each arm needs two rows or more")
        if len(levels) != 2:  # of regressions; what compares arms refuses it itself
            if wanted is not None:
                raise InputError(
                    f"column {name} of {self.asked.csv.name} has {len(levels)} different values, and --treated-value chooses of two",
                    remedy="leave it out, or give a column of two values",
                )
            return
        if wanted is None and (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            self.treated_value = levels[1]
            return
        if wanted is not None:
            treated = [level for level in levels if _same(level, wanted)]
        else:
            treated = [level for level in levels if _word(level) in TREATED]
            if [level for level in levels if _word(level) in CONTROL] != [level for level in levels if level not in treated]:
                treated = []
        if len(treated) != 1:
            raise InputError(
                f"--treated-value is not one of the two values of column {name} of {self.asked.csv.name}"
                if wanted is not None else f"the two texts in column {name} of {self.asked.csv.name} do not say which is the treated arm",
                remedy="name the treated one with --treated-value TEXT, or write 1 for treated and 0 for control",
            )  # fmt: skip
        self.treated_value = treated[0]
        self.frame = self.frame.with_columns((pl.col(name) == treated[0]).cast(pl.Int64).alias(name))

    def named(self, name: str) -> np.ndarray:
        """A column as an array: numbers as they are, truth as 0 and 1, anything else as text."""
        column = self.frame[name]
        if column.dtype == pl.Boolean:
            return column.cast(pl.Int64).to_numpy()
        if column.dtype.is_numeric():
            return column.to_numpy()
        text = column.cast(pl.String)
        if set(text.unique().to_list()) <= {"TRUE", "FALSE"}:
            return (text == "TRUE").cast(pl.Int64).to_numpy()
        return text.to_numpy().astype(str)

    def role(self, role: str) -> np.ndarray | None:
        """The column given for an option, None when the option was not given."""
        name = getattr(self.asked, role)
        if name is None:
            return None
        return self.numbers(role) if role in NUMBERS else self.named(name)

    def numbers(self, role: str) -> np.ndarray:
        """The column given for an option, held to be numbers."""
        name = getattr(self.asked, role)
        values = self.named(name)
        if values.dtype.kind not in "biuf":
            raise InputError(
                f"column {name} of {self.asked.csv.name} is text, and --{role} must be numbers",
                remedy="write decimals with a point, leave unknown values empty, give events as 0, 1, 2",
            )
        if role == "event" and (split := int((values != np.round(values)).sum())):
            raise InputError(f"{split} events of {self.asked.csv.name} are no whole numbers", remedy="write 0 for censored, 1, 2 for causes")
        if role == "weights" and (values < 0).any():
            raise InputError(f"{int((values < 0).sum())} weights are below 0", remedy="weights are 0 or greater")
        return values

    def columns(self, names: tuple[str, ...]) -> dict[str, np.ndarray]:
        return {name: self.named(name) for name in names}

    def design(self, *names: str, intercept: bool = True) -> Design:
        """Intercept, the given columns and --covariates; or --formula's right side, without a left-out column."""
        if self.asked.formula:
            right = sides(self.asked.formula)[1]
            # "y ~ 1" names no column on its right side and has as many rows as any other
            named = names_in(right, self.frame.columns) or self.frame.columns[:1]
            return from_formula(right, self.columns(tuple(named)))[1]
        wanted = tuple(dict.fromkeys([*(name for name in names if name), *self.asked.covariates]))
        return design(self.columns(wanted), len(self), intercept=intercept)

    def designs_by_arm(self) -> tuple[Design, Design, Design]:
        """--formula's design as observed, with all treated and with none."""
        right = sides(self.asked.formula)[1]
        given = self.columns(tuple(names_in(right, self.frame.columns)))
        arms(given[self.asked.treated])
        low, high = np.unique(given[self.asked.treated])
        return designs_when(right, given, self.asked.treated, (None, high, low))

    def first_period(self) -> np.ndarray:
        """--first as numbers, nan where empty."""
        column = self.frame[self.asked.first]
        if not column.dtype.is_numeric():
            raise InputError(f"column {self.asked.first} is not numbers", remedy="give the first treated period, empty = never")
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()

    def outcome(self) -> np.ndarray:
        """--outcome, else the left side of --formula."""
        left = sides(self.asked.formula)[0] if self.asked.formula else None
        if left is not None:
            return from_formula(f"{left} ~ 1", self.columns(tuple(names_in(left, self.frame.columns))))[0]
        self.asked.need("outcome")
        return self.role("outcome").astype(float)


def _word(value: object) -> str:
    return str(value).strip().casefold()


def _same(value: object, wanted: str) -> bool:
    """Whether a cell is what was asked for: as a number where both are, else as text without regard to case."""
    try:
        return float(str(value)) == float(wanted)
    except ValueError:
        return _word(value) == _word(wanted)


def read(path: Path) -> pl.DataFrame:
    """A CSV with a header; comma, semicolon or tab, decimal comma where the separator is a semicolon."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}", remedy="give the path of a CSV file with a header")
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        head = stream.readline()
    separator = max(",;\t", key=head.count)
    try:
        frame = pl.read_csv(
            path, separator=separator, decimal_comma=separator == ";", null_values=MISSING, infer_schema_length=None,
            truncate_ragged_lines=False,
        )  # fmt: skip
    except (pl.exceptions.PolarsError, UnicodeError):
        raise InputError(
            f"{path.name} cannot be read as a CSV file", remedy="one header, the same number of fields a line, UTF-8"
        ) from None
    if not frame.height:
        raise InputError(f"{path.name} holds no rows", remedy="give a file with a header and rows")
    return frame.with_columns(pl.col(pl.Int128).cast(pl.Float64), pl.col(pl.Float64, pl.Float32).fill_nan(None))
