"""From nothing to ranked lists by the real command line: what a night leaves, in which shape, and that it is done once."""

import datetime as dt
import json
import stat

import polars as pl
import pytest

from tests.flow import regions

SCORES = [
    "spell_id", "person_key", "unit_id", "as_of", "day", "degree", "target_group", "p_90", "p_180", "p_365", "days_left",
    "net_days_left", "preventable_days", "preventable_low", "preventable_high", "benefit_basis", "reasons",
    "model_version", "eligible", "ineligible_because", "comparable_days_left", "other_effects_days",
    "p_90_low", "p_90_high", "net_days_left_low", "net_days_left_high",
    "ends_by_return", "ends_by_death", "ends_by_emigration", "ends_by_disability", "ends_by_age_limit",
]  # fmt: skip
SPELLS = {
    "spell_id", "person_key", "unit_id", "start_date", "end_date", "days", "net_days", "degree", "n_certificates",
    "n_doctors", "diagnosis", "occupation", "ongoing", "day",
}  # fmt: skip
HEADS = ["rank", "patient_id", "name", "age", "sex", "spell_start", "day", "degree", "diagnosis", "target_group", "certificate_end", "days_to_day_90", "p_90", "p_180", "net_days_left", "preventable_days", "preventable_low", "preventable_high", "reason_1", "reason_2", "reason_3", "change", "status", "offered_on", "answer", "external_consent", "note"]
FILLED_IN = HEADS[-5:]


@pytest.fixture(scope="module")
def done(finished):
    return finished


@pytest.fixture(scope="module")
def scored(done):
    return regions.scores(done.home)


@pytest.fixture(scope="module")
def lists(done):
    return regions.worklists(done.home)


@pytest.fixture(scope="module")
def record(done):
    (only,) = [one for one in regions.records(done.home) if one["command"] == "nightly"]
    return only


def test_the_night_is_done_and_says_so_in_a_summary(done, record, scored, lists):
    assert record["outcome"] == "done" and "fault" not in record
    assert done.stderr == ""
    told = dict(
        line.strip().split("  ", 1)
        for line in done.stdout.split("Night of 2026-01-12\n")[1].splitlines()
        if "  " in line.strip()
    )
    told = {name: value.strip() for name, value in told.items()}
    assert told["ongoing spells"] == str(scored.height)
    assert told["may be offered"] == str(scored["eligible"].sum())
    assert told["on lists"] == f"{sum(one.height for one in lists.values())} spells at {len(lists)} units"
    few = scored.filter(pl.col("ineligible_because") == "too_little_to_gain")
    assert f"{few.height} too_little_to_gain" in told["may not"] and few["preventable_days"].max() < 1
    assert told["model"] == (done.home.models / "current").read_text().strip() == scored["model_version"].unique().item()
    assert told["lists"] == str(done.home.worklists / "2026-01-12")
    assert told["quarantined"].endswith(f"(`rehabrisk quarantine --home {done.home.path}` says why)")
    for name in ("deliveries", "rows received", "waiting", "top unit", "scores", "took", "protected identity", "alarms"):
        assert told[name], name


def test_the_record_of_the_run_has_every_count_and_where_it_came_from(done, record):
    raw = done.home.raw / "2026-01-12"
    files = {f"2026-01-12/{file.name}": file for file in raw.glob("*.csv")}
    read = {one["file"]: one for one in record["fingerprint"]["files"]}
    assert set(read) == set(files)
    for name, file in files.items():
        assert read[name]["sha256"] == regions.digests(done.home, "raw")[f"raw/{name}"]
        assert read[name]["size"] == file.stat().st_size
    for one in record["ingest"]["files"]:
        assert one["received"] == one["accepted"] + one["repeated"] + one["waiting"] + one["quarantined"]
        assert one["received"] == files[one["file"]].read_text(encoding="utf-8").count("\n") - 1
    assert record["ingest"]["received"] == sum(one["received"] for one in record["ingest"]["files"])
    assert record["code"].startswith("0.") and "+" in record["code"]
    assert record["trained"] == record["model"] == record["fingerprint"]["model"]
    assert json.loads((done.home.models / record["model"] / "meta.json").read_text(encoding="utf-8"))["max_gap_days"] == 5
    assert set(record["stages"]) == {"ingest", "spells", "features", "train", "score", "worklist", "monitor"}
    for stage in record["stages"].values():
        assert stage["seconds"] >= 0 and 50 < stage["peak_mb"] < 4096
    assert record["peak_memory_mb"] >= max(one["peak_mb"] for one in record["stages"].values())
    assert record["seconds"] >= sum(one["seconds"] for one in record["stages"].values()) - 0.1
    for line in record["tables"]:
        assert set(line) == {"stage", "table", "rows_in", "rows_out", "seconds"}
        assert line["rows_out"] >= 0 and line["seconds"] >= 0
    for name, digest in record["outputs"].items():
        assert regions.digests(done.home)[name] == digest


def test_every_table_made_is_told_in_one_line(done, record):
    told = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and " rows " in line and "->" in line]
    assert told == [line["table"] for line in record["tables"]]
    for line in record["tables"]:
        made = f"{line['rows_out']:,}".replace(",", " ")
        assert any(line["table"] in text and f"-> {made:>12} rows" in text for text in done.stdout.splitlines())


def test_the_same_night_again_changes_nothing_and_makes_no_table(done, record, tmp_path):
    home = regions.copied(done.home, tmp_path / "home")
    before, written = regions.digests(home), {f: f.stat().st_mtime_ns for f in home.path.rglob("*") if f.is_file()}
    # the copy lies elsewhere, but nothing of what decides a night is named by its place
    again = regions.rehabrisk("nightly", home=home.path)
    assert again.returncode == 0, again.stderr
    assert f"Nothing new since run {record['run_id']}" in again.stdout
    assert "->" not in again.stdout
    assert str(home.worklists / "2026-01-12") in again.stdout and str(done.home.path) + "/" not in again.stdout
    assert "Night of 2026-01-12" in again.stdout
    after = regions.digests(home)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert {name for name in changed if not name.startswith("runs/")} == set()
    touched = {f.relative_to(home.path).parts[0] for f, when in written.items() if f.stat().st_mtime_ns != when}
    assert touched <= {"runs"}


def test_quiet_prints_nothing(home):
    done = regions.rehabrisk("nightly", "--quiet", home=home.path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("lost", ["worklists/2026-01-12", "lake/spells"])
def test_what_was_lost_is_made_again_and_is_the_same(home, lost):
    """Lists that someone deleted; spells that a night broken off, or another stage, has replaced."""
    before = regions.results(home)
    sorted(file for file in (home.path / lost).iterdir() if file.suffix != ".json")[0].unlink()
    regions.night(home)
    assert regions.results(home) == before


def test_what_is_written_can_be_read_by_its_owner_alone(done):
    for path in done.home.path.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        place = path.relative_to(done.home.path)
        if path.is_file() and place.parts[0] == "truth":
            continue  # the simulator's, about nobody; no region has it
        assert mode == (0o700 if path.is_dir() else 0o600), f"{place} has {mode:o}"


def test_nothing_is_left_in_temporary_places(done):
    assert done.left_behind == []
    assert not (done.home.vault / "tmp").exists()
    hidden = [path.name for path in done.home.path.rglob(".*") if path.name != ".lock"]
    assert hidden == []


def test_scores_have_the_columns_of_the_contract_and_possible_values(scored):
    assert scored.columns == SCORES
    assert scored.height > 50
    assert scored["spell_id"].is_unique().all() and scored["person_key"].is_unique().all()
    assert scored["as_of"].unique().to_list() == [regions.AS_OF]
    for name in set(SCORES) - {"ineligible_because"}:
        assert scored[name].null_count() == 0, name
    assert set(scored["degree"].unique()) <= {25, 50, 75, 100}
    assert set(scored["target_group"].unique()) <= {"mental", "pain", "both", "other"}
    assert set(scored["benefit_basis"].unique()) <= {"evidence", "local", "blend"}
    assert (scored["day"] >= 1).all()
    for name in ("p_90", "p_180", "p_365"):
        assert scored[name].is_between(0, 1).all(), name
        passed = scored.filter(pl.col("day") > int(name[2:]))
        assert (passed[name] == 1).all(), f"{name} of spells past that day"
    assert (scored["p_90"] >= scored["p_180"]).all() and (scored["p_180"] >= scored["p_365"]).all()
    assert (scored["days_left"] >= 0).all()
    assert scored["net_days_left"].is_between(0, 365).all()
    assert (scored["preventable_low"] <= scored["preventable_days"]).all()
    assert (scored["preventable_days"] <= scored["preventable_high"]).all()
    assert (scored["preventable_days"] <= scored["net_days_left"] + 1e-9).all()
    assert (scored["eligible"] == scored["ineligible_because"].is_null()).all()


def test_every_score_that_lies_apart_has_its_reasons(scored):
    kind = scored.schema["reasons"].inner
    assert [one.name for one in kind.fields] == ["feature", "value", "effect_days", "text"]
    assert kind.to_schema()["effect_days"] == pl.Float64
    reasons = scored.select("reasons").explode("reasons").unnest("reasons")
    assert reasons["text"].drop_nulls().str.len_chars().min() > 5
    assert reasons["effect_days"].drop_nulls().is_finite().all()
    # facts worth less than 2.5 days are not said: without a reason is who is expected to be ill about as long as others
    apart = (scored["days_left"] - scored["comparable_days_left"]).abs()
    said = scored["reasons"].list.len() >= 1
    assert said.filter(apart >= 10).mean() > 0.97


def test_spells_have_the_columns_of_the_contract_and_hang_together(done, scored):
    spells = pl.read_parquet(done.home.lake / "spells" / "spells.parquet")
    assert set(spells.columns) == SPELLS | {"as_of"}
    assert spells["spell_id"].is_unique().all()
    assert (spells["start_date"] <= spells["end_date"]).all()
    whole = (pl.col("end_date") - pl.col("start_date")).dt.total_days() + 1
    assert spells.select((pl.col("days") <= whole).all()).item()
    assert spells.select((pl.col("net_days") <= pl.col("days")).all()).item()
    assert spells.select((pl.col("day") == (pl.lit(regions.AS_OF) - pl.col("start_date")).dt.total_days() + 1).filter(pl.col("ongoing")).all()).item()
    ongoing = spells.filter("ongoing")
    assert set(ongoing["spell_id"]) == set(scored["spell_id"])
    assert (ongoing["start_date"] <= regions.AS_OF).all() and (ongoing["end_date"] >= regions.AS_OF).all()
    # a person's spells follow one another
    after = spells.sort("person_key", "start_date").with_columns(before=pl.col("end_date").shift().over("person_key"))
    assert after.filter(pl.col("start_date") <= pl.col("before")).is_empty()


def test_lists_have_the_heads_of_the_contract_and_nothing_filled_in(done, lists):
    assert len(lists) > 3
    folder = done.home.worklists / "2026-01-12"
    assert {file.name for file in folder.iterdir()} == {
        f"{unit}{suffix}" for unit in lists for suffix in (".csv", ".xlsx", ".html")
    }
    for unit, rows in lists.items():
        raw = (folder / f"{unit}.csv").read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf" + ";".join(HEADS).encode() + b"\r\n")
        assert rows.columns == HEADS
        assert rows.height > 0
        for name in FILLED_IN:
            assert rows[name].null_count() == rows.height, name
        assert rows["change"].unique().to_list() == ["new"]
        assert rows["patient_id"].str.contains(r"^\d{12}$|^99").all()


def test_each_unit_is_ranked_from_one_by_days_saved(lists, done):
    entries = pl.read_parquet(done.home.lake / "worklist.entries" / "entries.parquet")
    for unit, rows in lists.items():
        assert rows["rank"].cast(pl.Int64).to_list() == list(range(1, rows.height + 1))
        kept = entries.filter(pl.col("list_unit_id") == unit).sort("rank")
        assert kept["preventable_days"].is_sorted(descending=True), unit
        assert [f"{value:.1f}" for value in kept["preventable_days"]] == rows["preventable_days"].to_list()


def test_a_row_of_a_list_says_what_the_scores_say(lists, done, scored):
    entries = pl.read_parquet(done.home.lake / "worklist.entries" / "entries.parquet").join(scored, on="spell_id", suffix="_scored")
    for name in ("p_90", "p_180", "net_days_left", "preventable_days", "preventable_low", "preventable_high", "day", "degree"):
        assert (entries[name] == entries[f"{name}_scored"]).all(), name
    for unit, rows in lists.items():
        told = entries.filter(pl.col("list_unit_id") == unit).sort("rank")
        assert told["day"].cast(pl.String).to_list() == rows["day"].to_list()
        assert [f"{value:.3f}" for value in told["p_90"]] == rows["p_90"].to_list()
        first = [reasons[0]["text"] if reasons else None for reasons in told["reasons"].to_list()]
        assert first == rows["reason_1"].to_list()


def test_every_ongoing_spell_is_on_a_list_or_has_a_reason_why_not(done, scored):
    entries = pl.read_parquet(done.home.lake / "worklist.entries" / "entries.parquet")
    off = scored.filter(~pl.col("spell_id").is_in(entries["spell_id"].to_list()))
    assert off["ineligible_because"].null_count() == 0  # no unit of this region is near max_rows
    assert scored.filter(pl.col("spell_id").is_in(entries["spell_id"].to_list()))["eligible"].all()
    assert {"past_first_days"} <= set(off["ineligible_because"])


def test_nobody_whom_a_list_must_not_show_is_on_one(home):
    """The four in one night: marked in the raw rows of persons who were on lists, with everything else as it was."""
    shown = pl.concat(regions.worklists(home).values()).sort("patient_id")["patient_id"].to_list()
    protected, dead, gone, declined = shown[:4]
    folder = home.raw / regions.AS_OF.isoformat()
    persons = regions.extract(folder, "persons")
    own = pl.col("patient_id")
    regions.deliver(folder, "persons", persons.with_columns(
        protected=pl.when(own == protected).then(pl.lit("1")).otherwise("protected"),
        deceased_on=pl.when(own == dead).then(pl.lit("2026-01-10")).otherwise("deceased_on"),
        emigrated_on=pl.when(own == gone).then(pl.lit("2026-01-12")).otherwise("emigrated_on"),
    ))  # fmt: skip
    cases = regions.extract(folder, "coordination")
    said = cases[:1].with_columns(
        case_id=pl.lit("k-no"), patient_id=pl.lit(declined), unit_id=pl.lit(None, dtype=pl.String),
        offered_on=pl.lit("2026-01-05"), answer=pl.lit("declined"), started_on=pl.lit(None, dtype=pl.String),
        ended_on=pl.lit(None, dtype=pl.String), end_reason=pl.lit(None, dtype=pl.String), recorded_at=pl.lit("2026-01-05T10:00:00"),
    )  # fmt: skip
    regions.deliver(folder, "coordination", pl.concat([cases, said]))
    before = regions.scores(home)
    record = regions.night(home)
    after = regions.scores(home)
    still = set(pl.concat(regions.worklists(home).values())["patient_id"])
    assert not still & {protected, dead, gone, declined}
    assert still == set(shown[4:])
    changed = after.join(before, on="spell_id", suffix="_before").filter(
        pl.col("eligible_before") & ~pl.col("eligible")
    )
    # a spell of someone dead or gone ends; it is either no longer ongoing or has its reason
    ended = set(before["spell_id"]) - set(after["spell_id"])
    assert changed.height + len(ended) == 4
    assert set(changed["ineligible_because"]) <= {"protected_identity", "deceased", "emigrated", "declined"}
    assert {"protected_identity", "declined"} <= set(changed["ineligible_because"])
    assert record["worklists"]["protected"] == 1
    text = b"".join(file.read_bytes() for file in (home.worklists / "2026-01-12").glob("*.[ch]*"))
    for number in (protected, dead, gone, declined):
        assert number.encode() not in text


def test_a_cut_list_is_cut_at_the_settings(home):
    regions.settings(home, max_rows=2, min_preventable_days=0)
    before = regions.scores(home)
    regions.night(home)
    cut = regions.worklists(home)
    assert max(rows.height for rows in cut.values()) == 2
    after = regions.scores(home)
    assert after.drop("eligible", "ineligible_because").equals(before.drop("eligible", "ineligible_because"))
    # who may be offered is another question than whom the page has room for
    now_too = before.filter(pl.col("eligible") | (pl.col("ineligible_because") == "too_little_to_gain"))
    assert set(after.filter("eligible")["spell_id"]) == set(now_too["spell_id"])


def test_the_next_night_says_what_has_changed_since(home):
    first = regions.worklists(home)
    tomorrow = regions.AS_OF + dt.timedelta(days=1)
    record = regions.night(home, tomorrow)
    assert record["as_of"] == "2026-01-13" and "trained" not in record
    second = regions.worklists(home, tomorrow)
    for unit, rows in second.items():
        was = dict(zip(first[unit]["patient_id"], first[unit]["rank"].cast(pl.Int64), strict=True)) if unit in first else {}
        for row in rows.iter_rows(named=True):
            now, then = int(row["rank"]), was.get(row["patient_id"])
            assert row["change"] == ("new" if then is None else "up" if now < then else "down" if now > then else "same")
    assert {change for rows in second.values() for change in rows["change"]} >= {"same"}
    assert regions.worklists(home).keys() == first.keys()  # yesterday's lists stay
