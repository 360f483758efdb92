"""Discrete-time hazard by gradient boosting: the champion of the risk models.

Source: Tutz & Schmid 2016, Modeling Discrete Time-to-Event Data.
All ways out of sick leave count as its end, so S(t) is the chance of still being on
sick leave, not a net survival with competing exits censored.
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from models.risk import person_period as periods
from models.risk.parts import in_parts, without_blanks
from models.risk.recalibration import HazardRecalibration

# the longer the doctor expects it to last, the less of it ends in a week. Nothing else is known to act one way: days left
# of the certificate do through the time axis, and at its end those of long ones are renewed less often
FALLING = ("prognosis_days", "prognosis_left_days")
GROUP = "target_group"  # the column whose levels are calibrated each for itself
BATCH = 2_000  # spells scored at a time: 2 000 x 34 stretches x 100 columns is 27 MB


class DiscreteTimeHazard:
    """S(t | x, still ongoing at the moment), from hazards on the stretches of `person_period`.

    Parameters
    ----------
    names : feature names in column order. `day` (day of the spell, default 1) and `certified_days_ahead`
        (days left of the certificate in force; absent or missing: not known) and GROUP are read by name.
    categorical : bool per column. max_iter, learning_rate, max_leaf_nodes, min_samples_leaf, l2, max_features : of the boosting.
    max_cells : most person-period rows x columns to fit on; 60 million take 0.9 GB for a while. seed : of sampling and boosting.

    Attributes
    ----------
    booster_ : the fitted classifier. early_share_ : share of the ends up to the certified day that come
    before it. week_ : where in a week, counted from the certified day, ends fall. recalibration_ : identity until `recalibrate`. n_iter_ : trees grown.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        categorical: np.ndarray,
        *,
        max_iter: int = 300,
        learning_rate: float = 0.08,
        max_leaf_nodes: int = 12,
        min_samples_leaf: int = 400,
        l2: float = 30.0,
        max_features: float = 0.3,
        max_cells: int = 60_000_000,
        seed: int = 1,
    ) -> None:
        self.names = tuple(names)
        self.categorical = np.asarray(categorical, dtype=bool)
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2 = l2
        self.max_features = max_features
        self.max_cells = max_cells
        self.seed = seed

    def fit(
        self,
        X: np.ndarray,
        *,
        duration: np.ndarray,
        event: np.ndarray,
        sample_weight: np.ndarray | None = None,
        validation: dict | None = None,
    ) -> DiscreteTimeHazard:
        """Learn from (n, features), days to the end or to censoring (>= 1), and whether it was the end.

        `validation` (X, duration, event, sample_weight of later months) stops the boosting early. Raises
        ValueError when a duration is below 1 or nobody's spell ends.
        """
        rows, ended, weight = self._rows(X, duration, event, sample_weight)
        settings = {
            "max_iter": self.max_iter,
            "learning_rate": self.learning_rate,
            "max_leaf_nodes": self.max_leaf_nodes,
            "min_samples_leaf": min(self.min_samples_leaf, max(len(ended) // 100, 5)),
            "l2_regularization": self.l2,
            # a spell gives many rows, and features that tell spells apart: few of them at a split, and large leaves
            "max_features": self.max_features,
            "monotonic_cst": [-(name in FALLING) for name in self.names] + [0] * len(periods.TIME_NAMES),
            "categorical_features": np.append(self.categorical, [False] * len(periods.TIME_NAMES)),
            "random_state": self.seed,
        }
        extra = {}
        if validation is not None:
            later = self._rows(**validation)
            extra = dict(zip(("X_val", "y_val", "sample_weight_val"), later, strict=True))
            settings |= {"early_stopping": True, "n_iter_no_change": 15}
        else:
            settings |= {"early_stopping": False}
        self.booster_ = HistGradientBoostingClassifier(**settings).fit(
            without_blanks(rows), ended, sample_weight=weight, **extra
        )
        self.n_iter_ = int(self.booster_.n_iter_)
        self.recalibration_ = HazardRecalibration()
        return self

    def _rows(self, X, duration, event, sample_weight=None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        duration, event = np.asarray(duration, dtype=np.int32), np.asarray(event, dtype=bool)
        if len(duration) and duration.min() < 1:
            raise ValueError("durations are at least 1 day")
        if not event.any():
            raise ValueError("no spell ends: nothing to learn from")
        weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        weight = weight / weight.mean()
        certified, day = self._clock(X)
        rng = np.random.default_rng(self.seed)
        if not hasattr(self, "early_share_"):
            first = event & (duration <= certified)
            early = weight[first & (duration < certified)].sum()
            self.early_share_ = float(early / max(weight[first].sum(), 1e-12))
            self.week_ = periods.week_shape(certified, duration, event, weight)
        most = self.max_cells // (X.shape[1] + len(periods.TIME_NAMES))
        at = periods.expand(certified, duration, event, weight, week=self.week_, max_rows=most, rng=rng)
        times = periods.time_columns(certified[at.row], day[at.row], at.stretch)
        filled = np.empty((len(at.row), X.shape[1] + times.shape[1]), dtype=np.float32)
        np.take(X, at.row, axis=0, out=filled[:, : X.shape[1]])
        filled[:, X.shape[1] :] = times
        self._last = at
        return filled, at.ended, at.weight

    def _clock(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return periods.clock(self.names, X)

    def _group(self, X: np.ndarray) -> np.ndarray:
        """(n,) code of the column GROUP, -1 where it is missing or not a feature."""
        if GROUP not in self.names:
            return np.full(len(X), -1)
        code = X[:, self.names.index(GROUP)]
        return np.where(np.isfinite(code), code, -1).astype(int)

    def recalibrate(
        self,
        X: np.ndarray,
        *,
        duration: np.ndarray,
        event: np.ndarray,
        sample_weight: np.ndarray | None = None,
        per_spell: float = 1.0,
    ) -> DiscreteTimeHazard:
        """Put the hazards right on months that were not fitted on; arguments as in `fit`. per_spell : mean moments of a spell."""
        rows, ended, weight = self._rows(X, duration, event, sample_weight)
        hazard = self._chances(rows)
        row, stretch = self._last.row, self._last.stretch
        self.recalibration_ = HazardRecalibration().fit(
            hazard, ended, day=self._clock(X)[1][row], stretch=stretch, group=self._group(X)[row],
            sample_weight=weight, per_spell=per_spell,
        )  # fmt: skip
        del self._last
        return self

    def predict_survival(self, X: np.ndarray, days: np.ndarray) -> np.ndarray:
        """(n, len(days)): chance that more than `days` days remain. days: 0..365 from the moment."""
        days = np.asarray(days, dtype=np.int32)
        if days.max(initial=0) > periods.HORIZON:
            raise ValueError(f"the curves end after {periods.HORIZON} days")
        out = np.empty((len(X), len(days)), dtype=np.float32)
        for start in range(0, len(X), BATCH):
            part = X[start : start + BATCH]
            certified, _ = self._clock(part)
            hazard = self._hazards(part, int(days.max(initial=0)))
            out[start : start + BATCH] = periods.survival_on_days(
                hazard, certified, days, early_share=self.early_share_, week=self.week_
            )
        return out

    def _hazards(self, X: np.ndarray, until: int) -> np.ndarray:
        certified, day = self._clock(X)
        wide = len(periods.AFTER)
        row = np.repeat(np.arange(len(X)), wide)
        stretch = np.tile(np.arange(wide), len(X))
        start, _ = periods.edges(certified[row], stretch)
        asked = (start < until) & ~((stretch == 0) & (certified[row] == 0))
        row, stretch = row[asked], stretch[asked]
        rows = np.empty((len(row), X.shape[1] + len(periods.TIME_NAMES)), dtype=np.float32)
        rows[:, : X.shape[1]] = X[row]
        rows[:, X.shape[1] :] = periods.time_columns(certified[row], day[row], stretch)
        chance = self._chances(rows)
        hazard = np.zeros((len(X), wide))
        hazard[row, stretch] = self.recalibration_.apply(
            chance, day=day[row], stretch=stretch, group=self._group(X)[row]
        )
        return hazard

    def _chances(self, rows: np.ndarray) -> np.ndarray:
        return in_parts(lambda some: self.booster_.predict_proba(some)[:, 1], rows)

    def to_dict(self) -> dict:
        """All but the booster, ready for JSON."""
        return {
            "names": list(self.names),
            "categorical": self.categorical.tolist(),
            "early_share": self.early_share_,
            "week": self.week_.tolist(),
            "n_iter": self.n_iter_,
            "recalibration": self.recalibration_.to_dict(),
            "stretches_after_certified_end": periods.AFTER.tolist(),
        }

    def boosters(self) -> dict:
        """What must be kept as trees."""
        return {"hazard": self.booster_}

    @classmethod
    def from_dict(cls, kept: dict, boosters: dict) -> DiscreteTimeHazard:
        """The model that `to_dict` and `boosters` were called on. Raises ValueError on another time axis."""
        if kept["stretches_after_certified_end"] != periods.AFTER.tolist():
            raise ValueError("the model was fitted on another time axis")
        made = cls(tuple(kept["names"]), np.array(kept["categorical"], dtype=bool))
        made.booster_, made.n_iter_ = boosters["hazard"], kept["n_iter"]
        made.early_share_, made.week_ = kept["early_share"], np.array(kept["week"])
        made.recalibration_ = HazardRecalibration.from_dict(kept["recalibration"])
        return made
