"""Name -> class of every risk model: used by training, and by one test that runs over all.

Each has `fit(X, *, duration, event, sample_weight)`, `predict_survival(X, days)`, `to_dict`, `boosters` and
`from_dict(kept, boosters)`; `X` as FrameEncoder makes it, `duration` in days (>= 1), `event` bool.
Ordered from the simplest to the richest: when the champion does not win, the simplest that is not worse does.
"""

from __future__ import annotations

from models.risk.cox import LandmarkCox
from models.risk.hazard import DiscreteTimeHazard
from models.risk.kaplan_meier import KaplanMeier

RISK_MODELS = {
    "kaplan_meier": KaplanMeier,
    "cox": LandmarkCox,
    "discrete_time_hazard": DiscreteTimeHazard,
}
CHAMPION = "discrete_time_hazard"
