"""How strong an unmeasured reason would have to be to explain an effect away."""

from __future__ import annotations

import math

from models.effects.result import Term


def e_value(ratio: float, low: float | None = None, high: float | None = None) -> tuple[float, float]:
    """E-value of a risk ratio and of the end of its interval nearer to 1.

    Source: VanderWeele & Ding 2017, Ann Intern Med 167:268.

    >>> round(e_value(3.9, 1.8, 8.7)[0], 2), round(e_value(3.9, 1.8, 8.7)[1], 2)
    (7.26, 3.0)
    """
    if ratio <= 0:
        raise ValueError("a ratio is greater than 0")
    if low is not None and high is not None and low <= 1 <= high:
        return _one(ratio), 1.0
    near = low if ratio >= 1 else high
    return _one(ratio), _one(near) if near is not None else math.nan


def _one(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return above + math.sqrt(above * (above - 1))


def e_value_of_difference(difference: Term, sd: float) -> tuple[float, float]:
    """For a difference in means: the ratio is about exp(0.91 d), d in standard deviations of the outcome.

    Source: VanderWeele & Ding 2017, table 2; Chinn 2000.
    """
    d = difference.estimate / sd
    reach = 1.78 * difference.se / sd
    return e_value(math.exp(0.91 * d), math.exp(0.91 * d - reach), math.exp(0.91 * d + reach))


def e_value_of_hazard_ratio(ratio: float, low: float, high: float, *, rare: bool) -> tuple[float, float]:
    """For a hazard ratio: as a risk ratio when the outcome is rare (< 15 %), else by the square-root rule."""

    def turn(hr: float) -> float:
        return hr if rare else (1 - 0.5 ** math.sqrt(hr)) / (1 - 0.5 ** math.sqrt(1 / hr))

    return e_value(turn(ratio), turn(low), turn(high))
