"""A candidate on disk."""

import json
import stat
from datetime import timedelta

import numpy as np
import pytest

from models.risk.fitted import TRUSTED, untrusted_types
from pipeline.config.home import Home
from pipeline.config.region import Region, SpellRules
from pipeline.errors import UsageError
from pipeline.run_training import model_is_due
from pipeline.score.load import load, load_current, model_for
from pipeline.train.artefact import promote, save
from pipeline.train.training import shipped
from tests.unit.train.invented import AS_OF, candidate, features


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_a_model_loaded_again_scores_as_before(home):
    version = save(candidate(), home)
    again, before = load(home, version).risk.outlook(features()), candidate().risk.outlook(features())
    assert np.allclose(again.passes, before.passes, atol=1e-6)
    assert np.allclose(again.net_days, before.net_days, atol=1e-6)


def test_a_saved_candidate_is_not_current_until_promoted(home):
    version = save(candidate(), home)
    with pytest.raises(UsageError, match="no model is in use yet"):
        load_current(home)
    promote(home, version)
    assert load_current(home).version == version


def test_the_version_names_the_day_and_the_content(home):
    first, second = save(candidate(), home), save(candidate(), home)
    assert first == second
    assert first.startswith("20250701-") and len(first) == 17
    assert save(shipped(AS_OF, "abc123"), home) != first


def test_all_files_are_there_and_for_the_owner_alone(home):
    folder = home.models / save(candidate(), home)
    assert sorted(path.name for path in folder.iterdir()) == [
        "card.html", "card.md", "encoder.json", "meta.json", "model.skops", "risk.json", "validation.json",
    ]  # fmt: skip
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_model_of_a_newer_program_is_refused_with_a_remedy(home):
    version = save(candidate(), home)
    path = home.models / version / "meta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 99}))
    with pytest.raises(UsageError, match="format 99") as stop:
        load(home, version)
    assert "update the program" in str(stop.value)


def test_a_changed_model_file_is_refused(home):
    version = save(candidate(), home)
    with (home.models / version / "model.skops").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UsageError, match="not the file that was saved"):
        load(home, version)


def test_a_model_file_asks_for_no_type_beyond_the_list():
    trees = candidate().risk.to_files()["model.skops"]
    assert set(untrusted_types(trees)) <= set(TRUSTED)


def test_no_person_can_be_found_in_a_model(home):
    folder = home.models / save(candidate(), home)
    texts = "".join(path.read_text() for path in folder.glob("*.json"))
    assert "spell_id" not in texts and "person_key" not in texts


def test_only_a_version_that_is_there_can_be_promoted(home):
    save(candidate(), home)
    for version in ("20990101-00000000", "../elsewhere", ""):
        with pytest.raises(UsageError, match="choose one of"):
            promote(home, version)


def test_the_card_states_use_limits_and_figures_in_one_file(home):
    folder = home.models / save(candidate(), home)
    page, text = (folder / "card.html").read_text(), (folder / "card.md").read_text()
    assert "http" not in page.replace("<!doctype html>", "")
    for words in (
        "Not for diagnosis",
        "Passing day 90",
        "landmark Cox",
        "Which moments",
        "Calibration intercept",
    ):
        assert words in page and words in text


def test_the_shipped_models_card_says_that_it_was_not_tested_here(home):
    folder = home.models / save(shipped(AS_OF, "abc123", "12 moments, 2 000 are needed"), home)
    text = (folder / "card.md").read_text()
    assert "12 moments" in text and "not been tested on this region" in text
    promote(home, folder.name)
    assert load_current(home).meta["kind"] == "national_figures"


def test_a_night_of_the_past_is_given_the_model_it_had(home):
    first = save(shipped(AS_OF, "first"), home)
    rejected = save(shipped(AS_OF + timedelta(days=10), "rejected"), home)
    second = save(shipped(AS_OF + timedelta(days=20), "second"), home)
    promote(home, first)
    promote(home, second)
    assert model_for(home, AS_OF - timedelta(days=1)) is None
    assert model_for(home, AS_OF + timedelta(days=15)).version == first != rejected
    assert model_for(home, AS_OF + timedelta(days=20)).version == second
    assert load_current(home).version == second


def test_a_model_for_a_past_night_does_not_take_the_place_of_a_newer_one(home):
    newer, older = save(shipped(AS_OF, "newer"), home), save(shipped(AS_OF - timedelta(days=30), "older"), home)
    promote(home, newer)
    promote(home, older)
    assert load_current(home).version == newer
    assert model_for(home, AS_OF - timedelta(days=1)).version == older


def test_a_model_is_never_in_use_before_the_night_it_learnt_from(home):
    version = save(shipped(AS_OF, "x"), home)
    promote(home, version, AS_OF - timedelta(days=100))
    assert model_for(home, AS_OF - timedelta(days=1)) is None


def test_a_model_of_an_older_program_is_learnt_anew(home):
    version = save(candidate(), home)
    promote(home, version)
    path = home.models / version / "meta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 0}))
    assert model_for(home, AS_OF + timedelta(days=400)) is None
    with pytest.raises(UsageError, match="older program"):
        load(home, version)


def test_a_model_of_spells_joined_over_other_gaps_is_learnt_anew(home):
    made = candidate()
    made.meta["max_gap_days"] = 5
    promote(home, save(made, home))
    assert not model_is_due(home, Region(spells=SpellRules(max_gap_days=5)), AS_OF)
    assert model_is_due(home, Region(spells=SpellRules(max_gap_days=0)), AS_OF)
