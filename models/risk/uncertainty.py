"""How far a chance could have come out otherwise with other persons to learn from; not what no extract holds.

The persons are dealt into parts that share nobody, and the whole way of learning (trees, recalibration) is gone through in each. The variance
between the parts' chances of one and the same moment, on the logit scale, divided by the number of parts is that of the whole's chance, as variance
falls as one over the persons. Four parts tell one moment's variance badly, so it is learnt, as a function of the moment's features: a width each.
Source: Politis, Romano & Wolf 1999, Subsampling, ch. 2 (variance from subsamples, scaled to the whole).

What all models of this kind have in common - a fact that is in no extract, a shape that no tree of them takes - is in no such interval: the true chance
lies outside it more often than one time in ten (docs/risk.md tells how often in the simulated region).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingRegressor

from models.risk.parts import without_blanks

Z_90 = 1.6448536269514722
EDGE = 1e-3  # chances nearer to 0 or 1 are told apart by nobody
# parts are given the whole's number of trees, and another region's whole finds its own: two wholes of two simulated regions of 40 000
# persons differ by 1.2 times as much as their parts foretell (bench/interval.py)
WIDER = 1.2
TENTHS = 10
FEWEST = 200  # moments to learn widths from


class ChanceUncertainty:
    """Standard error of a chance on the logit scale, by the moment's features.

    Attributes
    ----------
    booster_ : the variance of the whole's logit chance from (features, logit chance). None until fitted: then nothing is known.
    reach_ : standard errors to either end, so that nine in ten chances by other persons lie between them.
    """

    def __init__(self, *, seed: int = 1) -> None:
        self.seed = seed
        self.booster_: HistGradientBoostingRegressor | None = None
        self.reach_ = WIDER * Z_90

    def fit(self, X: np.ndarray, chance: np.ndarray, parts: np.ndarray, *, person: np.ndarray, sample_weight: np.ndarray) -> ChanceUncertainty:
        """X : (n, features). chance : (n,) of the whole model. parts : (K, n) of the models of disjoint K-ths of the persons. person : (n,)."""
        open_ = (chance > EDGE) & (chance < 1 - EDGE)
        if open_.sum() < FEWEST or len(parts) < 2:
            return self
        rows = np.column_stack([X[open_], score(chance[open_])])
        scores, weight = score(parts[:, open_]), np.asarray(sample_weight, dtype=float)[open_]
        half = np.isin(person[open_], np.random.default_rng(self.seed).permutation(np.unique(person[open_]))[::2])
        if min(half.sum(), (~half).sum()) >= FEWEST // 2 and len(parts) > 2:
            self.reach_ = WIDER * max(self._counted(rows, scores, weight, half), Z_90)
        self.booster_ = self._learnt(rows, scores.var(axis=0, ddof=1) / len(parts), weight)
        return self

    def _counted(self, rows: np.ndarray, scores: np.ndarray, weight: np.ndarray, half: np.ndarray) -> float:
        """Standard errors within which nine in ten of the other half's chances by a part lie, foretold from the other parts."""
        ratios = []
        for part in range(len(scores)):
            known = np.delete(scores, part, axis=0)
            variance = self._learnt(rows[half], known.var(axis=0, ddof=1)[half], weight[half]).predict(rows[~half])
            apart = np.abs(scores[part] - known.mean(axis=0))[~half]
            ratios.append(apart / np.sqrt(variance * (1 + 1 / len(known))))
        ratio, counts = np.concatenate(ratios), np.tile(weight[~half], len(scores))
        order = np.argsort(ratio)
        return float(ratio[order][np.searchsorted(np.cumsum(counts[order]), 0.9 * counts.sum())])

    def _learnt(self, rows: np.ndarray, variance: np.ndarray, weight: np.ndarray) -> HistGradientBoostingRegressor:
        small = {"max_iter": 80, "learning_rate": 0.08, "max_leaf_nodes": 6, "min_samples_leaf": 60, "l2_regularization": 1.0, "early_stopping": False}
        made = HistGradientBoostingRegressor(loss="poisson", random_state=self.seed, **small)
        return made.fit(without_blanks(rows), np.maximum(variance, 1e-6), sample_weight=weight)

    def interval(self, X: np.ndarray, chance: np.ndarray) -> np.ndarray:
        """(n, 2) 90 % interval of (n,) chances; one within EDGE of 0 or 1 is sure, and nan where nothing is known."""
        if self.booster_ is None:
            return np.full((len(chance), 2), np.nan)
        at = score(chance)
        wide = self.reach_ * np.sqrt(self.booster_.predict(np.column_stack([X, at]))) if len(chance) else at
        ends = expit(np.column_stack([at - wide, at + wide]))
        sure = (chance <= EDGE) | (chance >= 1 - EDGE)
        held = np.column_stack([np.minimum(ends[:, 0], chance), np.maximum(ends[:, 1], chance)])
        return np.where(sure[:, None], chance[:, None], held)

    def to_dict(self) -> dict:
        """All but the booster, ready for JSON."""
        return {"reach": self.reach_}

    def boosters(self) -> dict:
        """What must be kept as trees."""
        return {} if self.booster_ is None else {"chance_variance": self.booster_}

    @classmethod
    def from_dict(cls, kept: dict, boosters: dict) -> ChanceUncertainty:
        """What `to_dict` and `boosters` were called on."""
        made = cls()
        made.booster_ = boosters.get("chance_variance")
        made.reach_ = kept["reach"]
        return made


def tenths(prediction: np.ndarray) -> np.ndarray:
    """(n,) 0..9, tenth of the prediction; equal predictions share a tenth."""
    return np.searchsorted(np.quantile(prediction, np.arange(1, TENTHS) / TENTHS), prediction, side="right")


def score(chance: np.ndarray) -> np.ndarray:
    """logit, of chances kept off 0 and 1."""
    return logit(np.clip(chance, EDGE, 1 - EDGE))
