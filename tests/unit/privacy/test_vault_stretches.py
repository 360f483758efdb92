"""A vault renewed stretch by stretch holds what one renewed whole would."""

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.home import Home
from pipeline.privacy import vault
from pipeline.privacy.pseudonyms import Keyring


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_deliveries_of_any_size_and_order_leave_the_newest_known_of_each_person(tmp_path_factory, seed):
    draw = random.Random(seed)
    home = Home(tmp_path_factory.mktemp("home"))
    kept = vault.Vault(home, Keyring.open(home.vault))
    truth = {}
    for _ in range(4):
        keys = draw.sample(range(-500, 500), draw.choice([0, 1, 49, 50, 51, 130, 400]))
        rows = [(key, f"i{key}", draw.choice([None, "a", "b"]), None) for key in keys]
        with_small_chunks = vault.ROWS_A_CHUNK
        vault.ROWS_A_CHUNK = 50
        try:
            renewed = kept.upsert(pl.DataFrame(rows, schema=vault.PERSONS, orient="row"))
        finally:
            vault.ROWS_A_CHUNK = with_small_chunks
        after = truth | {key: name or truth.get(key) for key, _, name, _ in rows}
        assert renewed == sum(key not in truth or truth[key] != after[key] for key in after)
        truth = after
    assert dict(kept.identities().select("person_key", "name").iter_rows()) == truth
    assert kept.identities()["person_key"].is_sorted()
