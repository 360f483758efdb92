"""Is acting on the chances better than acting on everyone, or on no one?"""

from __future__ import annotations

import numpy as np

from models.risk.kaplan_meier import weighted_curve


def net_benefit(
    outcome: np.ndarray, chance: np.ndarray, threshold: float, weight: np.ndarray | None = None
) -> float:
    """True positives less false positives at the odds of the threshold, per person.

    Source: Vickers & Elkin 2006, Med Decis Making 26:565.

    >>> net_benefit(np.array([1, 1, 0, 0]), np.array([0.9, 0.1, 0.8, 0.2]), 0.5)
    0.0
    """
    weight = np.ones(len(chance)) if weight is None else weight
    outcome = np.asarray(outcome, dtype=bool)
    acted = chance >= threshold
    odds = threshold / (1 - threshold)
    gain = weight[acted & outcome].sum() - odds * weight[acted & ~outcome].sum()
    return float(gain / weight.sum())


def survival_net_benefit(
    chance: np.ndarray,
    *,
    duration: np.ndarray,
    event: np.ndarray,
    horizon: int,
    threshold: float,
    sample_weight: np.ndarray | None = None,
) -> float:
    """Net benefit for passing `horizon` days, the share by Kaplan-Meier among those acted on.

    chance : of passing the horizon. Source: Vickers et al. 2008, BMC Med Inform Decis Mak 8:53.
    """
    weight = np.ones(len(chance)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    acted = chance >= threshold
    if not acted.any():
        return 0.0
    curve = weighted_curve(duration[acted], np.asarray(event, dtype=bool)[acted], weight[acted])
    share, passing = weight[acted].sum() / weight.sum(), curve[horizon]
    return float(share * (passing - (1 - passing) * threshold / (1 - threshold)))
