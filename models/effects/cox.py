"""Cox regression: hazard ratios, cause-specific, stratified, recurrent (Andersen-Gill), with cluster-robust errors."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from models.effects.counting import checked, counts, survival
from models.effects.design import CannotEstimate, Design, independent
from models.effects.few_clusters import few, in_full, jackknife
from models.effects.formula import headline
from models.effects.influence import cluster_sums
from models.effects.partial_likelihood import PartialLikelihood
from models.effects.result import Effect, effect, ratio, terms_of


def cox(
    duration: np.ndarray,
    event: np.ndarray,
    X: Design,
    *,
    cause: int | None = None,
    entry: np.ndarray | None = None,
    strata: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    ties: str = "efron",
    robust: bool | None = None,
    of: str | None = None,
) -> Effect:
    """Log hazard ratios; the table holds the ratios themselves.

    Parameters
    ----------
    duration, event : (n,); event 0 = censored, else a cause. cause : the one looked at, others censored;
    default: any. X : without intercept. entry : (n,) time from which a row is at risk (late entry, recurrent rows).
    strata : own baseline hazard each. cluster : rows of one person or centre; gives robust errors.
    robust : score-residual sandwich (Lin & Wei 1989); default: with clusters or weights. Few clusters: the jackknife.
    of : the coefficient that is the answer.

    `fit`: log likelihood, that of no covariates, Harrell's concordance, and `ph_p`, the p-value of the
    proportionality test of the answer (score test of a trend over time).
    Source: Cox 1972; Andersen & Gill 1982 for recurrent rows; Lin, Wei, Yang & Ying 2000.
    """
    duration, event, _ = checked(duration, event, entry)
    happened = event > 0 if cause is None else event == cause
    X = _varying(independent(X.without("Intercept")))
    if not X.names:
        raise CannotEstimate("a Cox regression needs a covariate that varies")
    likelihood = PartialLikelihood(X.X, duration, happened, entry=entry, strata=strata, weights=weights, ties=ties)
    beta, value, null, covariance = likelihood.maximise()
    if robust is None:
        robust = cluster is not None or weights is not None
    if robust:
        scores = likelihood.evaluate(beta, residuals=True)[3]
        moved = cluster_sums(scores @ covariance, cluster)
        model, covariance = covariance, moved.T @ moved
    name, df = headline(X.names, of), None
    if few(cluster):

        def again(rows: np.ndarray) -> np.ndarray:
            less = _varying(independent(X.rows(rows)))
            given = {name: None if one is None else np.asarray(one)[rows] for name, one in (("entry", entry), ("strata", strata), ("weights", weights))}
            found = PartialLikelihood(less.X, duration[rows], happened[rows], ties=ties, **given).maximise()[0] if less.names else ()
            return in_full(X.names, beta, dict(zip(less.names, found, strict=True)), name)

        covariance, df = jackknife(again, beta, cluster)
    terms = terms_of(X.names, beta, covariance, df)
    table = [{"term": one, **_ratio(term)} for one, term in terms.items()]
    fit = {
        "log_likelihood": value, "log_likelihood_null": null, "events": int(happened.sum()),
        "concordance": concordance(duration, happened, likelihood.X @ beta, entry=entry, strata=strata),
        "ph_p": proportionality(likelihood, beta, X.names.index(name)),
    }  # fmt: skip
    if cluster is not None:
        fit["clusters"] = len(np.unique(cluster))
    if robust:
        for one, error in zip(X.names, np.sqrt(np.diag(model)), strict=True):
            fit[f"model se {one}"] = float(error)
    return effect(
        terms[name], len(duration), terms=terms, table=table, fit=fit,
        assumes="proportional hazards (see ph_p); those censored would have gone on as those still followed"
        + ("; independent clusters" if cluster is not None else ""),
    )  # fmt: skip


def andersen_gill(
    duration: np.ndarray, event: np.ndarray, X: Design, *, person: np.ndarray, entry: np.ndarray | None = None, **more
) -> Effect:
    """Rate ratio of recurrent events: Cox on rows (entry, duration], errors robust to whose they are.

    person : (n,) whose row it is, or the cluster it lies in. Source: Andersen & Gill 1982; Lin et al. 2000.
    """
    return cox(duration, event, X, entry=entry, cluster=person, robust=True, **more)


def _varying(X: Design) -> Design:
    """Without the columns that are the same in every row."""
    flat = np.ptp(X.X, axis=0) == 0
    return X.without(*(name for name, one in zip(X.names, flat, strict=True) if one))


def _ratio(term) -> dict:
    one = ratio(term.estimate, term.se, term.df)
    return {"hazard_ratio": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high, "p": one.p}


def proportionality(likelihood: PartialLikelihood, beta: np.ndarray, at: int) -> float:
    """p of the score test that coefficient `at` does not move with time, on the scale of 1 - Kaplan-Meier.

    Source: Grambsch & Therneau 1994, Biometrika 81:515; the exact form, as R's cox.zph since survival 3.0.
    """
    of = counts(likelihood.duration, likelihood.event, entry=_late(likelihood.entry))
    before = 1 - survival(of)[:-1]  # just before each time
    gradient, information = likelihood.tilted(beta, lambda t: before[np.searchsorted(of.times, t)])
    left = information[2][at, at] - information[1][at] @ np.linalg.solve(information[0], information[1][at])
    return float(stats.chi2.sf(gradient[at] ** 2 / left, 1)) if left > 1e-12 else math.nan


def _late(entry: np.ndarray) -> np.ndarray | None:
    return entry if np.isfinite(entry).any() else None


def concordance(
    duration: np.ndarray, event: np.ndarray, risk: np.ndarray, *, entry=None, strata=None, limit: int = 20_000
) -> float:
    """Harrell's C: of pairs whose first event is seen, the share in which it came to the higher risk.

    nan with late entry, and above `limit` rows (n^2 comparisons). Source: Harrell et al. 1996.
    """
    if entry is not None or len(risk) > limit:
        return math.nan
    place = np.zeros(len(risk), dtype=int) if strata is None else np.unique(strata, return_inverse=True)[1]
    won = pairs = 0.0
    for at in np.flatnonzero(event):
        later = (duration > duration[at]) | ((duration == duration[at]) & ~event)
        later &= place == place[at]
        pairs += later.sum()
        won += (risk[later] < risk[at]).sum() + 0.5 * (risk[later] == risk[at]).sum()
    return float(won / pairs) if pairs else math.nan
