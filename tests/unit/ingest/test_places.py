"""A rejected row is told with its own line and text, in files larger than one thread reads in one go."""

from datetime import date

from pipeline.config.home import Home
from pipeline.ingest.quarantine import show
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from tests.unit.ingest.conftest import ANNA, BO, FILES

ROWS = 400_000


def test_every_rejected_row_of_a_large_file_is_found_on_its_own_line(region):
    bad = set(range(7, ROWS, 9_973))
    lines = [
        f"k{row};{ANNA if row % 3 else BO};U1;{'2026-02-31' if row in bad else '2026-01-05'}T10:00:00;visit"
        for row in range(ROWS)
    ]
    contacts = "contact_id;patient_id;unit_id;started_at;kind\n" + "\n".join(lines) + "\n"
    region.deliver(files={**FILES, "contacts": contacts})
    region.night()
    home = Home(region.home.path)
    kept = show(home, Vault(home, Keyring.open(home.vault)), date(2026, 1, 12), "contacts")
    assert kept["line"].to_list() == [row + 2 for row in sorted(bad)]
    assert kept["raw"].to_list() == [lines[row] for row in sorted(bad)]
