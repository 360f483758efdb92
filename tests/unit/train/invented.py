"""A small trained model, made once for the tests of train and score."""

import datetime as dt
from functools import cache

import polars as pl

from pipeline.config.region import TrainingSettings
from pipeline.train.training import train
from tests.unit.models.renewals import world

UNTIL = dt.date(2025, 6, 30)
AS_OF = dt.date(2025, 7, 1)
SETTINGS = TrainingSettings(max_moments=4000, min_moments=1000)
OUTCOMES = ("duration_days", "cause", "net_days_365", "followed_days")


def history(n=5000, seed=1, days=1640):
    start = UNTIL - dt.timedelta(days=days)
    return world(n, seed, start=start, days=days, until=UNTIL).drop("true_90", "true_180")


def features(n=300, seed=9):
    return world(n, seed).drop("true_90", "true_180", *OUTCOMES).with_columns(as_of=pl.lit(AS_OF))


@cache
def candidate():
    return train(history(), SETTINGS, AS_OF, UNTIL, "abc123", 1)
