"""Augmented inverse probability weighting, cross-fitted: right when either model is."""

from __future__ import annotations

import numpy as np

from models.effects.design import CannotEstimate, Design, arms
from models.effects.few_clusters import few, jackknife
from models.effects.glm import logistic, shrunk_chance
from models.effects.influence import cluster_sums
from models.effects.linear import least_squares
from models.effects.loss import chance_seen
from models.effects.result import Effect, effect, wald

LEARNERS = ("linear", "boosting")


def nuisances(
    y: np.ndarray, yes: np.ndarray, X: Design, *, learner: str, folds: int, seed: int, weights=None, cluster=None,
    clip: float = 0.01, fold: np.ndarray | None = None, seen: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Chance of treatment and mean outcome untreated and treated, each (n,), for rows not fitted on when folds > 1.

    Folds hold whole clusters when clusters are many enough; `fold` (n,) gives them. Chances are held within clip..1 - clip.
    seen : (n,) whose outcome is known; the others inform the chance of treatment alone.
    """
    if learner not in LEARNERS:
        raise CannotEstimate(f"the learner is {' or '.join(LEARNERS)}")
    n = len(y)
    fold = folds_of(n, yes, folds, seed, cluster) if fold is None else fold
    e, mu0, mu1 = np.empty(n), np.empty(n), np.empty(n)
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    for one in range(folds):
        out = fold == one
        use = np.ones(n, dtype=bool) if folds == 1 else ~out
        fits = _linear if learner == "linear" else _boosting
        e[out], mu0[out], mu1[out] = fits(y, yes, X, w, use, out, seed, np.ones(n, dtype=bool) if seen is None else seen)
    return np.clip(e, clip, 1 - clip), mu0, mu1


def folds_of(n: int, yes: np.ndarray, folds: int, seed: int, cluster) -> np.ndarray:
    """(n,) which fold each row is in: whole clusters where they are five a fold or more, else both arms spread evenly."""
    rng = np.random.default_rng(seed)
    if folds == 1:
        return np.zeros(n, dtype=int)
    if cluster is not None:
        _, place = np.unique(cluster, return_inverse=True)
        if place.max() + 1 >= 5 * folds:
            return rng.permutation(np.arange(place.max() + 1) % folds)[place]
    fold = np.empty(n, dtype=int)
    for rows in (yes, ~yes):
        fold[rows] = rng.permutation(np.arange(rows.sum()) % folds)
    return fold


def _linear(y, yes, X, w, use, out, seed, seen):
    def line(rows: np.ndarray) -> np.ndarray:
        fit = least_squares(y[rows], X.rows(rows), w[rows])
        return X.X[out][:, [X.names.index(name) for name in fit.names]] @ fit.beta

    arm = yes[use].astype(float)
    chance = logistic(arm, X.rows(use)).mean if (use == out).all() else shrunk_chance(arm, X.rows(use), X.rows(out))
    return chance, line(use & seen & ~yes), line(use & seen & yes)


def _boosting(y, yes, X, w, use, out, seed, seen):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    given = {"max_iter": 100, "learning_rate": 0.05, "max_leaf_nodes": 15, "min_samples_leaf": 30, "random_state": seed}
    L = X.without("Intercept").X
    chance = HistGradientBoostingClassifier(**given).fit(L[use], yes[use], w[use]).predict_proba(L[out])[:, 1]

    def mean(rows: np.ndarray) -> np.ndarray:
        return HistGradientBoostingRegressor(**given).fit(L[rows], y[rows], w[rows]).predict(L[out])

    return chance, mean(use & seen & ~yes), mean(use & seen & yes)


def scores(y: np.ndarray, yes: np.ndarray, e: np.ndarray, mu0: np.ndarray, mu1: np.ndarray) -> np.ndarray:
    """(n, 2) doubly robust outcome untreated and treated; their difference is each row's unbiased, noisy effect."""
    return np.column_stack([mu0 + ~yes * (y - mu0) / (1 - e), mu1 + yes * (y - mu1) / e])


def aipw(
    outcome: np.ndarray,
    treated: np.ndarray,
    X: Design,
    *,
    estimand: str = "ate",
    learner: str = "linear",
    folds: int | None = None,
    weights: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    seed: int = 1,
    seen: np.ndarray | None = None,
) -> Effect:
    """Mean doubly robust difference.

    Parameters
    ----------
    learner : linear (logistic, with a ridge when folds > 1, and least squares an arm) or boosting. folds : of cross-fitting; default 1 for linear,
    whose few coefficients need none, 5 for boosting. weights : such as those for loss to follow-up.
    seen : (n,) whose outcome is known (the others' may be nan): the chance of it, logistic in X in each arm, becomes part
    of the doubly robust score. Weights for loss instead would be taken as known, and the interval wide.
    cluster : folds hold whole clusters; errors summed within, the jackknife over few; Student's t with clusters - 1.

    Source: Robins, Rotnitzky & Zhao 1994; Chernozhukov et al. 2018, Econom J 21:C1 for cross-fitting.
    """
    y = np.asarray(outcome, dtype=float)
    yes, names = arms(treated)
    if estimand not in ("ate", "att"):
        raise CannotEstimate("the estimand is ate or att")
    folds = folds or (1 if learner == "linear" else 5)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    fold = folds_of(len(y), yes, folds, seed, cluster)

    def of(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        known = None if seen is None else np.asarray(seen, dtype=bool)[rows]
        how = {"learner": learner, "folds": folds, "seed": seed, "weights": w[rows], "fold": fold[rows], "seen": known}
        e, mu0, mu1 = nuisances(y[rows], yes[rows], X.rows(rows), **how)
        each = y[rows]
        if known is not None:
            each = with_loss(each, known, yes[rows], X.rows(rows), mu0, mu1, fold[rows], folds)
        return *_means(each, yes[rows], e, mu0, mu1, w[rows], estimand), e

    means, moved, e = of(np.ones(len(y), dtype=bool))
    df = None if cluster is None else len(np.unique(cluster)) - 1
    if few(cluster):
        covariance, df = jackknife(lambda rows: of(rows)[0], means, cluster)
        errors = np.sqrt([covariance[0, 0], covariance[1, 1], np.array([-1, 1]) @ covariance @ [-1, 1]])
    else:
        errors = [_error(moved[:, 0], cluster), _error(moved[:, 1], cluster), _error(moved[:, 1] - moved[:, 0], cluster)]
    main = wald(means[1] - means[0], errors[2], df)
    terms = {estimand: main}
    for at, name in enumerate(names):
        terms[f"mean {name}"] = wald(means[at], errors[at], df)
    return effect(
        main, len(y), terms=terms,
        fit={"folds": folds, "least_chance": e.min(), "greatest_chance": e.max(), "held_at_limit": int(((e <= 0.01) | (e >= 0.99)).sum())},
        assumes="every reason for treatment that bears on the outcome is among the covariates; each row could have "
        "been in either arm; the model of treatment or that of the outcome is right",
    )  # fmt: skip


def with_loss(
    y: np.ndarray, seen: np.ndarray, yes: np.ndarray, X: Design, mu0: np.ndarray, mu1: np.ndarray, fold: np.ndarray, folds: int
) -> np.ndarray:  # fmt: skip
    """(n,) outcomes to put into the score where some are lost: what the model predicts of each row, and for those seen their
    own distance from it over the chance to be seen. Right when the model of the outcome or that of loss is."""
    own = np.where(yes, mu1, mu0)
    return own + np.where(seen, (np.where(seen, y, own) - own) / chance_seen(seen, yes, X, fold, folds), 0.0)


def _means(y, yes, e, mu0, mu1, w, estimand) -> tuple[np.ndarray, np.ndarray]:
    """(2,) means untreated and treated, (n, 2) influence of each row on them."""
    if estimand == "ate":
        each = scores(y, yes, e, mu0, mu1)
        share = w / w.sum()
        means = share @ each
        moved = share[:, None] * (each - means)
    else:
        share = w * yes / (w * yes).sum()
        lent = w * ~yes * e / (1 - e) / (w * yes).sum()
        zero = share * mu0 + lent * (y - mu0)
        means = np.array([zero.sum(), share @ y])
        moved = np.column_stack([zero - share * means[0], share * (y - means[1])])
    return means, moved


def _error(moved: np.ndarray, cluster: np.ndarray | None) -> float:
    summed = cluster_sums(moved[:, None], cluster)
    return float(np.sqrt((summed**2).sum() * len(summed) / (len(summed) - 1)))
