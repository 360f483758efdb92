"""A fitted risk model as a whole: encoder, curves, net days and reasons, and its form on disk."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import skops.io

from models.registry import RISK_MODELS
from models.risk.age_limit import days_to_age_limit, ended_at_age_limit
from models.risk.encoder import FrameEncoder
from models.risk.exits import CAUSES, ExitShares
from models.risk.explain import ShapleyExplainer
from models.risk.national import NationalRisk
from models.risk.net_days import NetDays
from models.risk.outlook import PASSES, Outlook, age_and_group, chance_of_passing, expected_days
from models.risk.person_period import HORIZON
from models.risk.uncertainty import ChanceUncertainty

FORMAT_VERSION = 8
BATCH = 8_000
# the only types a model file may hold beside numpy's and scikit-learn's public ones; never what the file itself asks for
TRUSTED = (
    # how the boosting prepares categorical columns; what a partial wraps is itself checked against this list
    "functools.partial",
    "sklearn.utils.validation.check_array",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)


class FittedRisk:
    """The parts that scoring needs. `kind` is a name of the registry."""

    def __init__(
        self,
        kind: str,
        encoder: FrameEncoder,
        model,
        net_days: NetDays,
        explainer: ShapleyExplainer,
        uncertainty: ChanceUncertainty,
        exits: ExitShares,
    ) -> None:
        self.kind, self.encoder, self.model = kind, encoder, model
        self.net_days, self.explainer, self.uncertainty, self.exits = net_days, explainer, uncertainty, exits

    def curves(self, frame: pl.DataFrame, days: np.ndarray) -> np.ndarray:
        """(n, len(days)) S(t) for features as in features.spell_features; nought from the age limit on."""
        return ended_at_age_limit(self.model.predict_survival(self.encoder.transform(frame), days), days, days_to_age_limit(frame))

    def outlook(self, frame: pl.DataFrame) -> Outlook:
        """Chances, days left and net days of every row; in batches, memory does not grow with n x 365."""
        X = self.encoder.transform(frame)
        day = frame["day"].cast(pl.Float64).fill_null(1).to_numpy()
        degree = frame["degree"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        ahead = np.zeros(len(X))
        if "certified_days_ahead" in frame.columns:
            ahead = frame["certified_days_ahead"].cast(pl.Float64).fill_null(0).to_numpy()
        passes, left, uncut = np.empty((len(X), len(PASSES))), np.empty(len(X)), np.empty(len(X))
        limit, who, grid = days_to_age_limit(frame), age_and_group(frame), np.arange(HORIZON + 1)
        ends = np.empty((len(X), len(CAUSES) + 1))
        for start in range(0, len(X), BATCH):
            some = slice(start, start + BATCH)
            whole = self.model.predict_survival(X[some], grid)
            mine = {name: values[some] for name, values in who.items()}
            ends[some] = self.exits.by_cause(whole, day=day[some], **mine, limit=limit[some], within=HORIZON)
            curve = ended_at_age_limit(whole, grid, limit[some])
            uncut[some] = expected_days(whole)
            left[some] = expected_days(curve)
            for place, at in enumerate(PASSES):
                passes[some, place] = chance_of_passing(curve, day[some], at, ahead[some])
        mean = self.net_days.mean(days_left=uncut, degree=degree)
        # of the days that would have come, those before the limit
        kept = np.divide(left, uncut, out=np.ones(len(X)), where=uncut > 0)
        p_90_ends = self.uncertainty.interval(X, passes[:, 0])
        return Outlook(
            passes,
            left,
            np.minimum(mean * kept, limit),
            self.net_days.spread(mean) * kept,
            p_90_ends,
            np.minimum(self.net_days.ends(mean) * kept[:, None], limit[:, None]),
            ends,
        )

    def effects(self, frame: pl.DataFrame) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(n,) mean days left of comparable spells, and group -> (n,) days by which its facts change them; see `explain`.

        nan where a fact is one that the model never met, or too seldom: what it says is of other rare ones.
        """
        X = self.encoder.transform(frame)
        means, found = self.explainer.effects(X)
        unmet = self.explainer.unmet(X)
        return means, {group: np.where(unmet[group], np.nan, days) if group in unmet else days for group, days in found.items()}

    def to_files(self) -> dict[str, bytes | dict]:
        """File name -> bytes, or a dict for JSON."""
        parts = (self.model, self.explainer, self.uncertainty)
        boosters = {name: kept for part in parts for name, kept in part.boosters().items()}
        whole = {
            "kind": self.kind,
            "model": self.model.to_dict(),
            "net_days": self.net_days.to_dict(),
            "explainer": self.explainer.to_dict(),
            "uncertainty": self.uncertainty.to_dict(),
            "exits": self.exits.to_dict(),
        }
        return {
            "model.skops": skops.io.dumps(boosters),
            "encoder.json": self.encoder.to_dict(),
            "risk.json": whole,
        }


def from_files(whole: dict, encoder: dict, boosters: bytes) -> FittedRisk | NationalRisk:
    """What `to_files` wrote. Runs no code from the file: types outside TRUSTED are refused (TypeError)."""
    if whole["kind"] == NationalRisk.kind:
        return NationalRisk()
    trees = skops.io.loads(boosters, trusted=list(TRUSTED))
    return FittedRisk(
        whole["kind"],
        FrameEncoder.from_dict(encoder),
        RISK_MODELS[whole["kind"]].from_dict(whole["model"], trees),
        NetDays.from_dict(whole["net_days"]),
        ShapleyExplainer.from_dict(whole["explainer"], trees),
        ChanceUncertainty.from_dict(whole["uncertainty"], trees),
        ExitShares.from_dict(whole["exits"]),
    )


def untrusted_types(boosters: bytes) -> list[str]:
    """Types in a model file that scikit-learn and numpy do not vouch for."""
    return skops.io.get_untrusted_types(file=io.BytesIO(boosters))
