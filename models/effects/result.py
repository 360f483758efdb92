"""What every estimator answers with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Term:
    """One number with its uncertainty. `df` None: the normal distribution was used."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    df: float | None = None


@dataclass(frozen=True)
class Effect:
    """The answer of an estimator.

    estimate .. df : of the quantity the estimator is named after. n : rows used.
    terms : the same for every coefficient, or for what belongs beside the answer.
    table : rows of a curve, or one row an arm; None when there is none.
    assumes : what has to hold for the number to mean what it says.
    fit : numbers about the fit itself (log likelihood, clusters, weights).
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    df: float | None
    n: int
    terms: Mapping[str, Term] = field(default_factory=dict)
    table: list[dict] | None = None
    assumes: str = ""
    fit: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict:
        """Plain numbers, None where a number does not exist (json has no nan)."""
        return _plain(
            {
                **{name: getattr(self, name) for name in ("estimate", "se", "ci_low", "ci_high", "p", "df", "n")},
                "terms": {name: vars(term) for name, term in self.terms.items()},
                "table": self.table,
                "assumes": self.assumes,
                "fit": dict(self.fit),
            }
        )


def wald(estimate: float, se: float, df: float | None = None, *, level: float = 0.95) -> Term:
    """Estimate ± quantile x se: Student's t with `df`, the normal when df is None.

    >>> wald(1.96, 1.0).p < 0.05001
    True
    """
    estimate, se = float(estimate), float(se)
    if not (math.isfinite(estimate) and math.isfinite(se)) or se <= 0 or (df is not None and not df > 0):
        return Term(estimate, se, math.nan, math.nan, math.nan, df)
    at, away = (1 + level) / 2, -abs(estimate) / se
    reach = float(special.ndtri(at) if df is None else special.stdtrit(df, at)) * se
    p = float(2 * (special.ndtr(away) if df is None else special.stdtr(df, away)))
    return Term(estimate, se, estimate - reach, estimate + reach, p, df)


def ratio(log_estimate: float, log_se: float, df: float | None = None) -> Term:
    """A ratio from its logarithm; `se` by the delta method, interval and p on the log scale."""
    log = wald(log_estimate, log_se, df)
    with np.errstate(over="ignore"):  # a coefficient that runs away has an infinite ratio
        value, low, high = (float(np.exp(one)) for one in (log.estimate, log.ci_low, log.ci_high))
    return Term(value, value * log.se, low, high, log.p, df)


def effect(main: Term, n: int, **more: object) -> Effect:
    """An Effect whose headline is `main`."""
    return Effect(main.estimate, main.se, main.ci_low, main.ci_high, main.p, main.df, int(n), **more)


def terms_of(
    names: Sequence[str], estimates: np.ndarray, covariance: np.ndarray, df: Sequence[float] | float | None = None
) -> dict[str, Term]:
    """One Wald term a coefficient."""
    errors = np.sqrt(np.clip(np.diag(covariance), 0, None))
    each = df if isinstance(df, Sequence | np.ndarray) else [df] * len(names)
    return {
        name: wald(b, s, None if d is None else float(d))
        for name, b, s, d in zip(names, estimates, errors, each, strict=True)
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(one) for one in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
