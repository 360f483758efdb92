"""Wild cluster bootstrap: p-values and intervals where clusters are few."""

from __future__ import annotations

import itertools

import numpy as np

from models.effects.cluster import members
from models.effects.design import CannotEstimate, Design
from models.effects.formula import headline
from models.effects.linear import least_squares
from models.effects.result import Effect, Term, effect, wald

ENUMERATE_TO = 12  # clusters: 4096 sign vectors
WEBB = np.array([-np.sqrt(1.5), -1, -np.sqrt(0.5), np.sqrt(0.5), 1, np.sqrt(1.5)])


class Bootstrap:
    """Statistics under weights of whole clusters, null imposed (WCR-11); linear in the null's value.

    All that a draw needs are G x k and G x k x k sums, so a draw costs the same for any number of rows.
    """

    def __init__(self, y: np.ndarray, X: Design, cluster: np.ndarray, of: str | None, weights: np.ndarray | None):
        fit = least_squares(y, X, weights)
        self.names, self.name = fit.names, headline(fit.names, of)
        at = fit.names.index(self.name)
        self.n, self.estimate = len(y), float(fit.beta[at])
        root = np.ones(len(y)) if weights is None else np.sqrt(weights)
        target = np.asarray(y, dtype=float) * root
        others = np.delete(np.arange(len(fit.beta)), at)
        Z, x = fit.X[:, others], fit.X[:, at]
        solve = np.linalg.pinv(Z)
        rest_y, rest_x = target - Z @ (solve @ target), x - Z @ (solve @ x)
        groups = members(cluster)
        if len(groups) < 2:
            raise CannotEstimate("a bootstrap of clusters needs two clusters or more")
        self.G = len(groups)
        row = fit.bread[at]
        lean = fit.X @ row  # beta_at = lean'y
        sums = lambda v: np.array([v[g].sum() for g in groups])  # noqa: E731
        # residuals under beta = b: rest_y - b rest_x; both parts summed in each cluster
        self.lean_y, self.lean_x = sums(lean * rest_y), sums(lean * rest_x)
        cross = np.array([fit.X[g].T @ lean[g] for g in groups])  # (G, k)
        score_y = np.array([fit.X[g].T @ rest_y[g] for g in groups]) @ fit.bread  # (G, k)
        score_x = np.array([fit.X[g].T @ rest_x[g] for g in groups]) @ fit.bread
        # score of cluster g when cluster h is weighted: own part less what the refit takes away
        self.part_y = np.diag(self.lean_y) - cross @ score_y.T
        self.part_x = np.diag(self.lean_x) - cross @ score_x.T
        self.scale = self.G / (self.G - 1) * (self.n - 1) / (self.n - len(fit.beta))
        own = np.array([(lean[g] * fit.residual[g]).sum() for g in groups])
        self.se = float(np.sqrt(self.scale * (own**2).sum()))
        if not self.se > 0:
            raise CannotEstimate("the outcome does not vary about the fit; there is nothing to draw from")

    def draws(self, v: np.ndarray, null: float) -> np.ndarray:
        """(B,) t statistics for weights v (B, G) when the true value is `null`."""
        gap = v @ (self.lean_y - null * self.lean_x)
        scores = v @ (self.part_y - null * self.part_x).T
        return gap / np.sqrt(self.scale * (scores**2).sum(axis=1))

    def p(self, v: np.ndarray, null: float = 0.0) -> tuple[float, float]:
        """Share of draws strictly farther out, and the share farther out or tied."""
        t = abs((self.estimate - null) / self.se)
        far = np.abs(self.draws(v, null))
        slack = 1e-9 * max(t, 1.0)
        return float((far > t + slack).mean()), float((far >= t - slack).mean())

    def interval(self, v: np.ndarray, level: float = 0.95) -> tuple[float, float]:
        """The values that the test does not reject, found by halving."""
        return self._edge(v, -1, 1 - level), self._edge(v, 1, 1 - level)

    def _edge(self, v: np.ndarray, side: int, alpha: float) -> float:
        inside, outside, reach = self.estimate, None, 2.0
        while outside is None and reach < 1e5:
            trial = self.estimate + side * reach * self.se
            if self.p(v, trial)[1] < alpha:
                outside = trial
            else:
                inside, reach = trial, reach * 2
        if outside is None:
            return side * np.inf
        for _ in range(40):
            middle = (inside + outside) / 2
            if self.p(v, middle)[1] < alpha:
                outside = middle
            else:
                inside = middle
        return (inside + outside) / 2


def weights_of(clusters: int, kind: str, draws: int, seed: int) -> tuple[np.ndarray, bool]:
    """(B, G) and whether all sign vectors are in it."""
    rng = np.random.default_rng(seed)
    if kind == "webb":
        return rng.choice(WEBB, size=(draws, clusters)), False
    if kind != "rademacher":
        raise CannotEstimate("bootstrap weights are rademacher or webb")
    if clusters <= ENUMERATE_TO:
        return np.array(list(itertools.product([-1.0, 1.0], repeat=clusters))), True
    return rng.choice([-1.0, 1.0], size=(draws, clusters)), False


def wild_bootstrap(
    y: np.ndarray,
    X: Design,
    *,
    cluster: np.ndarray,
    of: str | None = None,
    weights: np.ndarray | None = None,
    kind: str = "rademacher",
    draws: int = 9999,
    seed: int = 1,
) -> Effect:
    """Restricted wild cluster bootstrap of one coefficient (WCR-11, CR1 in each draw).

    Rademacher signs are all enumerated up to 12 clusters; Webb's six points are drawn. p: the share of draws
    strictly farther out than the data's own statistic (+ 1 when drawn); ties are counted in `fit`. Interval: by inverting the test.
    Source: Cameron, Gelbach & Miller 2008, Rev Econ Stat 90:414; Webb 2014; Roodman et al. 2019 for the sums.
    """
    boot = Bootstrap(y, X, cluster, of, weights)
    v, whole = weights_of(boot.G, kind, draws, seed)
    strict, tied = boot.p(v)
    if not whole:  # the data's own statistic is one of those possible: never p = 0 from draws
        strict, tied = ((share * len(v) + 1) / (len(v) + 1) for share in (strict, tied))
    low, high = boot.interval(v)
    plain = wald(boot.estimate, boot.se, boot.G - 1)
    main = Term(boot.estimate, boot.se, low, high, strict, float(boot.G - 1))
    counts = {"clusters": boot.G, "draws": len(v), "enumerated": whole, "p_with_ties": tied}
    return effect(
        main, boot.n, terms={boot.name: main, "cr1, t(clusters - 1)": plain}, fit=counts,
        assumes="independent clusters; symmetric errors; not reliable when one arm has very few clusters",
    )  # fmt: skip
