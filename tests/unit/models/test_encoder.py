"""From a table of features to numbers."""

import json

import numpy as np
import polars as pl
import pytest

from models.risk.encoder import FrameEncoder

FRAME = pl.DataFrame({
    "spell_id": ["a", "b", "c", "d"],
    "diagnosis_3": ["F43", "F43", "M54", None],
    "age_years": [30, None, 50, 61],
    "in_coordination": [True, False, False, None],
})  # fmt: skip


def test_text_becomes_codes_by_frequency_and_null_stays_missing():
    X = FrameEncoder().fit(FRAME, skip=("spell_id",)).transform(FRAME)
    assert X.dtype == np.float32
    assert np.array_equal(X[:, 0], [1, 1, 2, np.nan], equal_nan=True)
    assert np.array_equal(X[:, 1], [30, np.nan, 50, 61], equal_nan=True)


def test_keys_and_dates_are_no_features():
    frame = FRAME.with_columns(as_of=pl.date(2026, 1, 12))
    assert "as_of" not in FrameEncoder().fit(frame, skip=("spell_id",)).names_


def test_a_level_not_seen_before_and_a_rare_one_share_a_code():
    encoder = FrameEncoder(max_levels=1).fit(FRAME, skip=("spell_id",))
    new = FRAME.with_columns(diagnosis_3=pl.Series(["Z73", "M54", "F43", None]))
    assert np.array_equal(encoder.transform(new)[:, 0], [0, 0, 1, np.nan], equal_nan=True)


def test_columns_may_come_in_another_order_but_not_be_missing():
    encoder = FrameEncoder().fit(FRAME, skip=("spell_id",))
    turned = FRAME.select(list(reversed(FRAME.columns)))
    assert np.array_equal(encoder.transform(turned), encoder.transform(FRAME), equal_nan=True)
    with pytest.raises(ValueError, match="lack age_years"):
        encoder.transform(FRAME.drop("age_years"))


def test_what_was_learned_survives_json():
    encoder = FrameEncoder().fit(FRAME, skip=("spell_id",))
    again = FrameEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert np.array_equal(again.transform(FRAME), encoder.transform(FRAME), equal_nan=True)


def test_a_level_that_fewer_than_five_persons_share_is_not_kept_however_many_rows_it_has():
    frame = pl.DataFrame({"code": ["rare"] * 50 + ["known"] * 5})
    persons = pl.Series([1, 2, 3, 4] * 12 + [1, 2] + [5, 6, 7, 8, 9])
    assert FrameEncoder().fit(frame, persons=persons).levels_ == {"code": ("known",)}
    assert FrameEncoder().fit(frame).levels_ == {"code": ("rare", "known")}
