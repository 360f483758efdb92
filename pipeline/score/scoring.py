"""One row per ongoing spell: chances of passing day 90, 180 and 365, days left, net days, reasons."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.errors import InputError
from pipeline.score.load import LoadedModel
from pipeline.score.reasons import reasons

KEYS = ("spell_id", "person_key", "unit_id", "as_of")
# chance that the spell ends within 365 days by each cause, in the order of models.risk.exits: never on a list
EXITS = ("ends_by_return", "ends_by_death", "ends_by_emigration", "ends_by_disability", "ends_by_age_limit")
NEEDED = (*KEYS, "day", "degree", "target_group")


def score(features: pl.DataFrame, model: LoadedModel, language: str) -> pl.DataFrame:
    """Score the spells of one moment.

    Parameters
    ----------
    features : features.spell_features, one row per spell_id. language : of the reasons' texts, `sv` or `en`.

    Returns
    -------
    spell_id, person_key, unit_id, as_of, day, degree, target_group, p_90, p_180, p_365, days_left, net_days_left,
    net_days_sd, reasons (list of feature, value, effect_days, text), comparable_days_left, p_90_low, p_90_high, net_days_left_low, net_days_left_high,
    other_effects_days, ends_by_* (EXITS; null: not known), model_version; rows in the order given. p_90's ends: how sure the chance is (90 %; null: not known); net days': nine in ten
    persons' own will lie in them. comparable_days_left (mean of the same day band and target group) + the reasons' effect_days +
    other_effects_days = days_left, to rounding.
    Convention of p and days: models.risk.outlook.

    Raises InputError : a column is missing, `day` is not known, or a score is not finite.
    """
    if missing := [name for name in NEEDED if name not in features.columns]:
        raise InputError(
            f"features.spell_features lacks {', '.join(missing)}", remedy="run `rehabrisk features` anew"
        )
    if blank := features["day"].null_count():
        raise InputError(f"{blank} spells have no day", remedy="look at spells.ongoing")
    try:
        outlook = model.risk.outlook(features)
        comparable, effects = model.risk.effects(features)
    except ValueError as why:
        raise InputError(
            f"model {model.version} does not fit these features: {why}",
            remedy="train anew, or promote a model made from the same features",
        ) from why
    numbers = np.column_stack([outlook.passes, outlook.days_left, outlook.net_days, outlook.net_days_sd])
    if bad := int((~np.isfinite(numbers)).any(axis=1).sum()):
        raise InputError(
            f"{bad} of {features.height} spells got no usable score", remedy="look at features.spell_features"
        )
    names = ("p_90", "p_180", "p_365", "days_left", "net_days_left", "net_days_sd")
    intervals = {"p_90": outlook.p_90_ends, "net_days_left": outlook.net_ends}
    said = reasons(features, effects, language)
    stated = said.list.eval(pl.element().struct.field("effect_days")).list.sum().fill_null(0.0).to_numpy()
    return features.select(NEEDED).with_columns(
        *(pl.Series(name, numbers[:, place]) for place, name in enumerate(names)),
        said,
        pl.Series("comparable_days_left", comparable),
        *(pl.Series(f"{name}_{end}", ends[:, place]).fill_nan(None) for name, ends in intervals.items() for place, end in enumerate(("low", "high"))),
        pl.Series("other_effects_days", outlook.days_left - comparable - stated),
        *(pl.Series(name, outlook.exits[:, place]).fill_nan(None) for place, name in enumerate(EXITS)),
        pl.lit(model.version).alias("model_version"),
    )
