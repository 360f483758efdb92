"""The published and assumed figures of figures.toml, as arrays a vectorised simulator can index."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "figures.toml"
MENTAL = ("F32", "F33", "F41", "F43")
PAIN = ("M51", "M53", "M54", "M75", "M77", "M79", "R52")
DEGREES = np.array([25, 50, 75, 100], dtype=np.int16)
REFERENCE = 4000
# shares of spells by days of sick leave in the year before (none, 1-90, 91-180, more) and of the other marks:
# what the simulated region itself comes out with; they only tune the base hazard to the published survival
PRIOR_SHARES = (0.64, 0.29, 0.045, 0.025)
COMORBID_SHARE = 0.23


@dataclass(frozen=True)
class Figures:
    """Everything the simulator draws from. Diagnoses are numbered in the order of `names` (D of them).

    `survival` (D, 5): published S(14), S(29), S(89), S(179), S(364). `cumulative` (D, days + 1): base
    cumulative hazard by day of spell, for a person of hazard ratio 1, flat until day 14. `codes` are all
    four-character codes (C), `code_diagnosis` (C) their diagnosis, `code_log_ratio` (C) their log hazard
    ratio, `code_table` (D, 6) and `code_cumulative` (D, 6) how to draw one within a diagnosis.
    `mix` (2 sexes: F, M; 5 ages; D): share of spells.
    """

    raw: dict
    names: tuple[str, ...]
    published: np.ndarray
    survival: np.ndarray
    cumulative: np.ndarray
    codes: tuple[str, ...]
    code_diagnosis: np.ndarray
    code_log_ratio: np.ndarray
    code_table: np.ndarray
    code_cumulative: np.ndarray
    mix: np.ndarray
    kind: np.ndarray
    mental: np.ndarray
    pain: np.ndarray
    unemployed_log: np.ndarray
    degree_log: np.ndarray
    university_log: np.ndarray
    short_codes: tuple[str, ...]

    def log_hazard(
        self,
        code: np.ndarray,
        prior_days: np.ndarray,
        unemployed: np.ndarray,
        degree: np.ndarray,
        comorbid: np.ndarray,
        age: np.ndarray,
        man: np.ndarray,
        university: np.ndarray,
        frailty: np.ndarray,
    ) -> np.ndarray:
        """Log hazard ratio of ending, one a spell; `code` indexes `codes`, `degree` is in percent at the start."""
        effects = self.raw["effects"]
        of = self.code_diagnosis[code]
        return (
            self.code_log_ratio[code]
            + stepped(effects["prior_days"], prior_days)
            + self.unemployed_log[of] * unemployed
            + self.degree_log[self.kind[of], degree // 25 - 1]
            + np.log(effects["comorbid"]) * comorbid
            + stepped(effects["age"], age)
            + np.log(effects["male"]) * man
            + self.university_log[self.kind[of]] * ~university
            + frailty
        )


def stepped(steps: list[list[float]], value: np.ndarray) -> np.ndarray:
    """Log of the ratio that holds from each step's first value on; 0 below the first step."""
    first = np.array([0.0, *np.log([ratio for _, ratio in steps])])
    return first[np.searchsorted([at for at, _ in steps], value, side="right")]


def _weights(raw: dict) -> np.ndarray:
    """(2, 5, D) shares of spells by sex (F, M) and age class (18-29, 30-39, 40-49, 50-56, 57-)."""
    table = raw["diagnoses"].values()
    total = np.array([sum(d["lengths"]) for d in table], dtype=float)
    women = np.array([d["women"] for d in table])
    # assumed: mental ill-health is commoner among the young, joints and pain among the old, per ten years
    slope = np.array(
        [{"F": -0.10, "M": 0.15, "S": 0.0, "O": -1.2, "C": 0.4}.get(n[0], 0.05) for n in raw["diagnoses"]]
    )
    decades = np.array([-1.9, -0.8, 0.2, 1.0, 1.8])
    mix = np.stack([total * women, total * (1 - women)])[:, None, :] * np.exp(slope * decades[:, None])[None]
    return mix / mix.sum(axis=2, keepdims=True)


def _shape(raw: dict) -> np.ndarray:
    """Relative hazard of ending by day of spell, index 0 = day 0; zero until day 14."""
    lengths = raw["lengths"]
    days = np.arange(lengths["longest_days"] + 1)
    starts = [at for at, _ in lengths["shape"]]
    relative = np.array([0.0, *[r for _, r in lengths["shape"]]])[np.searchsorted(starts, days, side="right")]
    return relative * np.where(days % 7 == 0, lengths["weekly"], 1.0)


def _tuned(raw: dict, survival: np.ndarray, log_ratios: np.ndarray) -> np.ndarray:
    """Base cumulative hazard (D, days + 1) with mean over persons of exp(-ratio x hazard) = survival.

    `log_ratios` (D, R): log hazard ratios of a reference population. Solved at each anchor by bisection,
    spread over the days between by `_shape`.
    """
    lengths = raw["lengths"]
    anchors = [14, *lengths["anchors"], 729]
    wanted = np.column_stack([survival[:, 1:], survival[:, -1] * lengths["two_years"]])
    ratio = np.exp(log_ratios)
    shape = _shape(raw)
    cumulative = np.zeros((len(survival), len(shape)))
    before = np.zeros(len(survival))
    for k, (left, right) in enumerate(pairwise(anchors)):
        low, high = before.copy(), before + 60.0
        for _ in range(50):
            middle = (low + high) / 2
            left_over = np.exp(-ratio * middle[:, None]).mean(axis=1)
            low = np.where(left_over > wanted[:, k], middle, low)
            high = np.where(left_over > wanted[:, k], high, middle)
        part = np.cumsum(shape[left + 1 : right + 1])
        cumulative[:, left + 1 : right + 1] = before[:, None] + (low - before)[:, None] * part / part[-1]
        slope = (low - before) / part[-1]
        before = low
    tail = np.cumsum(shape[anchors[-1] + 1 :])
    cumulative[:, anchors[-1] + 1 :] = before[:, None] + slope[:, None] * tail
    return cumulative


def _reference(figures: Figures) -> np.ndarray:
    """(D, R) log hazard ratios of a population with the region's usual marks; the same at every call."""
    rng = np.random.default_rng(20170101)
    raw, n = figures.raw, len(figures.names) * REFERENCE
    diagnosis = np.repeat(np.arange(len(figures.names)), REFERENCE)
    prior = np.array([0, 45, 135, 260])[rng.choice(4, n, p=PRIOR_SHARES)]
    age = rng.integers(20, 66, n)
    out = figures.log_hazard(
        draw_code(figures, diagnosis, rng),
        prior,
        rng.random(n) < raw["onset"]["unemployed_share"],
        draw_degree(raw, rng, n),
        rng.random(n) < COMORBID_SHARE,
        age,
        rng.random(n) < 0.36,
        rng.random(n) < raw["onset"]["university_share"],
        rng.normal(0, raw["effects"]["frailty_sd"], n),
    )
    return out.reshape(len(figures.names), REFERENCE)


def draw_code(figures: Figures, diagnosis: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A four-character code (index into `codes`) for each diagnosis (index into `names`)."""
    place = (rng.random(len(diagnosis))[:, None] >= figures.code_cumulative[diagnosis]).sum(axis=1)
    return figures.code_table[diagnosis, place]


def draw_degree(raw: dict, rng: np.random.Generator, n: int) -> np.ndarray:
    """Degrees in percent at the start of n spells."""
    shares = [raw["care"]["start_degree"][str(d)] for d in DEGREES]
    return DEGREES[np.searchsorted(np.cumsum(shares), rng.random(n)).clip(0, 3)]


@cache
def load() -> Figures:
    """The figures, tuned once a process. Raises KeyError if figures.toml misses one."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    table, effects = raw["diagnoses"], raw["effects"]
    names = tuple(table)
    counts = np.array([d["lengths"] for d in table.values()], dtype=float)
    survival = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1] / counts.sum(axis=1, keepdims=True)
    codes, of, log_ratio = [], [], []
    code_table = np.zeros((len(names), 6), dtype=np.int32)
    code_cumulative = np.ones((len(names), 6))
    for d, (_, entry) in enumerate(table.items()):
        share = 0.0
        for place, (code, (ratio, part)) in enumerate(entry["codes"].items()):
            code_table[d, place:] = len(codes)
            codes.append(code)
            of.append(d)
            log_ratio.append(np.log(ratio))
            share += part
            code_cumulative[d, place] = share
        code_cumulative[d, len(entry["codes"]) - 1 :] = 1.0
    letters = [{"F": 0, "M": 1}.get(name[0], 2) for name in names]
    short_codes = tuple(raw["short"]["codes"])
    figures = Figures(
        raw=raw,
        names=names,
        published=np.array(["extra" not in d for d in table.values()]),
        survival=survival,
        cumulative=np.zeros((len(names), 1)),
        codes=tuple(codes),
        code_diagnosis=np.array(of),
        code_log_ratio=np.array(log_ratio),
        code_table=code_table,
        code_cumulative=code_cumulative,
        mix=_weights(raw),
        kind=np.array(letters),
        mental=np.array([n in MENTAL for n in names]),
        pain=np.array([n in PAIN for n in names]),
        unemployed_log=np.log([effects["unemployed"].get(n, effects["unemployed"]["other"]) for n in names]),
        degree_log=np.log([[effects["degree"][k][str(d)] for d in DEGREES] for k in ("F", "M", "other")]),
        university_log=np.log([effects["no_university"][k] for k in ("F", "M", "other")]),
        short_codes=short_codes,
    )
    return replace(figures, cumulative=_tuned(raw, survival, _reference(figures)))
