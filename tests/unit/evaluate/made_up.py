"""A small study as arrays would come out of the lake: nothing read from disk, effect known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.evaluate.attrition import flow
from pipeline.evaluate.data import Data
from pipeline.evaluate.protocol_file import Read, find, read_protocol
from pipeline.evaluate.results import studied
from pipeline.evaluate.write_study import as_text, plain

VERSIONS = {"code": "0.1.0+abc", "as_of": "2026-01-12", "run": "2026-01-13 04:05"}
ZERO = dt.date(2024, 6, 3)


def protocol(tmp_path: Path, *changes: tuple[str, str]) -> Read:
    """The shipped study with words changed, read from a file of its own."""
    text = find("sll-2012").read_text(encoding="utf-8")
    text = text.replace("repetitions:", "# ").replace("gap_days: [0, 14, 30]", "gap_days: []")
    text += "repetitions: 199\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return read_protocol(file)


def cohort(n: int = 300, effect: float = -50.0, seed: int = 1) -> pl.DataFrame:
    """One row a person, as evaluate.cohort and evaluate.followed joined; seven units, arms drawn at random."""
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.arange(n) % 3 > 0)
    days = np.clip(rng.gamma(2, 75, n) + effect * arm, 1, 365)
    lost = np.arange(n) % 20 == 7
    return pl.DataFrame(
        {
            "person_key": np.arange(n) + 1, "as_of": [ZERO] * n, "unit_id": [f"U{i % 7}" for i in range(n)],
            "arm": np.where(arm, "intervention", "control"), "sex": np.where(rng.random(n) < 0.6, "F", "M"),
            "on_leave": [True] * n, "diagnosis_3": ["F43"] * n, "contacts_before_365d_count": rng.integers(0, 8, n), "preventable_days": rng.uniform(0, 20, n),
            "age_years": rng.integers(20, 65, n), "dead": [False] * n, "moved": np.arange(n) % 50 == 3,
            "day": rng.integers(15, 60, n), "target_group": rng.choice(["mental", "pain", "both"], n, p=[0.5, 0.45, 0.05]),
            "spell_days_24m": rng.integers(0, 3, n), "contacts_365d_count": rng.integers(0, 8, n),
            "first_degree": rng.choice([50, 100], n), "degree": rng.choice([50, 100], n), "spells_24m_count": rng.integers(0, 2, n),
            "certified_days_ahead": rng.integers(1, 30, n), "chapter": rng.choice(["F", "M"], n),
            "occupation": rng.choice(["WORK", "STUDENT"], n), "net_days": days, "duration_days": np.ceil(days).astype(int),
            "cause": np.where(days >= 365, 0, 1), "followed_days": np.where(lost, 60, 365),
            "outcome_seen": np.where(lost, "withdrew", "whole"), "visits_count": rng.poisson(6, n),
        }
    )  # fmt: skip


def data(read: Read, frame: pl.DataFrame) -> Data:
    """The study's rows with months, relapses and answers made to fit."""
    kept, lines = flow(frame, read.protocol)
    rng = np.random.default_rng(5)
    keys = kept.select("person_key", "as_of")
    months = pl.concat(
        [keys.with_columns(month=pl.lit(m, pl.Int32), degree_percent=pl.Series(rng.uniform(0, 100, keys.height))) for m in (-1, 0, 1)]
    )
    relapses = keys.head(40).with_columns(after_days=pl.lit(200, pl.Int32), start_date=pl.lit(ZERO))
    asked = {"instrument": pl.lit("EQ-5D-3L"), "item": pl.lit("index")}
    answers = pl.concat(
        [keys.with_columns(month=pl.lit(m, pl.Int32), value=pl.Series(rng.uniform(0, 1, keys.height)), **asked) for m in (0, 12)]
    )
    return Data(kept, lines, months, relapses, answers, delay_days=23)


def results(tmp_path: Path, *changes: tuple[str, str], frame: pl.DataFrame | None = None, history: list | None = None) -> dict:
    """results.json of the made-up study."""
    read = protocol(tmp_path, *changes)
    first = [{"sha256": read.sha256, "registered": "2026-01-05", "first_read": "2026-01-13T04:05:00", "data_as_of": "2026-01-12"}]
    return plain(studied(data(read, cohort() if frame is None else frame), read, VERSIONS, history or first))


def written(tmp_path: Path, made: dict) -> Path:
    """The same as a file."""
    file = tmp_path / "results.json"
    file.write_text(as_text(made), encoding="utf-8")
    return file
