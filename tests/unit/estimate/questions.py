"""One good question for each way to ask each method, and a table that answers them all."""

import numpy as np

QUESTIONS = [
    ("mean-difference", {"outcome": "y", "treated": "arm", "cluster": "centre", "weights": "w", "se": "cr2"}),
    ("ols", {"outcome": "y", "treated": "arm", "covariates": "x,z", "cluster": "centre", "weights": "w", "se": "cr1"}),
    ("ols", {"formula": "y ~ arm*x", "treated": "arm", "cluster": "centre", "weights": "w", "se": "cr2"}),
    ("ols", {"formula": "~ arm*x", "outcome": "y"}),
    ("did", {"outcome": "y", "treated": "arm", "period": "late", "covariates": "x", "cluster": "centre", "weights": "w", "se": "cr2"}),
    ("did", {"outcome": "y", "treated": "arm", "times": "late"}),
    ("did", {"formula": "y ~ arm*late", "treated": "arm", "cluster": "centre", "weights": "w", "se": "cr2"}),
    ("did", {"formula": "~ arm*late", "outcome": "y"}),
    ("did", {"outcome": "y", "id": "person", "period": "t", "first": "first", "cluster": "person"}),
    ("ipw", {"outcome": "y", "treated": "arm", "covariates": "x,z", "estimand": "att", "cluster": "centre", "weights": "w", "se": "cr2"}),
    ("ipw", {"outcome": "y", "treated": "arm", "formula": "arm ~ x"}),
    ("aipw", {"outcome": "y", "treated": "arm", "covariates": "x,z", "estimand": "ate", "learner": "linear", "folds": 2,
              "cluster": "centre", "weights": "w", "seed": 2}),
    ("aipw", {"treated": "arm", "outcome": "y", "formula": "y ~ x"}),
    ("standardise", {"outcome": "y", "treated": "arm", "covariates": "x,z", "estimand": "ate", "cluster": "centre", "weights": "w"}),
    ("standardise", {"treated": "arm", "outcome": "y", "formula": "y ~ arm*x"}),
    ("match", {"outcome": "y", "treated": "arm", "covariates": "x", "exact": "late", "caliper": 3.0, "replace": True, "side": "below",
               "estimand": "att"}),
    ("match", {"treated": "arm", "outcome": "y", "formula": "~ x"}),
    ("wild-bootstrap", {"outcome": "y", "treated": "arm", "covariates": "x", "cluster": "centre", "weights": "w", "boot": "webb", "draws": 99,
                        "seed": 2}),
    ("wild-bootstrap", {"formula": "y ~ arm + x", "treated": "arm", "cluster": "centre", "weights": "w", "boot": "webb", "draws": 99,
                        "seed": 2}),
    ("wild-bootstrap", {"formula": "~ arm + x", "outcome": "y", "cluster": "centre", "draws": 99}),
    ("randomisation", {"outcome": "y", "treated": "whole", "cluster": "centre", "strata": "late", "draws": 99, "seed": 2}),
    ("kaplan-meier", {"duration": "days", "event": "cause", "times": "3,5", "tau": 6.0, "treated": "arm", "cause": 1, "entry": "entry",
                      "weights": "w", "cluster": "centre", "id": "person"}),
    ("kaplan-meier", {"duration": "days", "event": "cause", "strata": "late", "id": "person"}),
    ("rmst", {"duration": "days", "event": "cause", "tau": 6.0, "treated": "arm", "strata": "late", "cause": 1, "entry": "entry",
              "weights": "w", "cluster": "centre"}),
    ("rmst", {"duration": "days", "event": "cause", "tau": 6.0, "id": "person"}),
    ("aalen-johansen", {"duration": "days", "event": "cause", "cause": 1, "times": "3,5", "tau": 6.0, "treated": "arm", "entry": "entry",
                        "weights": "w", "cluster": "centre"}),
    ("aalen-johansen", {"duration": "days", "event": "cause", "strata": "late", "id": "person"}),
    ("time-lost", {"duration": "days", "event": "cause", "tau": 6.0, "cause": 1, "treated": "arm", "entry": "entry", "weights": "w",
                   "cluster": "centre"}),
    ("time-lost", {"duration": "days", "event": "cause", "tau": 6.0, "strata": "late", "id": "person"}),
    ("pseudo", {"duration": "days", "event": "cause", "tau": 6.0, "treated": "arm", "covariates": "x", "cause": 1, "entry": "entry",
                "cluster": "centre", "se": "cr2"}),
    ("pseudo", {"duration": "days", "event": "cause", "tau": 6.0, "formula": "~ arm + x"}),
    ("cox", {"duration": "days", "event": "cause", "covariates": "x", "treated": "arm", "cause": 1, "strata": "late", "ties": "breslow",
             "entry": "entry", "weights": "w", "cluster": "centre"}),
    ("cox", {"duration": "days", "event": "cause", "formula": "~ arm + x", "id": "person"}),
    ("fine-gray", {"duration": "days", "event": "cause", "covariates": "x", "treated": "arm", "cause": 1, "cluster": "centre"}),
    ("fine-gray", {"duration": "days", "event": "cause", "formula": "~ arm + x", "id": "person"}),
    ("andersen-gill", {"entry": "entry", "duration": "days", "event": "cause", "id": "person", "covariates": "x", "treated": "arm",
                       "cause": 1, "strata": "late", "ties": "breslow", "weights": "w"}),
    ("andersen-gill", {"entry": "entry", "duration": "days", "event": "cause", "cluster": "centre", "formula": "~ arm + x"}),
    ("mean-cumulative", {"entry": "entry", "duration": "days", "event": "cause", "id": "person", "treated": "arm", "cause": 1,
                         "times": "3,5", "tau": 6.0, "weights": "w"}),
    ("mean-cumulative", {"duration": "days", "event": "cause", "strata": "late", "cluster": "centre"}),
    ("aft", {"duration": "days", "event": "cause", "treated": "arm", "covariates": "x", "cause": 1, "shape": "lognormal"}),
    ("aft", {"duration": "days", "event": "cause", "formula": "~ arm + x"}),
    ("discrete-hazard", {"duration": "days", "event": "cause", "covariates": "x", "treated": "arm", "cause": 1}),
    ("discrete-hazard", {"duration": "days", "event": "cause", "formula": "~ arm + x"}),
    ("negative-binomial", {"outcome": "count", "treated": "arm", "covariates": "x", "duration": "days", "cluster": "centre", "weights": "w"}),
    ("negative-binomial", {"outcome": "count", "id": "person"}),
    ("negative-binomial", {"formula": "count ~ arm", "treated": "arm", "duration": "days", "cluster": "centre", "weights": "w"}),
    ("negative-binomial", {"formula": "~ arm", "outcome": "count", "id": "person"}),
    ("sequential-trials", {"id": "person", "period": "t", "treated": "begins", "event": "cause", "tau": 1.0, "covariates": "x", "cause": 1,
                           "cluster": "centre"}),
    ("sequential-trials", {"id": "person", "period": "t", "treated": "begins", "event": "cause", "tau": 1.0, "formula": "~ x"}),
    ("net-benefit", {"cost": "cost", "outcome": "y", "treated": "arm", "times": "1,2", "covariates": "x", "cluster": "centre", "weights": "w"}),
    ("net-benefit", {"priority": "chance", "duration": "days", "event": "yes", "tau": 6.0, "times": ".1,.2", "weights": "w"}),
    ("net-benefit", {"covariates": "chance", "duration": "days", "event": "yes", "tau": 6.0}),
    ("net-benefit", {"priority": "chance", "outcome": "yes", "times": ".1,.2", "weights": "w"}),
    ("net-benefit", {"covariates": "chance", "outcome": "yes"}),
    ("rate", {"outcome": "y", "priority": "chance", "treated": "arm", "covariates": "x", "learner": "linear", "folds": 2,
              "cluster": "centre", "draws": 20, "seed": 2}),
    ("rate", {"outcome": "y", "priority": "chance", "treated": "arm", "formula": "~ x", "draws": 20}),
    ("rate", {"outcome": "y", "priority": "chance", "cluster": "centre", "draws": 20, "seed": 2}),
]  # fmt: skip


def rows(n: int = 96) -> list[dict]:
    """n rows of 32 persons at 8 centres, three moments each."""
    rng = np.random.default_rng(12)
    made = []
    for i in range(n):
        person, arm = i // 3, i % 2
        made.append({
            "y": round(float(rng.normal(10 + 2 * arm, 3)), 2), "arm": arm, "x": round(float(rng.normal()), 3),
            "z": int(rng.integers(0, 3)), "days": int(rng.integers(2, 12)), "cause": int(rng.integers(0, 3)),
            "entry": int(rng.integers(0, 2)), "person": person, "centre": person % 8, "whole": int(person % 8 in (0, 1, 4, 5)),
            "w": round(float(rng.uniform(0.5, 2)), 2), "late": person % 8 // 2 % 2,
            "cost": round(float(rng.uniform(10, 100)), 1), "chance": round(float(rng.uniform(0.01, 0.99)), 3),
            "count": int(rng.negative_binomial(1, 0.2 + 0.1 * arm)), "yes": int(rng.integers(0, 2)),
            "begins": int(rng.random() < 0.3), "first": (0, 2, 3)[person % 3], "t": i % 3 + 1,
        })  # fmt: skip
    return made


def text(table: list[dict]) -> str:
    """The rows as CSV."""
    lines = [",".join(table[0]), *(",".join(str(value) for value in row.values()) for row in table)]
    return "\n".join(lines) + "\n"
