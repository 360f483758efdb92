"""The ways to learn and score survival that bench/risk.py compares: each fits on moments and gives curves on days 0..365.

All of them count time from the certified end where they can, as ours does: without it every rival is far worse. The boosters
learn the same person-period rows as ours, with settings as near to ours as they have them.
"""

from __future__ import annotations

import numpy as np

from models.risk import cox as landmark
from models.risk.hazard import BATCH, DiscreteTimeHazard
from models.risk.person_period import HORIZON, TIME_NAMES, clock, from_certified_end, from_moment

THREADS = 2
GRID = np.arange(HORIZON + 1)


class Ours(DiscreteTimeHazard):
    """The product's own: scikit-learn's histogram boosting."""

    def learn(self, X: np.ndarray, known: dict, later: dict) -> None:
        self.fit(X, **known, validation=later)
        self.recalibrate(**later)

    def curves(self, X: np.ndarray) -> np.ndarray:
        return self.predict_survival(X, GRID)


class _Booster(Ours):
    """Another engine inside ours: the same rows in, the same recalibration after."""

    def learn(self, X: np.ndarray, known: dict, later: dict) -> None:
        rows, ended, weight = self._rows(X, **known)
        kinds = np.append(self.categorical, [False] * len(TIME_NAMES))
        self.booster_ = self.engine(kinds, (rows, ended, weight), self._rows(**later), max(min(self.min_samples_leaf, len(ended) // 100), 5))
        self.recalibrate(**later)


class LightGBM(_Booster):
    """LGBMClassifier."""

    def engine(self, kinds, fit, later, leaf):
        import lightgbm

        made = lightgbm.LGBMClassifier(
            n_estimators=self.max_iter, learning_rate=self.learning_rate, num_leaves=self.max_leaf_nodes, min_child_samples=leaf,
            reg_lambda=self.l2, feature_fraction_bynode=self.max_features, n_jobs=THREADS, random_state=1, verbose=-1,
        )  # fmt: skip
        made.fit(
            fit[0], fit[1], sample_weight=fit[2], eval_set=[later[:2]], eval_sample_weight=[later[2]],
            categorical_feature=np.flatnonzero(kinds).tolist(), callbacks=[lightgbm.early_stopping(15, verbose=False)],
        )  # fmt: skip
        return made


class XGBoost(_Booster):
    """XGBClassifier, histogram trees grown by loss."""

    def engine(self, kinds, fit, later, leaf):
        import xgboost

        made = xgboost.XGBClassifier(
            n_estimators=self.max_iter, learning_rate=self.learning_rate, max_leaves=self.max_leaf_nodes, max_depth=0, grow_policy="lossguide",
            min_child_weight=leaf / 10, reg_lambda=self.l2, colsample_bynode=self.max_features, tree_method="hist", enable_categorical=True,
            feature_types=["c" if one else "q" for one in kinds], early_stopping_rounds=15, n_jobs=THREADS, random_state=1,
        )  # fmt: skip
        return made.fit(fit[0], fit[1], sample_weight=fit[2], eval_set=[later[:2]], sample_weight_eval_set=[later[2]], verbose=False)


class Cox(landmark.LandmarkCox):
    """lifelines' CoxPHFitter on every row it is given."""

    def learn(self, X: np.ndarray, known: dict, later: dict) -> None:
        landmark.MAX_ROWS = len(X)
        self.fit(X, **known)

    def curves(self, X: np.ndarray) -> np.ndarray:
        return self.predict_survival(X, GRID)


class _Scikit:
    """scikit-survival on the Cox model's columns, time from the certified end."""

    def __init__(self, names, categorical, seed: int = 1) -> None:
        self.names, self.seed, self.columns = names, seed, landmark.LandmarkCox(names, categorical)

    def learn(self, X: np.ndarray, known: dict, later: dict) -> None:
        counted, event, weight = from_certified_end(clock(self.names, X)[0], known["duration"]), known["event"], known["sample_weight"]
        kept = np.flatnonzero(event | (counted >= 1))
        kept = np.random.default_rng(self.seed).choice(kept, len(kept), p=weight[kept] / weight[kept].sum())
        self.columns._learn_terms(X[kept])
        time = np.minimum(np.maximum(counted[kept], 1), HORIZON + 1)
        outcome = np.array(list(zip(event[kept] & (time <= HORIZON), time, strict=True)), dtype=[("event", bool), ("time", float)])
        self.model = self.engine().fit(self.columns._design(X[kept]).astype(np.float32), outcome)

    def curves(self, X: np.ndarray) -> np.ndarray:
        out = np.empty((len(X), len(GRID)), dtype=np.float32)
        times = getattr(self.model, "unique_times_", None)
        times = self.model.event_times_ if times is None else times
        place = np.searchsorted(times, GRID, side="right")
        for start in range(0, len(X), BATCH):
            some = X[start : start + BATCH]
            found = self.model.predict_survival_function(self.columns._design(some).astype(np.float32), return_array=True)
            whole = np.column_stack([np.ones(len(some)), found])[:, place]
            out[start : start + BATCH] = from_moment(whole, clock(self.names, some)[0], GRID)
        return out


class GradientBoosting(_Scikit):
    """GradientBoostingSurvivalAnalysis."""

    def engine(self):
        from sksurv.ensemble import GradientBoostingSurvivalAnalysis

        return GradientBoostingSurvivalAnalysis(n_estimators=100, max_depth=4, min_samples_leaf=20, subsample=0.5, max_features=0.3, random_state=1)


class Forest(_Scikit):
    """RandomSurvivalForest."""

    def engine(self):
        from sksurv.ensemble import RandomSurvivalForest

        return RandomSurvivalForest(n_estimators=100, min_samples_leaf=20, max_features="sqrt", n_jobs=THREADS, random_state=1)


# name -> class, and the package it needs
WAYS = {
    "ours": (Ours, "sklearn"),
    "LightGBM": (LightGBM, "lightgbm"),
    "XGBoost": (XGBoost, "xgboost"),
    "lifelines Cox landmark": (Cox, "lifelines"),
    "scikit-survival boosting": (GradientBoosting, "sksurv"),
    "scikit-survival forest": (Forest, "sksurv"),
}
