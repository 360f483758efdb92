"""How sure a chance is: what another draw of persons to learn from would have changed.

Two models are fitted on two shares of the persons that have nobody in common. Half the mean square of their difference, on the logit scale,
is the variance that a model of such a share has; it falls as one over the number of persons, so times the share it is that of the
whole. Told by tenth of the chance. It holds what learning from few leaves unsure, not what no extract tells.
Source: Politis, Romano & Wolf 1999, Subsampling, ch. 2 (variance from subsamples, scaled to the whole).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

Z_90 = 1.6448536269514722
EDGE = 1e-4
TENTHS = 10


class ChanceUncertainty:
    """Standard error of a chance on the logit scale, by its tenth.

    Attributes
    ----------
    at_, sd_ : logit chance and standard error, interpolated between; empty until fitted: then nothing is known.
    """

    def __init__(self) -> None:
        self.at_, self.sd_ = np.zeros(0), np.zeros(0)

    def fit(self, chance: np.ndarray, first: np.ndarray, second: np.ndarray, *, share: float, sample_weight: np.ndarray) -> ChanceUncertainty:
        """chance : of the whole model; first, second : of the models of a `share` of the persons each; all (n,)."""
        open_ = (chance > EDGE) & (chance < 1 - EDGE)
        if open_.sum() < TENTHS:
            return self
        score = logit(chance[open_])
        apart = (_score(first[open_]) - _score(second[open_])) ** 2 * share / 2
        weight = np.asarray(sample_weight, dtype=float)[open_]
        tenth = tenths(score)
        held = np.bincount(tenth, weights=weight, minlength=TENTHS)
        full = held > 0
        self.at_ = np.maximum.accumulate(np.bincount(tenth, weights=weight * score, minlength=TENTHS)[full] / held[full])
        self.sd_ = np.sqrt(np.bincount(tenth, weights=weight * apart, minlength=TENTHS)[full] / held[full])
        return self

    def interval(self, chance: np.ndarray) -> np.ndarray:
        """(n, 2) 90 % interval; a chance of 0 or 1 is sure, and nan where nothing is known."""
        if not len(self.at_):
            return np.full((len(chance), 2), np.nan)
        score = _score(chance)
        wide = Z_90 * np.interp(score, self.at_, self.sd_)
        ends = expit(np.column_stack([score - wide, score + wide]))
        sure = (chance <= 0) | (chance >= 1)
        return np.where(sure[:, None], chance[:, None], np.column_stack([np.minimum(ends[:, 0], chance), np.maximum(ends[:, 1], chance)]))

    def to_dict(self) -> dict:
        return {"at": self.at_.tolist(), "sd": self.sd_.tolist()}

    @classmethod
    def from_dict(cls, kept: dict) -> ChanceUncertainty:
        made = cls()
        made.at_, made.sd_ = np.array(kept["at"], dtype=float), np.array(kept["sd"], dtype=float)
        return made


def tenths(prediction: np.ndarray) -> np.ndarray:
    """(n,) 0..9, tenth of the prediction; equal predictions share a tenth."""
    return np.searchsorted(np.quantile(prediction, np.arange(1, TENTHS) / TENTHS), prediction, side="right")


def _score(chance: np.ndarray) -> np.ndarray:
    return logit(np.clip(chance, EDGE, 1 - EDGE))
