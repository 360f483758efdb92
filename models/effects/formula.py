"""Wilkinson formulas ("y ~ a*b + C(d)"), read by formulaic."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from models.effects.design import CannotEstimate, Design

KNOWN = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt, "np": np}
WORD = re.compile(r"[A-Za-z_.][A-Za-z0-9_.]*")


def sides(formula: str) -> tuple[str | None, str]:
    """Left side (None when there is none) and right side, stripped."""
    left, wave, right = formula.partition("~")
    if not wave:
        return None, formula.strip()
    return left.strip() or None, right.strip()


def names_in(formula: str, known: list[str]) -> list[str]:
    """The known columns that a formula names, in the order of `known`."""
    words = set(WORD.findall(formula)) | set(re.findall(r"`([^`]+)`", formula))
    return [name for name in known if name in words]


def from_formula(formula: str, columns: Mapping[str, np.ndarray]) -> tuple[np.ndarray | None, Design]:
    """Outcome (None without a left side) and design, intercept first unless the formula says `- 1`.

    Raises CannotEstimate when the formula cannot be read or names an unknown column.
    """
    import pandas as pd
    from formulaic import model_matrix

    frame = pd.DataFrame({name: np.asarray(values) for name, values in columns.items()})
    left, right = sides(formula)
    try:
        X = model_matrix(right, frame, context=KNOWN, na_action="raise")
        names = tuple(str(name) for name in X.columns)
        y = None if left is None else model_matrix(f"{left} - 1", frame, context=KNOWN, na_action="raise")
    except Exception as fault:
        raise CannotEstimate(f"the formula cannot be used ({type(fault).__name__})") from None
    if y is not None and y.shape[1] != 1:
        raise CannotEstimate("the left side of the formula must be one column of numbers")
    if not names:
        raise CannotEstimate("the formula has nothing on its right side")
    outcome = None if y is None else np.asarray(y, dtype=float)[:, 0]
    return outcome, Design(np.asarray(X, dtype=float), names)


def designs_when(
    right: str, columns: Mapping[str, np.ndarray], name: str, values: tuple[object, ...]
) -> tuple[Design, ...]:
    """The same design for each of `values` put in column `name`; None leaves it as it is."""
    import pandas as pd
    from formulaic import model_matrix

    frame = pd.DataFrame({one: np.asarray(given) for one, given in columns.items()})
    try:
        whole = model_matrix(right, frame, context=KNOWN, na_action="raise")
        each = [
            whole if value is None else whole.model_spec.get_model_matrix(frame.assign(**{name: value}), context=KNOWN)
            for value in values
        ]
    except Exception as fault:
        raise CannotEstimate(f"the formula cannot be used ({type(fault).__name__})") from None
    names = tuple(str(one) for one in whole.columns)
    return tuple(Design(np.asarray(one, dtype=float), names) for one in each)


def headline(names: tuple[str, ...], asked: str | None) -> str:
    """The coefficient that is the answer: the asked one, else the last interaction, else the first beside the intercept.

    Raises CannotEstimate when the asked one is not among them: the others said it already, or it does not vary.
    """
    if asked is not None:
        found = [name for name in names if name == asked or name.startswith(f"{asked}[")]
        found = found or [name for name in names if re.search(rf"(?<!\w){re.escape(asked)}(?!\w)", name)]
        if not found:
            raise CannotEstimate(f"{asked} says nothing that the other columns do not")
        return found[0]
    crossed = [name for name in names if ":" in name]
    rest = [name for name in names if name != "Intercept"]
    return (crossed[-1:] or rest[:1] or list(names[:1]))[0]
