"""Every scenario, in the order of the table."""

from __future__ import annotations

from pipeline.certify.clusters import DRAWN, WITHIN
from pipeline.certify.days import BEFORE_AFTER, CONFOUNDED, LOSS, RANDOMISED
from pipeline.certify.panels import IMMORTAL, STAGGERED
from pipeline.certify.rankings import PREDICTED, RANKED
from pipeline.certify.scenario import Scenario
from pipeline.certify.times import CENSORED, CENTRES, RELAPSES, RELAPSES_IN_CENTRES, WAYS_OUT, WEIBULL

SCENARIOS: dict[str, Scenario] = {
    one.name: one
    for one in (
        RANDOMISED, CONFOUNDED, LOSS, WITHIN, *DRAWN, CENSORED, WAYS_OUT, WEIBULL, *CENTRES, BEFORE_AFTER, *STAGGERED,
        IMMORTAL, RELAPSES, RELAPSES_IN_CENTRES, RANKED, PREDICTED,
    )
}  # fmt: skip
