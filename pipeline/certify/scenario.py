"""What a simulated study is: how it is drawn, what is true of it, and which estimators are held to that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.effects.result import Effect, Term

Draw = Callable[[np.random.Generator, float], dict]
Answer = Callable[[dict], Effect | Term]

DEFAULT, CHECK, NAIVE = "default", "cross-check", "naive"


@dataclass(frozen=True)
class Estimator:
    """One way to answer, and the true value (a key of `Scenario.truth`) that it is held to.

    kind : "default" (what `estimate` and studies use unless told otherwise), "cross-check" (offered beside it) or
    "naive" (known to be wrong here: it must fail). note : why, in a few words.
    """

    name: str
    answer: Answer
    of: str
    kind: str = DEFAULT
    note: str = ""
    null: bool = True  # whether its true value is 0 when the treatment does nothing


def once(d: dict, name: str, make: Answer) -> Effect:
    """The answer to study `d`, kept in it: several of its numbers are held to the truth."""
    if name not in d:
        d[name] = make(d)
    return d[name]


@dataclass(frozen=True)
class Scenario:
    """A kind of study. `draw(rng, effect)`: arrays of one study, effect 1 = as described, 0 = the treatment does nothing.

    truth(effect) : the true values by name. text : the data generating process in words.
    """

    name: str
    text: str
    draw: Draw
    truth: Callable[[float], Mapping[str, float]]
    estimators: tuple[Estimator, ...]
