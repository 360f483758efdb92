"""Name -> class of every risk model, name -> function of every estimator of an effect.

Used by training, by studies and by one test each that runs over all.

A risk model has `fit(X, *, duration, event, sample_weight)`, `predict_survival(X, days)`, `to_dict`, `boosters` and
`from_dict(kept, boosters)`; `X` as FrameEncoder makes it, `duration` in days (>= 1), `event` bool.
Ordered from the simplest to the richest: when the champion does not win, the simplest that is not worse does.
"""

from __future__ import annotations

from models.effects.accelerated import accelerated_failure, discrete_hazard
from models.effects.competing import aalen_johansen, time_lost
from models.effects.cox import andersen_gill, cox
from models.effects.did import did, staggered
from models.effects.difference import mean_difference
from models.effects.doubly_robust import aipw
from models.effects.fine_gray import fine_gray
from models.effects.kaplan_meier import kaplan_meier
from models.effects.linear import ols
from models.effects.matching import match
from models.effects.negative_binomial import negative_binomial
from models.effects.net_benefit import decision_curve, incremental_net_benefit
from models.effects.pseudo import pseudo_regression
from models.effects.randomisation import randomisation
from models.effects.rate import rate
from models.effects.recurrent import mean_cumulative
from models.effects.rmst import rmst
from models.effects.standardise import standardise
from models.effects.trials import sequential_trials
from models.effects.weighting import ipw
from models.effects.wild import wild_bootstrap
from models.risk.cox import LandmarkCox
from models.risk.hazard import DiscreteTimeHazard
from models.risk.kaplan_meier import KaplanMeier

RISK_MODELS = {
    "kaplan_meier": KaplanMeier,
    "cox": LandmarkCox,
    "discrete_time_hazard": DiscreteTimeHazard,
}
CHAMPION = "discrete_time_hazard"

# Arrays in, an `Effect` out (models/effects/result.py).
EFFECTS = {
    "mean-difference": mean_difference,
    "ols": ols,
    "did": did,
    "staggered-did": staggered,
    "ipw": ipw,
    "aipw": aipw,
    "standardise": standardise,
    "match": match,
    "rmst": rmst,
    "kaplan-meier": kaplan_meier,
    "aalen-johansen": aalen_johansen,
    "time-lost": time_lost,
    "pseudo": pseudo_regression,
    "cox": cox,
    "fine-gray": fine_gray,
    "andersen-gill": andersen_gill,
    "mean-cumulative": mean_cumulative,
    "aft": accelerated_failure,
    "discrete-hazard": discrete_hazard,
    "negative-binomial": negative_binomial,
    "wild-bootstrap": wild_bootstrap,
    "randomisation": randomisation,
    "sequential-trials": sequential_trials,
    "net-benefit": incremental_net_benefit,
    "decision-curve": decision_curve,
    "rate": rate,
}
