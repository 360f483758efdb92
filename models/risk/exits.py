"""By what a spell ends: each cause's share of the ends, multiplied into the hazard of ending.

lambda_k(t | x) = lambda(t | x) x share_k(day of the spell, age, target group): the whole hazard is learnt on all that is known of the
person, the split on what the rare causes allow. Their cumulative incidences add up to 1 - S(t): nothing is a net survival with other
causes censored. Source: Prentice et al. 1978, Biometrics 34:541 (cause-specific hazards).
"""

from __future__ import annotations

import numpy as np

CAUSES = (1, 2, 3, 4)  # outcomes.remaining: ended, death, emigration, full disability benefit
AGE_LIMIT = 5  # is known, and not learnt (models.risk.age_limit)
DAY_EDGES = np.array([30, 90, 180, 365, 545])  # last days of the bands of the spell's day; the sixth is open
AGE_EDGES = np.array([40, 60])  # first years of the second and third age band; unknown: the second
GROUPS = ("both", "mental", "other", "pain")
REACH = 6  # outcomes.remaining: an exit is why no renewal came when it follows within the usual gap of five days and one
STRENGTH = 50  # ended spells' persons that the share above in the order counts for


class ExitShares:
    """Attributes: share_ (day bands, age bands, groups, causes); along the last axis they add up to 1."""

    def __init__(self) -> None:
        self.share_ = np.zeros((len(DAY_EDGES) + 1, len(AGE_EDGES) + 1, len(GROUPS), len(CAUSES)))
        self.share_[..., 0] = 1.0

    def fit(
        self,
        *,
        day: np.ndarray,
        age: np.ndarray,
        group: np.ndarray,
        duration: np.ndarray,
        cause: np.ndarray,
        person: np.ndarray,
        sample_weight: np.ndarray,
    ) -> ExitShares:
        """Learn from moments: day of the spell, age (nan: not known), target group, days to the end, its cause, 0 = censored.

        Each share is drawn towards that of its day band and age, that one to its day band's, that to all, as if STRENGTH persons had it.
        """
        ended = np.isin(cause, CAUSES)
        place = self._place(age, group)
        band = np.searchsorted(DAY_EDGES, day + duration, side="left")
        cell = np.ravel_multi_index((band, *place), self.share_.shape[:-1])[ended]
        size = self.share_[..., 0].size
        counted = np.zeros((size, len(CAUSES)))
        np.add.at(counted, (cell, np.searchsorted(CAUSES, cause[ended])), sample_weight[ended])
        counted = counted.reshape(self.share_.shape)
        of_whom = np.unique(np.column_stack([cell, person[ended].astype(np.int64)]), axis=0)[:, 0]
        persons = np.bincount(of_whom, minlength=size).reshape(self.share_.shape[:-1])
        above = np.eye(len(CAUSES))[0]  # where nothing has ended: a return to work
        for summed, strength in (((0, 1, 2), 0), ((1, 2), STRENGTH), ((2,), STRENGTH), ((), STRENGTH)):
            n = persons.sum(axis=summed, keepdims=True)[..., None]
            weights = counted.sum(axis=summed, keepdims=True)
            own = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-12)
            above = np.where(n > 0, (n * own + strength * above) / np.maximum(n + strength, 1), above)
        self.share_ = np.broadcast_to(above, self.share_.shape).copy()
        return self

    def by_cause(
        self, survival: np.ndarray, *, day: np.ndarray, age: np.ndarray, group: np.ndarray, limit: np.ndarray, within: int
    ) -> np.ndarray:
        """(n, 5) chance that the spell has ended within so many days by each of CAUSES, and by the age limit.

        survival : (n, HORIZON + 1) daily curves before they are cut at the age limit, `limit` (n,) days away (inf: none). A row adds up
        to 1 - S(within).
        """
        rows = np.arange(len(survival))
        # the limit is the cause also of an end so near before it that it explains why no renewal came
        last = np.clip(limit - REACH - 1, 0, within).astype(int)
        over = np.where(limit <= within, 0.0, survival[:, within])
        ends = np.clip(DAY_EDGES[None, :] - day[:, None], 0, last[:, None]).astype(int)
        still = np.column_stack([np.ones(len(rows)), *(survival[rows, ends[:, k]] for k in range(ends.shape[1])), survival[rows, last]])
        mass = -np.diff(still, axis=1)  # by band of the spell's day; (n, bands)
        share = self.share_[:, *self._place(age, group), :]  # (bands, n, causes)
        found = np.einsum("nb,bnk->nk", mass, share)
        return np.column_stack([found, np.where(last < within, still[:, -1] - over, 0.0)])

    @staticmethod
    def _place(age: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        years = np.where(np.isfinite(age), age, AGE_EDGES[0])
        named = np.where(np.isin(group, GROUPS), group, "other").astype(str)
        return np.searchsorted(AGE_EDGES, years, side="right"), np.searchsorted(GROUPS, named)

    def to_dict(self) -> dict:
        return {"day_edges": DAY_EDGES.tolist(), "age_edges": AGE_EDGES.tolist(), "groups": list(GROUPS), "share": self.share_.tolist()}

    @classmethod
    def from_dict(cls, kept: dict) -> ExitShares:
        """Raises ValueError: other bands than this program's."""
        if kept["day_edges"] != DAY_EDGES.tolist() or kept["age_edges"] != AGE_EDGES.tolist() or kept["groups"] != list(GROUPS):
            raise ValueError("the shares of causes were learnt in other bands")
        made = cls()
        made.share_ = np.array(kept["share"])
        return made
