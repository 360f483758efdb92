"""Files that are whole or not there."""

import os
import stat

import pytest

from pipeline.store.files import (
    private_folder,
    recover_folder,
    replace_folder,
    sweep,
    write_text_whole,
    write_whole,
)


class Stop(Exception):
    pass


def fails_half_way(beside):
    beside.write_text("half")
    raise Stop


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_the_owners_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        write_text_whole(tmp_path / "deep" / "a.txt", "å")
    finally:
        os.umask(before)
    assert mode(tmp_path / "deep" / "a.txt") == 0o600
    assert mode(tmp_path / "deep") == 0o700


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    write_text_whole(tmp_path / "a.txt", "old")
    with pytest.raises(Stop):
        write_whole(tmp_path / "a.txt", fails_half_way)
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_folder_is_replaced_whole(tmp_path):
    folder = tmp_path / "lists"
    replace_folder(folder, lambda beside: (beside / "old.csv").write_text("1"))
    replace_folder(folder, lambda beside: (beside / "new.csv").write_text("2"))
    assert [one.name for one in folder.iterdir()] == ["new.csv"]
    assert [one.name for one in tmp_path.iterdir()] == ["lists"]


def test_a_folder_is_on_disk_file_by_file_before_it_takes_the_old_ones_place(tmp_path, monkeypatch):
    """Every flush is seen on its way to the disk, and what had its name by then."""
    folder, flushed, real = tmp_path / "lists", [], os.fsync
    replace_folder(folder, lambda beside: (beside / "a.csv").write_text("old"))

    def seen(handle):
        flushed.append((os.fstat(handle).st_ino, (folder / "a.csv").read_text(), (tmp_path / ".lists.old").exists()))
        real(handle)

    monkeypatch.setattr(os, "fsync", seen)

    def fill(beside):
        (beside / "deep").mkdir()
        for name in ("a.csv", "deep/b.csv"):
            (beside / name).write_text("new")

    replace_folder(folder, fill)
    inside = {(folder / name).stat().st_ino for name in ("a.csv", "deep", "deep/b.csv", ".")}
    assert {inode for inode, read, _ in flushed if read == "old"} == inside
    # the rename itself is flushed before the old folder is given up
    assert flushed[-1] == (tmp_path.stat().st_ino, "new", True)


def test_a_folder_that_cannot_be_filled_leaves_the_old_one(tmp_path):
    folder = tmp_path / "lists"
    replace_folder(folder, lambda beside: (beside / "old.csv").write_text("1"))
    with pytest.raises(Stop):
        replace_folder(folder, lambda beside: fails_half_way(beside / "new.csv"))
    assert [one.name for one in folder.iterdir()] == ["old.csv"]
    assert [one.name for one in tmp_path.iterdir()] == ["lists"]


def test_a_crash_between_the_two_renames_is_mended(tmp_path):
    folder = tmp_path / "lists"
    replace_folder(folder, lambda beside: (beside / "old.csv").write_text("1"))
    folder.rename(tmp_path / ".lists.old")  # what a crash at that instant leaves
    recover_folder(folder)
    assert (folder / "old.csv").read_text() == "1"


def test_a_folder_open_to_others_is_tightened(tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)
    assert mode(private_folder(tmp_path / "open")) == 0o700


def test_a_folder_that_somebody_else_made_keeps_its_mode(tmp_path):
    place = tmp_path / "open"
    place.mkdir()
    place.chmod(0o755)
    write_text_whole(place / "a.txt", "1")
    replace_folder(place / "lists", lambda beside: None)
    assert mode(place) == 0o755 and mode(place / "lists") == 0o700


def test_every_folder_made_on_the_way_is_the_owners_alone(tmp_path):
    private_folder(tmp_path / "a" / "b" / "c")
    for made in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_what_a_killed_run_left_is_swept_and_nothing_else(tmp_path):
    keep = [tmp_path / name for name in ("table.parquet", ".hidden", ".lock", "a.abcdefgh", "deep/er/list.csv")]
    left = [tmp_path / name for name in (".table.parquet.x7_k2m9q", "deep/.list.csv.abcdefgh")]
    for file in keep + left:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("text")
    half = tmp_path / "deep" / ".2026-01-12.k3j4l5m6"
    half.mkdir()
    (half / "unit.csv").write_text("half")
    aside = tmp_path / "deep" / ".2026-01-11.old"
    aside.mkdir()
    (aside / "unit.csv").write_text("whole")
    sweep(tmp_path)
    assert all(file.exists() for file in keep)
    assert not any(path.exists() for path in (*left, half, aside))
    assert (tmp_path / "deep" / "2026-01-11" / "unit.csv").read_text() == "whole"
