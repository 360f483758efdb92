"""Do those whom a list would put first gain more? The rank-weighted average treatment effect of a priority at time zero."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.benefit.evidence import EvidenceBenefit
from models.effects.design import CannotEstimate
from models.effects.doubly_robust import folds_of, nuisances, scores, with_loss
from models.effects.rate import rate
from models.risk.national import NationalRisk
from pipeline.evaluate import arrays
from pipeline.evaluate.numbers import number
from pipeline.evaluate.protocol import PREVENTABLE, Protocol

MANY = 20  # clusters; with fewer a half of them says little of the whole, and rows are drawn instead
FOLDS = 5


def with_preventable_days(frame: pl.DataFrame, benefit: EvidenceBenefit, has_contacts: bool) -> pl.DataFrame:
    """Add what the lists rank by, as a region without history of its own would have it: null where nobody is on leave.

    National figures and published effects, nothing learnt from this region: a priority judged by outcomes must not have
    been made from them.
    """
    here = frame.filter("on_leave")
    saved = benefit.predict_saved(
        NationalRisk().outlook(here).net_days,
        None,
        target_group=here["target_group"].to_numpy(),
        prior_sick_leave_days=here["spell_days_24m"].cast(pl.Float64).to_numpy(),
        care_contacts=here["contacts_before_365d_count"].cast(pl.Float64).to_numpy() if has_contacts else np.full(here.height, np.nan),
        degree=here["degree"].cast(pl.Float64).to_numpy(),
    )  # fmt: skip
    told = here.select("person_key", "as_of", pl.Series(PREVENTABLE, saved.mean))
    return frame.join(told, on=("person_key", "as_of"), how="left", maintain_order="left")


def of(frame: pl.DataFrame, protocol: Protocol) -> dict | None:
    """AUTOC and QINI of the protocol's priority on cross-fitted doubly robust scores, loss to follow-up in them.

    Greater = those put first gain more, in the primary outcome's unit. The curve: what the first share gains beyond all.
    """
    told = protocol.targeting
    if not told.by:
        return None
    priority = arrays.column(frame, told.by).cast(pl.Float64).fill_null(np.nan).to_numpy()
    ranked = frame.filter(pl.Series(np.isfinite(priority)))
    priority = priority[np.isfinite(priority)]
    made = {"by": told.by, "lowest_first": told.lowest_first}
    y, seen = arrays.outcome(ranked, protocol)
    yes, cluster = arrays.treated(ranked) > 0, arrays.clusters(ranked, protocol)
    if min((seen & yes).sum(), (seen & ~yes).sum()) < 2 * FOLDS:
        return made | {"too_few": True}
    X = arrays.design_of(ranked, protocol.adjust.covariates).without("treated")
    fold = folds_of(len(y), yes, FOLDS, protocol.seed, cluster)
    try:
        e, mu0, mu1 = nuisances(
            y, yes, X, learner="linear", folds=FOLDS, seed=protocol.seed, fold=fold, seen=seen, clip=max(protocol.adjust.trim, 0.01)
        )
        y = with_loss(y, seen, yes, X, mu0, mu1, fold, FOLDS)
    except CannotEstimate:
        return made | {"too_few": True}
    pair = scores(y, yes, e, mu0, mu1)
    gain = (pair[:, 0] - pair[:, 1]) * (1 if protocol.outcomes.lower_is_better else -1)
    drawn = cluster if cluster is not None and len(np.unique(cluster)) >= MANY else None
    found = rate(gain, -priority if told.lowest_first else priority, cluster=drawn, draws=500, seed=protocol.seed)
    return made | {
        "autoc": number(found), "qini": number(found.terms["qini"]), "mean_gain": number(found.terms["mean"]),
        "curve": [{"share": 100 * row["share"], "beyond_all": row["toc"]} for row in found.table],
        "drawn": "clusters" if drawn is not None else "rows",
    }  # fmt: skip
