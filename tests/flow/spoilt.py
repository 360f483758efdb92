"""Ways in which a delivery, the settings or a model can be wrong: each spoils a home in one way."""

import gzip
import json
import shutil
from pathlib import Path

import polars as pl

from pipeline.config.home import Home
from tests.flow import regions

NEW = "2026-01-13"


def delivery(home: Home, table: str = "certificates", rows: int = 50) -> Path:
    """A new delivery holding one table, some rows of the last one."""
    folder = home.raw / NEW
    regions.deliver(folder, table, regions.extract(home.raw / regions.AS_OF.isoformat(), table)[:rows])
    return folder / f"{table}.csv"


def unknown_key(home: Home) -> None:
    text = home.region_file.read_text(encoding="utf-8")
    home.region_file.write_text(text.replace("[spells]", "[spells]\nmax_gap = 5"), encoding="utf-8")


def wrong_type(home: Home) -> None:
    regions.settings(home, max_gap_days="five")


def out_of_range(home: Home) -> None:
    regions.settings(home, max_rejected_share=7.0)


def not_toml(home: Home) -> None:
    home.region_file.write_text('name = "region"\nlanguage = sv"\n', encoding="utf-8")


def settings_not_text(home: Home) -> None:
    home.region_file.write_bytes('name = "Västra"\n'.encode("cp1252"))


def setting_for_no_table(home: Home) -> None:
    with home.region_file.open("a", encoding="utf-8") as file:
        file.write('\n[ingest.tables.patients]\nseparator = ","\n')


def no_required_table(home: Home) -> None:
    (home.raw / "2026-01-12" / "certificates.csv").unlink()
    (home.raw / "2026-01-12" / "manifest.json").unlink()


def missing_column(home: Home) -> None:
    file = delivery(home)
    regions.deliver(file.parent, "certificates", regions.extract(file.parent, "certificates").drop("patient_id"))


def unknown_column(home: Home) -> None:
    file = delivery(home)
    file.write_text(file.read_text(encoding="utf-8").replace("doctor_id", "physician", 1), encoding="utf-8")


def no_header(home: Home) -> None:
    file = delivery(home, "persons")
    file.write_text(file.read_text(encoding="utf-8").split("\n", 1)[1], encoding="utf-8")


def other_separator(home: Home) -> None:
    file = delivery(home)
    file.write_text(file.read_text(encoding="utf-8").replace(";", ","), encoding="utf-8")


def truncated_gzip(home: Home) -> None:
    file = delivery(home, rows=2000)
    packed = gzip.compress(file.read_bytes())
    file.with_suffix(".csv.gz").write_bytes(packed[: len(packed) // 2])
    file.unlink()


def no_gzip_at_all(home: Home) -> None:
    file = delivery(home)
    file.rename(file.with_suffix(".csv.gz"))


def torn_parquet(home: Home) -> None:
    file = delivery(home)
    regions.extract(file.parent, "certificates").write_parquet(file.with_suffix(".parquet"))
    whole = file.with_suffix(".parquet").read_bytes()
    file.with_suffix(".parquet").write_bytes(whole[:-200])
    file.unlink()


def wrong_encoding(home: Home) -> None:
    file = delivery(home, "persons")
    file.write_bytes(file.read_text(encoding="utf-8").encode("cp1252"))


def manifest_of_other_bytes(home: Home) -> None:
    file = delivery(home)
    regions.sign(file.parent)
    file.write_bytes(file.read_bytes() + b"\n")


def manifest_of_other_rows(home: Home) -> None:
    file = delivery(home)
    (file.parent / "manifest.json").write_text(json.dumps({"certificates.csv": {"rows": 51}}))


def manifest_names_more(home: Home) -> None:
    file = delivery(home)
    regions.sign(file.parent)
    said = json.loads((file.parent / "manifest.json").read_text())
    (file.parent / "manifest.json").write_text(json.dumps(said | {"persons.csv": {"rows": 1}}))


def manifest_torn(home: Home) -> None:
    (delivery(home).parent / "manifest.json").write_text('{"certificates.csv": {"ro')


def empty_delivery(home: Home) -> None:
    (home.raw / NEW).mkdir()


def empty_file(home: Home) -> None:
    delivery(home).write_bytes(b"")


def still_written(home: Home) -> None:
    file = delivery(home)
    file.rename(file.with_name("certificates.csv.part"))


def unknown_file(home: Home) -> None:
    file = delivery(home)
    file.rename(file.with_name("sickleave.csv"))


def one_table_twice(home: Home) -> None:
    file = delivery(home)
    regions.extract(file.parent, "certificates").write_parquet(file.with_suffix(".parquet"))


def folder_that_is_no_date(home: Home) -> None:
    (home.raw / "2026-13-01").mkdir()


def rule_fails_too_often(home: Home) -> None:
    file = delivery(home, rows=2000)
    rows = regions.extract(file.parent, "certificates")
    regions.deliver(file.parent, "certificates", rows.with_columns(issued_at=pl.lit("13/01/2026 08.00")))


def open_quote(home: Home) -> None:
    file = delivery(home, "persons")
    text = file.read_text(encoding="utf-8").splitlines()
    text[20] = text[20].replace(";", ';"', 1)
    file.write_text("\n".join(text) + "\n", encoding="utf-8")


def newer_model(home: Home) -> None:
    meta = home.models / (home.models / "current").read_text().strip() / "meta.json"
    meta.write_text(json.dumps(json.loads(meta.read_text()) | {"format_version": 99}))
    shutil.rmtree(home.worklists / "2026-01-12")  # so that there is something to do


def damaged_model(home: Home) -> None:
    trees = home.models / (home.models / "current").read_text().strip() / "model.skops"
    trees.write_bytes(trees.read_bytes()[:-10])
    shutil.rmtree(home.worklists / "2026-01-12")


def evidence_missing(home: Home) -> None:
    regions.settings(home, evidence="nowhere.toml")


def evidence_unreadable(home: Home) -> None:
    regions.settings(home, evidence="own.toml")
    (home.path / "own.toml").write_text("[[study]]\nname = 'ours'\n", encoding="utf-8")


def lost_key(home: Home) -> None:
    delivery(home)
    (home.vault / "key").write_bytes(b"short")
