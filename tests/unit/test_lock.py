"""A home's lock: what a run does before it begins."""

import stat

from pipeline import housekeeping
from pipeline.config.home import Home
from pipeline.console import Console
from pipeline.lock import only_run


def test_a_run_closes_the_homes_folders_to_others_but_not_the_senders(tmp_path):
    home = Home(tmp_path / "home")
    housekeeping.init(home, Console(quiet=True))
    for folder in home.folders:
        folder.chmod(0o755)
    with only_run(home):
        pass
    closed = {folder.name for folder in home.folders if not stat.S_IMODE(folder.stat().st_mode) & 0o077}
    assert closed == {folder.name for folder in home.folders} - {"raw"} and "worklists" in closed
