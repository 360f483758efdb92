"""An invented world of certificates renewed or not, in which every chance is known exactly.

At each certified end on spell day s a spell ends with chance expit(score + shape(s)); else the certificate is
renewed for one of LENGTHS days. The chance of passing day D follows by working backwards from D.
"""

import datetime as dt

import numpy as np
import polars as pl
from scipy.special import expit

LENGTHS = np.array([14, 21, 28, 42, 60])
SHARES = np.array([0.25, 0.15, 0.3, 0.2, 0.1])
LAST = 900  # spells are cut here
GROUPS = ("mental", "pain", "other")
DIAGNOSES = {"mental": ("F32", "F43", "F41"), "pain": ("M54", "M75", "M79"), "other": ("S52", "J06", "G56")}
EFFECT = {
    "F32": -0.5,
    "F43": -0.3,
    "F41": -0.2,
    "M54": 0.3,
    "M75": 0.0,
    "M79": 0.1,
    "S52": 0.4,
    "J06": 1.0,
    "G56": 0.5,
}


def shape(day):
    """Chance of ending falls with the spell's length and jumps at day 180."""
    return -0.2 - 0.35 * np.log1p(np.asarray(day) / 30) + 0.7 * ((day >= 175) & (day <= 190))


def world(n, seed, *, start=dt.date(2022, 1, 1), days=1200, until=None):
    """`n` moments as features joined with outcomes, and the true p_90, p_180 beside them (`true_90`, ...)."""
    rng = np.random.default_rng(seed)
    wanted, n = n, 8 * n
    group = rng.choice(3, size=n, p=[0.45, 0.3, 0.25])
    names = np.array([DIAGNOSES[GROUPS[g]][k] for g, k in zip(group, rng.integers(0, 3, n), strict=True)])
    age = rng.uniform(18, 65, n)
    before = rng.poisson(1.0, n)
    degree = rng.choice([25, 50, 75, 100], size=n, p=[0.06, 0.18, 0.08, 0.68])
    score = np.array([EFFECT[d] for d in names]) - 0.015 * (age - 42) - 0.25 * np.minimum(before, 4)
    score = score + 0.3 * (degree < 100)
    # walk a spell on until it ends, and look at it on one of its days
    ended = np.zeros(n, dtype=bool)
    reach = rng.choice(LENGTHS, size=n, p=SHARES)
    ends = np.full((n, 40), LAST)
    for k in range(40):
        ends[:, k] = np.where(ended, ends[:, k - 1] if k else reach, reach)
        ended |= rng.random(n) < expit(score + shape(reach))
        ended |= reach >= LAST
        reach = np.where(ended, reach, np.minimum(reach + rng.choice(LENGTHS, size=n, p=SHARES), LAST))
    # every day 1..200 of every spell is as likely to be looked at: a long spell is met more often
    day = rng.integers(1, 201, n)
    met = np.flatnonzero(day <= ends[:, -1])[:wanted]
    n = len(met)
    group, names, age, before, degree, score, ends, day = (
        x[met] for x in (group, names, age, before, degree, score, ends, day)
    )
    final = ends[:, -1]
    certified = ends[np.arange(n), (ends < day[:, None]).sum(axis=1)]
    as_of = np.datetime64(start) + np.sort(rng.integers(0, days, n)).astype("timedelta64[D]")
    duration = np.maximum(final - day, 1)
    cause = np.ones(n, dtype=int)
    followed = np.full(n, 365)
    if until is not None:
        room = (np.datetime64(until) - as_of).astype(int)
        followed = np.clip(room, 0, 365)
        cause = np.where(duration > room, 0, cause)
        duration = np.maximum(np.minimum(duration, room), 1)
    frame = pl.DataFrame({
        "spell_id": [f"{i}-1" for i in range(n)],
        "person_key": rng.integers(0, int(n * 0.8), n),
        "as_of": as_of,
        "unit_id": [f"U{u}" for u in rng.integers(0, 12, n)],
        "day": day,
        "degree": degree,
        "certified_days_ahead": certified - day,
        "target_group": [GROUPS[g] for g in group],
        "diagnosis_3": names,
        "diagnosis_chapter": [d[0] for d in names],
        "sex": rng.choice(["F", "M"], size=n),
        "age_years": age,
        "spells_24m_count": before,
        "spell_days_24m": before * rng.uniform(5, 40, n),
        "contacts_365d_count": rng.poisson(4, n),
        "duration_days": duration,
        "cause": cause,
        "net_days_365": np.minimum(np.minimum(final - day, 365), followed) * degree / 100
        + rng.binomial(1, 0.2, n) * rng.uniform(0, 60, n) * (followed == 365),
        "followed_days": followed,
    })  # fmt: skip
    truth = {f"true_{at}": passes(at, score, day, certified) for at in (90, 180)}
    return frame.with_columns(**{name: pl.Series(values) for name, values in truth.items()})


def passes(at, score, day, certified):
    """The exact chance that a spell's last day is later than `at`."""
    later = np.ones((len(score), at + LENGTHS.max() + 1))  # by the spell day of a certified end
    for s in range(at, 0, -1):
        going_on = sum(share * later[:, s + length] for length, share in zip(LENGTHS, SHARES, strict=True))
        later[:, s] = (1 - expit(score + shape(s))) * going_on
    found = later[np.arange(len(score)), np.minimum(certified, at + 1)]
    return np.where(day > at, 1.0, found)
