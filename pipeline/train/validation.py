"""How good the models are on months they have not seen, with intervals that know persons."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.stats import binom

from models.measures.accuracy import briers, ipas
from models.measures.bootstrap import person_interval, person_intervals
from models.measures.calibration import levels_and_slopes, observed_to_expected, slope_interval, smooths
from models.measures.censoring import seen_at
from models.measures.decision import net_benefits
from models.measures.discrimination import aucs, uno_cs
from models.measures.incidence import cumulative_incidence
from models.risk.age_limit import days_to_age_limit, ended_at_age_limit
from models.risk.exits import AGE_LIMIT, CAUSES, ExitShares
from models.risk.outlook import age_and_group, chance_of_passing
from models.risk.person_period import HORIZON
from models.risk.srs import PublishedSRS
from models.risk.uncertainty import Z_90
from pipeline.train.windows import outcome

DAY_BANDS = ((1, 14), (15, 30), (31, 60), (61, 89))
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
MIN_PERSONS = 5  # smaller cells are not shown
MIN_EACH = 20  # moments that passed, and that did not: below it no model is chosen by them
FEWEST_EACH = 30  # persons who passed, and who did not: below it no figure is given, above it the interval tells what it is worth
# At days 15 and 30 published models over all diagnoses reach 0.66-0.68, the patient's own guess 0.81. The first days are
# no measure: a first certificate of three days tells, without any leak, that most such spells end within the week. Where
# certificates tell the days ahead as well as in the simulated region, an honest model reaches 0.82 (docs/risk.md).
SUSPECT_AUC, SUSPECT_DAYS, SUSPECT_EACH = 0.85, (10, 30), 50  # persons of each, or chance is suspected
C_ROWS = 6_000
FEWEST_CURVE = 100  # of them: below it no slope and no curve, which bend after a handful
BINS = 20  # of the histogram of chances
FEWEST_COVERED = 30  # persons of a cell in which an interval is tried


class Tested:
    """The test moments of one model: for each passed day, outcome, chance and weight."""

    def __init__(self, rows: pl.DataFrame, curves: np.ndarray) -> None:
        """curves : (n, HORIZON + 1) daily survival of the rows of `rows`; they end at the age limit, which is known."""
        self.rows, self.limit, self.uncut = rows, days_to_age_limit(rows), curves
        self.curves = ended_at_age_limit(curves, np.arange(curves.shape[1]), self.limit)
        self.day = rows["day"].to_numpy()
        self.person = rows["person_key"].to_numpy()
        self.known = outcome(rows) | {"event": (rows["cause"] > 0).to_numpy()}

    def at(self, passed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(did pass, chance, weight, place in rows) among spells on a day before `passed`."""
        place = np.flatnonzero(self.day < passed)
        duration, event = self.known["duration"][place], self.known["event"][place]
        horizon = np.minimum(passed - self.day[place], HORIZON)
        ended, weight = seen_at(duration, event, horizon, self.known["sample_weight"][place])
        chance = chance_of_passing(self.curves, self.day, passed)[place]
        return ~ended, chance, weight, place


def measures_at(tested: Tested, passed: int, *, seed: int, repeats: int = 200) -> dict:
    """AUC, Brier, IPA and O/E with 95 % intervals for passing a day, among spells that had not reached it."""
    passing, chance, weight, place = tested.at(passed)
    used = weight > 0
    out = {"moments": int(used.sum()), "persons": len(np.unique(tested.person[place][used]))}
    out["asked"] = len(place)
    if too_few(passing[used], tested.person[place][used]):
        return out
    out["share"] = float(np.average(passing[used], weights=weight[used]))
    found = {"auc": aucs, "brier": briers, "ipa": ipas, "o_e": observed_to_expected}
    y, p = passing[used], chance[used]
    measures = {name: lambda w, m=measure: m(y, p, w) for name, measure in found.items()}
    person = tested.person[place][used]
    return out | person_intervals(measures, weight[used], person, seed=seed, repeats=repeats)


def too_few(passing: np.ndarray, person: np.ndarray, fewest: int = FEWEST_EACH) -> bool:
    """Whether those who passed, or those who did not, are fewer than `fewest` persons."""
    return min(len(np.unique(person[passing])), len(np.unique(person[~passing]))) < fewest


def brier_at(tested: Tested, passed: int) -> float:
    """Brier score for passing a day, lower is better; infinite where too few passed, or did not."""
    passing, chance, weight, _ = tested.at(passed)
    used = weight > 0
    if min(passing[used].sum(), (~passing[used]).sum()) < MIN_EACH:
        return float("inf")
    return float(briers(passing[used], chance[used], weight[used][None, :])[0])


def beside_srs(tested: dict[str, Tested], srs: PublishedSRS, *, seed: int) -> dict:
    """Every model and the published SRS on the moments whose diagnosis SRS covers: figures for passing day 90.

    covered: their weighted share of the moments before day 90. `srs` is as published, S(90) / S(day); `srs_certified`
    takes the certified end as reached, which the other models know too.
    """
    rows = next(iter(tested.values())).rows
    covered, curves = srs_curves(rows, srs)
    early = (rows["day"] < 90).to_numpy()
    weight = rows["weight"].to_numpy() * early
    here = pl.Series(covered)
    beside = {name: Tested(rows.filter(here), one.curves[covered]) for name, one in tested.items()}
    beside |= {name: Tested(rows.filter(here), one[covered]) for name, one in curves.items()}
    return {
        "covered": float(weight[covered].sum() / weight.sum()) if weight.sum() else 0.0,
        "models": {name: measures_at(one, 90, seed=seed) for name, one in beside.items()},
    }


def srs_curves(rows: pl.DataFrame, srs: PublishedSRS) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Which rows SRS covers (n,), and its (n, HORIZON + 1) curves: `srs` as published, `srs_certified` told that the certified end is reached."""
    curves = {name: srs.curves(rows, np.arange(HORIZON + 1), from_certified_end=name != "srs") for name in ("srs", "srs_certified")}
    return np.isfinite(curves["srs"][:, -1]), curves


def deeper_at(tested: Tested, passed: int, *, seed: int, repeats: int = 100) -> dict:
    """Intercept, slope, ICI, E50, E90, the smooth curve and net benefit for passing a day, with 95 % intervals (`<name>_95`).

    Empty below FEWEST_CURVE persons. curve: chance, smoothed observed share and its interval; histogram: share of the
    moments by twentieth of the chance; net_benefit: by threshold, of acting on the model and on everyone, and the first less the second.
    """
    passing, chance, weight, place = tested.at(passed)
    used = weight > 0
    if too_few(passing[used], tested.person[place][used], FEWEST_CURVE):
        return {}
    y, p, w = passing[used], chance[used], weight[used]
    grid = np.unique(np.quantile(p, np.linspace(0.01, 0.99, 30)))

    def every(drawn: np.ndarray) -> dict[str, np.ndarray]:
        smooth = smooths(y, p, drawn, at=grid)
        found = levels_and_slopes(y, p, drawn) | {name: smooth[name] for name in ("ici", "e50", "e90")}
        found |= {f"curve {n}": smooth["observed"][:, n] for n in range(len(grid))}
        for at in THRESHOLDS:
            model, everyone = net_benefits(y, p, at, drawn), net_benefits(y, np.ones(len(p)), at, drawn)
            found |= {f"model {at}": model, f"all {at}": everyone, f"less {at}": model - everyone}
        return found

    found = person_intervals(every, w, tested.person[place][used], seed=seed, repeats=repeats)
    out = {}
    for name in ("intercept", "slope", "ici", "e50", "e90"):
        out[name], *ends = found[name]
        out[f"{name}_95"] = ends
    counted, _ = np.histogram(p, bins=BINS, range=(0, 1), weights=w)
    return out | {
        "curve": [[float(at), *found[f"curve {n}"]] for n, at in enumerate(grid)],
        "histogram": (counted / counted.sum()).tolist(),
        "net_benefit": [{"threshold": at, **{name: found[f"{name} {at}"] for name in ("model", "all", "less")}} for at in THRESHOLDS],
    }


def less_others(tested: dict[str, Tested], best: str, passed: int, *, seed: int, repeats: int = 200) -> dict[str, dict]:
    """name -> AUC, Brier and IPA of `best` less that model's on the same moments, with 95 % intervals from the same draws of persons.

    Empty where too few passed. That two intervals overlap says nothing of the difference; this does.
    """
    passing, chance, weight, place = tested[best].at(passed)
    used = weight > 0
    if too_few(passing[used], tested[best].person[place][used]):
        return {}
    y, ours = passing[used], chance[used]
    theirs = {name: one.at(passed)[1][used] for name, one in tested.items() if name != best}
    measures = {"auc": aucs, "brier": briers, "ipa": ipas}

    def less(drawn: np.ndarray) -> dict[str, np.ndarray]:
        own = {key: measure(y, ours, drawn) for key, measure in measures.items()}
        return {f"{name} {key}": own[key] - measure(y, p, drawn) for name, p in theirs.items() for key, measure in measures.items()}

    found = person_intervals(less, weight[used], tested[best].person[place][used], seed=seed, repeats=repeats)
    return {name: {key: found[f"{name} {key}"] for key in measures} for name in theirs}


def exits(rows: pl.DataFrame, within: tuple[int, ...] = (90, 180, 365)) -> dict:
    """Share of ongoing spells ended by each cause (pipeline/outcomes/README.md) within so many days, others competing."""
    found = cumulative_incidence(
        rows["duration_days"].to_numpy(), rows["cause"].to_numpy(), np.array(within), rows["weight"].cast(pl.Float64).to_numpy()
    )
    few = {
        cause for cause in found if rows.filter(pl.col("cause") == cause)["person_key"].n_unique() < MIN_PERSONS
    }
    return {"within": list(within), "causes": {cause: None if cause in few else share.tolist() for cause, share in found.items()}}


def exit_shares(rows: pl.DataFrame) -> ExitShares:
    """Learnt from moments with their outcomes."""
    return ExitShares().fit(
        day=rows["day"].to_numpy(),
        **age_and_group(rows),
        duration=rows["duration_days"].to_numpy(),
        cause=rows["cause"].to_numpy(),
        person=rows["person_key"].to_numpy(),
        sample_weight=rows["weight"].cast(pl.Float64).to_numpy(),
    )


def exits_forecast(tested: Tested, shares: ExitShares, within: tuple[int, ...] = (90, 180), *, seed: int) -> dict:
    """Cause -> for each of `within`: persons, share expected, share observed (Aalen-Johansen) and their ratio, with 95 % intervals.

    None for a cause by which fewer than MIN_PERSONS persons' spells ended.
    """
    rows, weight = tested.rows, tested.known["sample_weight"]
    duration, cause = rows["duration_days"].to_numpy(), rows["cause"].to_numpy()
    asked = {"day": tested.day, **age_and_group(rows), "limit": tested.limit}
    expected = [shares.by_cause(tested.uncut, **asked, within=days) for days in within]
    out: dict[int, list | None] = {}
    for place, one in enumerate((*CAUSES, AGE_LIMIT)):
        persons = [len(np.unique(tested.person[(cause == one) & (duration <= days)])) for days in within]
        if min(persons) < MIN_PERSONS:
            out[one] = None
            continue
        out[one] = []
        for k, days in enumerate(within):
            chance = expected[k][:, place]

            def observed(w: np.ndarray, days=days, one=one) -> np.ndarray:
                found = (cumulative_incidence(duration, cause, np.array([days]), row) for row in w)
                return np.array([share[one][0] if one in share else 0.0 for share in found])

            measures = {"observed": observed, "o_e": lambda w, c=chance, o=observed: o(w) / (w @ c / w.sum(axis=1))}
            found = person_intervals(measures, weight, tested.person, seed=seed, repeats=100)
            out[one].append({"persons": persons[k], "expected": float(np.average(chance, weights=weight)), **found})
    return {"within": list(within), "causes": out}


def uno(tested: Tested, *, seed: int, repeats: int = 100) -> tuple[float, float, float]:
    """Uno's C of the days left with its 95 % interval, on at most 6 000 of the moments."""
    left = tested.curves[:, :HORIZON].sum(axis=1)
    some = np.random.default_rng(seed).permutation(len(left))[:C_ROWS]
    known = {name: value[some] for name, value in tested.known.items()}
    until = float(np.quantile(tested.known["duration"], 0.9))
    c = lambda drawn: uno_cs(-left[some], drawn, until=until, **known)  # noqa: E731
    return person_interval(c, known["sample_weight"], tested.person[some], seed=seed, repeats=repeats, batch=repeats)


def hidden_groups(sizes: dict[str, int]) -> set[str]:
    """Which groups of persons not to show beside their total: those of fewer than five, and never one alone.

    >>> sorted(hidden_groups({"a": 3, "b": 40, "c": 12}))
    ['a', 'c']
    >>> hidden_groups({"a": 5, "b": 40})
    set()
    """
    small = {cell for cell, size in sizes.items() if size < MIN_PERSONS}
    if len(small) == 1 and len(sizes) > 1:
        small.add(min((cell for cell in sizes if cell not in small), key=lambda cell: (sizes[cell], cell)))
    return small


def by_cell(tested: Tested, cells: np.ndarray, passed: int = 90) -> list[dict]:
    """AUC, O/E and, where enough passed and did not, slope for passing a day in each cell of `cells` (text, n); small cells are hidden.

    Where one cell alone is small the next larger one is hidden too, or it could be had from the total.
    """
    passing, chance, weight, place = tested.at(passed)
    names = cells[place].astype(str)
    inside = {cell: (names == cell) & (weight > 0) for cell in sorted(set(names.tolist()))}
    sizes = {cell: len(np.unique(tested.person[place][here])) for cell, here in inside.items()}
    hidden = hidden_groups(sizes)
    out = []
    for cell, here in inside.items():
        persons = sizes[cell]
        if cell in hidden:
            out.append({"cell": cell, "persons": "too few"})
            continue
        w = weight[here][None, :]
        y, p = passing[here], chance[here]
        two = {"auc_95": lambda W, y=y, p=p: aucs(y, p, W), "o_e_95": lambda W, y=y, p=p: observed_to_expected(y, p, W)}
        ends = person_intervals(two, weight[here], tested.person[place][here], repeats=100)
        out.append({
            "cell": cell,
            "persons": persons,
            "share": float(np.average(passing[here], weights=weight[here])),
            "auc": float(aucs(passing[here], chance[here], w)[0]),
            "o_e": float(observed_to_expected(passing[here], chance[here], w)[0]),
            **{name: list(both) for name, (_, *both) in ends.items() if np.isfinite(both).all()},
        })  # fmt: skip
        if min(y.sum(), (~y).sum()) >= FEWEST_CURVE:
            slope, *both = slope_interval(y, p, weight[here], tested.person[place][here])
            out[-1] |= {"slope": slope, "slope_95": both}
    return out


def covered_by_interval(tested: Tested, ends: np.ndarray, passed: int = 90) -> dict | None:
    """In how many cells of sex x age x group x day band the observed share lies as near the mean chance as its 90 % interval says.

    ends : (n, 2) of the test rows' chances. The cell's interval: the mean width of its persons' (they err together), and the chance in which
    of them pass, by persons. cells, held; held_95: how many of so many cells chance leaves held in 95 of 100 such tests, were the intervals right;
    mean_width of the intervals. None where nothing is known.
    """
    passing, chance, weight, place = tested.at(passed)
    used = weight > 0
    passing, chance, weight, rows, day = passing[used], chance[used], weight[used], tested.rows[place[used]], tested.day[place[used]]
    low, high = ends[place[used]].T
    if not np.isfinite(low).all():
        return None
    texts = [rows[name].cast(pl.String).fill_null("?").to_numpy() for name in ("sex", "target_group") if name in rows.columns]
    if "age_years" in rows.columns:
        texts.append(age_bands(rows["age_years"].cast(pl.Float64).to_numpy()))
    names = np.array([" ".join(one) for one in zip(*texts, day_bands(day), strict=True)])
    person, cells, held = rows["person_key"].to_numpy(), 0, 0
    for name in np.unique(names):
        here = names == name
        persons, at = np.unique(person[here], return_inverse=True)
        if len(persons) < FEWEST_COVERED:
            continue
        w, left = weight[here], passing[here] - chance[here]
        chances = np.bincount(at, weights=w * (left - np.average(left, weights=w)))
        sampling = np.sqrt((chances**2).sum()) / w.sum()
        unsure = np.average(high[here] - low[here], weights=w) / 2 / Z_90
        cells += 1
        held += int(abs(np.average(left, weights=w)) <= Z_90 * np.hypot(sampling, unsure))
    return {
        "cells": cells,
        "held": held,
        "held_95": [int(one) for one in binom.ppf([0.025, 0.975], cells, 0.9)],
        "mean_width": float(np.average(high - low, weights=weight)),
    }


def day_bands(day: np.ndarray) -> np.ndarray:
    """(n,) text: the day band, ordered as text."""
    names = np.array(
        [f"day {low:>3}-{high}" for low, high in DAY_BANDS] + [f"day {DAY_BANDS[-1][1] + 1:>3}-"]
    )
    return names[np.searchsorted([*[low for low, _ in DAY_BANDS][1:], 90], day, side="right")]


def age_bands(age: np.ndarray) -> np.ndarray:
    """(n,) text: ten-year bands."""
    low = (np.nan_to_num(age, nan=-10) // 10 * 10).astype(int)
    return np.where(np.isfinite(age), np.char.add(low.astype(str), "-"), "not known")


def early_auc(tested: Tested, *, seed: int, repeats: int = 200) -> tuple[float, float, float] | None:
    """AUC with its 95 % interval for passing day 90 among spells on days 10-30; None where too few passed, or did not.

    An interval all above SUSPECT_AUC is not to be believed of register data.
    """
    passing, chance, weight, place = tested.at(90)
    used = (tested.day[place] >= SUSPECT_DAYS[0]) & (tested.day[place] <= SUSPECT_DAYS[1]) & (weight > 0)
    y, p = passing[used], chance[used]
    person = tested.person[place][used]
    if too_few(y, person, SUSPECT_EACH):
        return None
    return person_interval(lambda w: aucs(y, p, w), weight[used], person, seed=seed, repeats=repeats)
