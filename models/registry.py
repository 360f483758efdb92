"""Name -> class of every risk model, name -> function of every estimator of an effect.

Used by training, by studies and by one test each that runs over all.

A risk model has `fit(X, *, duration, event, sample_weight)`, `predict_survival(X, days)`, `to_dict`, `boosters` and
`from_dict(kept, boosters)`; `X` as FrameEncoder makes it, `duration` in days (>= 1), `event` bool.
Ordered from the simplest to the richest: when the champion does not win, the simplest that is not worse does.
"""

from __future__ import annotations

from models.effects.competing import aalen_johansen, time_lost
from models.effects.cox import andersen_gill, cox
from models.effects.difference import mean_difference
from models.effects.fine_gray import fine_gray
from models.effects.kaplan_meier import kaplan_meier
from models.effects.linear import ols
from models.effects.rmst import rmst
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

# Arrays in, an `Effect` out (models/effects/result.py); the names are those of `rehabrisk estimate`.
EFFECTS = {
    "mean-difference": mean_difference,
    "ols": ols,
    "kaplan-meier": kaplan_meier,
    "rmst": rmst,
    "aalen-johansen": aalen_johansen,
    "time-lost": time_lost,
    "cox": cox,
    "fine-gray": fine_gray,
    "andersen-gill": andersen_gill,
    "wild-bootstrap": wild_bootstrap,
}
