"""Studies of the time until return to work: heavy censoring, several ways out, centres, returns that come again."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from models.effects.accelerated import accelerated_failure, discrete_hazard
from models.effects.bootstrap import bootstrap_rmst
from models.effects.competing import aalen_johansen, time_lost
from models.effects.cox import andersen_gill, cox
from models.effects.design import design
from models.effects.difference import mean_difference
from models.effects.fine_gray import fine_gray
from models.effects.kaplan_meier import kaplan_meier
from models.effects.negative_binomial import negative_binomial
from models.effects.pseudo import pseudo_regression
from models.effects.recurrent import mean_cumulative
from models.effects.result import Effect, Term
from models.effects.rmst import rmst
from pipeline.certify.clusters import lots
from pipeline.certify.patients import Patients, everyone, patients
from pipeline.certify.scenario import CHECK, NAIVE, Estimator, Scenario

# Days from day 14 of a spell, and the share still on sick leave: reaction to severe stress (F43), spells begun in 2017,
# Försäkringskassan (nationellstatistik.xlsx with "Stöd för rätt sjukskrivning"): 71 240 spells of 15 days or more
KNOTS = np.array([0.0, 15.0, 75.0, 165.0, 350.0, 1500.0])
LEFT = np.array([71240, 57808, 33746, 20723, 8288], dtype=float) / 71240
HAZARD = np.append(-np.diff(np.log(LEFT)) / np.diff(KNOTS[:5]), 0.003)
RISE = np.append(0.0, np.cumsum(HAZARD * np.diff(KNOTS)))
FASTER = 0.35  # log hazard ratio of support for return
OTHER_EXIT = 0.0012  # a day: disability benefit, moving, death
TAU = 180.0
DAYS = np.arange(0.0, TAU + 1)


def lean(p: Patients) -> np.ndarray:
    """Log hazard ratio of return: the older and those with mental ill-health or earlier sick leave return later."""
    return -0.25 * p.age - 0.3 * p.mental - 0.25 * p.prior


def return_time(exponential: np.ndarray, log_ratio: np.ndarray) -> np.ndarray:
    """When the cumulative hazard times exp(log_ratio) reaches `exponential`, in days with decimals."""
    return np.interp(exponential / np.exp(log_ratio), RISE, KNOTS)


def whole_days(time: np.ndarray, event: np.ndarray, censored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a register says: the day, from 1, of what came first; days tie."""
    seen = time <= censored
    return np.ceil(np.minimum(time, censored)), np.where(seen, event, 0)


def heavy_censoring(rng: np.random.Generator, effect: float) -> dict:
    n = 600
    p, a = patients(n, rng), lots(n, 300, rng)
    back = return_time(rng.exponential(size=n), lean(p) + FASTER * effect * a)
    other = rng.exponential(size=n) / OTHER_EXIT
    t, e = whole_days(np.minimum(back, other), np.where(back <= other, 1, 2), rng.integers(20, 260, n))
    return {"a": a, "t": t, "e": e, "AX": p.design(a)}


def courses(effect: float, treated: int) -> tuple[np.ndarray, np.ndarray]:
    """((days + 1,) share still on leave, the same share back at work), over all patients, at the end of each day."""
    p, weight = everyone()
    h1 = HAZARD[np.searchsorted(KNOTS, DAYS[:-1], side="right") - 1] * np.exp(lean(p) + FASTER * effect * treated)[:, None]
    both = h1 + OTHER_EXIT
    S = np.exp(-np.concatenate([np.zeros((len(p), 1)), np.cumsum(both, axis=1)], axis=1))
    back = np.concatenate([np.zeros((len(p), 1)), np.cumsum(S[:, :-1] * -np.expm1(-both) * h1 / both, axis=1)], axis=1)
    return weight @ S, weight @ back


def censoring_truth(effect: float) -> dict[str, float]:
    (S0, F0), (S1, F1) = courses(effect, 0), courses(effect, 1)
    return {
        "log hazard ratio": FASTER * effect, "survival": S1[-1] - S0[-1], "rmst": float((S1 - S0)[:-1].sum()),
        "incidence": F1[-1] - F0[-1], "time lost": float((F1 - F0)[:-1].sum()),
    }  # fmt: skip


def _followed_to_the_end(d: dict):
    rows = d["e"] > 0
    return mean_difference(np.minimum(d["t"][rows], TAU), d["a"][rows])


CENSORED = Scenario(
    "heavy censoring",
    "600 patients from day 14 of a spell, half of them supported, drawn by lot. Return follows the national hazard of F43 by day, "
    "with a log hazard ratio of 0.35 for support and others for age, mental ill-health and earlier sick leave; other exits come at "
    "0.0012 a day. Follow-up ends between day 20 and day 260, evenly. Whole days, so that days tie. Horizon 180 days.",
    heavy_censoring, censoring_truth,
    (
        Estimator("mean-difference of days, those whose end is seen", _followed_to_the_end, "rmst", NAIVE, "long spells are those not seen to end"),
        Estimator("kaplan-meier, day 180", lambda d: kaplan_meier(d["t"], d["e"], treated=d["a"], times=[TAU]), "survival"),
        Estimator("rmst, 180 days", lambda d: rmst(d["t"], d["e"], treated=d["a"], tau=TAU), "rmst"),
        Estimator("rmst, bootstrap", lambda d: bootstrap_rmst(d["t"], d["e"], d["a"], tau=TAU, draws=500), "rmst", CHECK, "500 draws"),
        Estimator("1 - kaplan-meier of return", lambda d: _turned(kaplan_meier(d["t"], np.where(d["e"] == 1, 1, 0), treated=d["a"], times=[TAU])), "incidence", CHECK, "other exits as if they could still return: near, with few of them"),
        Estimator("aalen-johansen, day 180", lambda d: aalen_johansen(d["t"], d["e"], cause=1, treated=d["a"], times=[TAU]), "incidence"),
        Estimator("time-lost, 180 days", lambda d: time_lost(d["t"], d["e"], cause=1, treated=d["a"], tau=TAU), "time lost"),
        Estimator("pseudo (rmst)", lambda d: pseudo_regression(d["t"], d["e"], d["AX"], tau=TAU, of="treated", groups=d["a"]), "rmst"),
        Estimator("cox, cause 1", lambda d: cox(d["t"], d["e"], d["AX"], cause=1, of="treated"), "log hazard ratio"),
        Estimator("discrete-hazard, weeks", lambda d: discrete_hazard(np.ceil(d["t"] / 7), np.where(d["e"] == 1, 1, 0), d["AX"].without("Intercept"), of="treated"), "log hazard ratio", CHECK, "the baseline is no power of time"),
    ),
)  # fmt: skip


def _turned(found: Effect) -> Term:
    return Term(-found.estimate, found.se, -found.ci_high, -found.ci_low, found.p, found.df)


MOST = 0.65  # share that would return in the end


def two_ways_out(rng: np.random.Generator, effect: float) -> dict:
    """Fine & Gray's own way to draw: F1 = 1 - (1 - MOST (1 - exp(-H)))^exp(lp)."""
    n = 600
    p, a = patients(n, rng), lots(n, 300, rng)
    power = np.exp(lean(p) + FASTER * effect * a)
    ever = 1 - (1 - MOST) ** power
    first = rng.random(n) < ever
    inside = (1 - (1 - rng.random(n) * ever) ** (1 / power)) / MOST
    back = return_time(-np.log1p(-np.minimum(inside, 1 - 1e-12)), np.zeros(n))
    other = rng.exponential(size=n) / (0.01 * np.exp(0.3 * p.age))
    t, e = whole_days(np.where(first, back, other), np.where(first, 1, 2), rng.integers(20, 260, n))
    return {"a": a, "t": t, "e": e, "AX": p.design(a)}


WAYS_OUT = Scenario(
    "two ways out",
    "600 patients, half supported by lot; the cumulative incidence of return has proportional subdistribution hazards (log ratio 0.35), "
    "a third leave otherwise. Follow-up as under heavy censoring.",
    two_ways_out, lambda effect: {"log ratio": FASTER * effect},
    (Estimator("fine-gray", lambda d: fine_gray(d["t"], d["e"], d["AX"], cause=1, of="treated"), "log ratio"),),
)  # fmt: skip


SHAPE = 1.2


def weibull(rng: np.random.Generator, effect: float) -> dict:
    n = 500
    p, a = patients(n, rng), lots(n, 250, rng)
    log_ratio = lean(p) + FASTER * effect * a
    t = 18.0 * (rng.exponential(size=n) / np.exp(log_ratio)) ** (1 / SHAPE)
    end = rng.uniform(6, 36, n)
    return {"t": np.minimum(t, end), "e": (t <= end).astype(int), "AX": p.design(a)}


WEIBULL = Scenario(
    "weibull times",
    "500 patients, half supported by lot; Weibull times (shape 1.2, weeks) with a log hazard ratio of 0.35, so a log time ratio of "
    "-0.29; about half are censored.",
    weibull, lambda effect: {"log time ratio": -FASTER * effect / SHAPE, "log hazard ratio": FASTER * effect},
    (
        Estimator("aft (weibull)", lambda d: accelerated_failure(d["t"], d["e"], d["AX"], of="treated"), "log time ratio"),
        Estimator("cox", lambda d: cox(d["t"], d["e"], d["AX"], of="treated"), "log hazard ratio"),
        Estimator("discrete-hazard", lambda d: discrete_hazard(np.ceil(d["t"]), d["e"], d["AX"].without("Intercept"), of="treated"), "log hazard ratio"),
    ),
)  # fmt: skip


TOGETHER, TURNS = 0.10, 0.06  # correlation of patients of a centre, and of those of one arm in a centre beyond it


def centres(many: int, whole: bool):
    """Times of patients in few centres: a Gaussian copula ties them, so that each one's own hazard is as described."""

    def draw(rng: np.random.Generator, effect: float) -> dict:
        centre = np.repeat(np.arange(many), rng.integers(40, 111, many))
        n = len(centre)
        p = patients(n, rng)
        a = lots(many, many // 2, rng)[centre] if whole else rng.random(n) < 0.5
        shared = np.sqrt(TOGETHER) * rng.normal(size=many)[centre]
        by_arm = 0.0 if whole else TURNS
        turned = np.sqrt(by_arm) * rng.normal(size=(many, 2))[centre, a.astype(int)]
        z = shared + turned + np.sqrt(1 - TOGETHER - by_arm) * rng.normal(size=n)
        back = return_time(-np.log(ndtr(z)), FASTER * effect * a)
        other = rng.exponential(size=n) / OTHER_EXIT
        t, e = whole_days(np.minimum(back, other), np.where(back <= other, 1, 2), rng.integers(60, 400, n))
        return {"a": a, "t": t, "e": e, "centre": centre, "AX": p.design(a)}

    return draw


def centres_truth(effect: float) -> dict[str, float]:
    """As `censoring_truth` for patients whose traits say nothing."""
    ends = []
    for treated in (0, 1):
        h1 = HAZARD[np.searchsorted(KNOTS, DAYS[:-1], side="right") - 1] * np.exp(FASTER * effect * treated)
        both = h1 + OTHER_EXIT
        S = np.exp(-np.append(0.0, np.cumsum(both)))
        ends.append((S, np.append(0.0, np.cumsum(S[:-1] * -np.expm1(-both) * h1 / both))))
    (S0, F0), (S1, F1) = ends
    return {
        "log hazard ratio": FASTER * effect, "survival": S1[-1] - S0[-1], "rmst": float((S1 - S0)[:-1].sum()),
        "incidence": F1[-1] - F0[-1], "time lost": float((F1 - F0)[:-1].sum()),
    }  # fmt: skip


OF_CENTRES = (
    Estimator("rmst, clusters not told", lambda d: rmst(d["t"], d["e"], treated=d["a"], tau=TAU), "rmst", NAIVE, "patients of a centre are alike"),
    Estimator("kaplan-meier, day 180", lambda d: kaplan_meier(d["t"], d["e"], treated=d["a"], times=[TAU], cluster=d["centre"]), "survival"),
    Estimator("rmst, 180 days", lambda d: rmst(d["t"], d["e"], treated=d["a"], tau=TAU, cluster=d["centre"]), "rmst"),
    Estimator("aalen-johansen, day 180", lambda d: aalen_johansen(d["t"], d["e"], cause=1, treated=d["a"], times=[TAU], cluster=d["centre"]), "incidence"),
    Estimator("time-lost, 180 days", lambda d: time_lost(d["t"], d["e"], cause=1, treated=d["a"], tau=TAU, cluster=d["centre"]), "time lost"),
    Estimator("pseudo (rmst)", lambda d: pseudo_regression(d["t"], d["e"], d["AX"], tau=TAU, of="treated", groups=d["a"], cluster=d["centre"]), "rmst"),
    Estimator("cox, cause 1", lambda d: cox(d["t"], d["e"], d["AX"], cause=1, cluster=d["centre"], of="treated"), "log hazard ratio"),
)  # fmt: skip

CENTRES = tuple(
    Scenario(
        f"times, {many} centres{' drawn' if whole else ''}",
        f"{many} centres of 40 to 110 patients, {'half of the centres' if whole else 'half of the patients of each'} drawn to support; times "
        "as under heavy censoring but for covariates, which say nothing here; patients of a centre are tied by a Gaussian copula (correlation 0.10"
        + ("" if whole else ", 0.06 more within an arm") + "). Follow-up ends between day 60 and day 400.",
        centres(many, whole), centres_truth, OF_CENTRES,
    )
    for many, whole in ((7, False), (8, True))
)  # fmt: skip


RATE, FRAILTY, DEATH = 0.9, 1.0, 0.05  # new spells a year, variance between persons, deaths a year
FEWER = -0.3  # log ratio of rates


def relapses(many: int | None):
    """New spells in two years; `many` centres with half of them drawn, or patients drawn one by one."""

    def draw(rng: np.random.Generator, effect: float) -> dict:
        if many is None:
            n = 400
            centre, a = np.arange(n), lots(n, 200, rng)
            shared = np.ones(n)
        else:
            centre = np.repeat(np.arange(many), rng.integers(30, 71, many))
            n, a = len(centre), lots(many, many // 2, rng)[centre]
            shared = rng.gamma(20.0, 1 / 20.0, many)[centre]
        rate = RATE * np.exp(FEWER * effect * a) * shared * rng.gamma(1 / FRAILTY, FRAILTY, n)
        end = rng.uniform(0.8, 2.0, n)
        dead = rng.exponential(size=n) / DEATH
        stop, last = np.minimum(end, dead), np.where(dead < end, 2, 0)
        times = np.cumsum(rng.exponential(size=(n, 60)) / rate[:, None], axis=1)
        inside = times < stop[:, None]
        number = inside.sum(axis=1)
        person = np.repeat(np.arange(n), number + 1)
        order = np.arange(len(person)) - np.repeat(np.cumsum(number + 1) - number - 1, number + 1)
        out = np.where(order < number[person], times[person, np.minimum(order, 59)], stop[person])
        into = np.where(order > 0, times[person, np.maximum(order - 1, 0)], 0.0)
        event = np.where(order < number[person], 1, last[person])
        return {"t": out, "into": into, "e": event, "person": person, "rows": a[person], "of": centre[person],
                "number": number, "a": a, "watched": stop, "centre": centre}  # fmt: skip

    return draw


def relapses_truth(effect: float) -> dict[str, float]:
    lived = -np.expm1(-DEATH) / DEATH
    return {"log ratio": FEWER * effect, "relapses": RATE * lived * np.expm1(FEWER * effect)}


def _rows(d: dict):
    return design({"treated": d["rows"].astype(float)}, len(d["t"]), intercept=False)


def _visits(d: dict, **more):
    return negative_binomial(d["number"], design({"treated": d["a"].astype(float)}, len(d["a"])), exposure=d["watched"], of="treated", **more)


RELAPSES = Scenario(
    "relapses",
    "400 patients, half supported by lot; 0.9 new spells a year with a gamma frailty of variance 1, log rate ratio -0.3; 5 % die a year; "
    "watched for 0.8 to 2 years.",
    relapses(None), relapses_truth,
    (
        Estimator("cox on all spells, errors of the model", lambda d: cox(d["t"], d["e"], _rows(d), cause=1, entry=d["into"], of="treated"), "log ratio", NAIVE, "spells of a person are alike"),
        Estimator("andersen-gill", lambda d: andersen_gill(d["t"], d["e"], _rows(d), person=d["person"], entry=d["into"], cause=1, of="treated"), "log ratio"),
        Estimator("mean-cumulative, 1 year", lambda d: mean_cumulative(d["t"], d["e"], entry=d["into"], person=d["person"], cause=1, treated=d["rows"], times=[1.0]), "relapses"),
        Estimator("negative-binomial", _visits, "log ratio"),
    ),
)  # fmt: skip

RELAPSES_IN_CENTRES = Scenario(
    "relapses, 8 centres drawn",
    "8 centres of 30 to 70 patients, half of the centres drawn to support; relapses as above, centres' rates with a gamma frailty of variance 0.05.",
    relapses(8), relapses_truth,
    (
        Estimator("andersen-gill, clusters not told", lambda d: andersen_gill(d["t"], d["e"], _rows(d), person=d["person"], entry=d["into"], cause=1, of="treated"), "log ratio", NAIVE, "patients of a centre are alike"),
        Estimator("andersen-gill", lambda d: andersen_gill(d["t"], d["e"], _rows(d), person=d["of"], entry=d["into"], cause=1, of="treated"), "log ratio"),
        Estimator("mean-cumulative, 1 year", lambda d: mean_cumulative(d["t"], d["e"], entry=d["into"], person=d["of"], cause=1, treated=d["rows"], times=[1.0]), "relapses"),
        Estimator("negative-binomial", lambda d: _visits(d, cluster=d["centre"]), "log ratio"),
    ),
)  # fmt: skip
