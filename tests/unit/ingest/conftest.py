"""A tiny region: write deliveries as text, run a night, look at what came of it."""

import gzip
from datetime import date

import polars as pl
import pytest

from pipeline import ingest
from pipeline.config.home import Home
from pipeline.config.region import load_region
from pipeline.store.engine import connect
from pipeline.store.files import private_folder
from pipeline.store.tables import Lake


def number(born: str, serial: int = 980) -> str:
    """An invented identity number: birth numbers 980-999 are kept for tests."""
    digits = [int(one) for one in born[2:] + str(serial)]
    total = sum(sum(divmod(digit * (2 - place % 2), 10)) for place, digit in enumerate(digits))
    return f"{born}{serial}{-total % 10}"


ANNA, BO, CEM = number("19800101"), number("19750615", 981), number("19900228", 982)
FILES = {
    "persons": f"patient_id;name;sex\n{ANNA};Anna Invented;F\n{BO};Bo Invented;\n",
    "units": "unit_id;name\nU1;One\nU2;Two\n",
    "certificates": (
        "certificate_id;patient_id;unit_id;issued_at\n"
        f"c1;{ANNA};U1;2026-01-05T10:00:00\nc2;{BO};U2;2026-01-06T10:00:00\n"
    ),
    "certificate_periods": (
        "certificate_id;start_date;end_date;degree\nc1;2026-01-05;2026-01-18;100\nc2;2026-01-06;2026-01-20;50\n"
    ),
}


class TinyRegion:
    def __init__(self, path):
        self.home = Home(path)
        private_folder(self.home.path)
        self.settings("")
        self.lake = None

    def settings(self, text):
        self.home.region_file.write_text(text, encoding="utf-8")

    def deliver(self, day="2026-01-12", files=None, **texts):
        """Put a whole small delivery there, or only the tables named."""
        folder = self.home.raw / day
        folder.mkdir(parents=True, exist_ok=True)
        for table, text in (texts or (files if files is not None else FILES)).items():
            name = table if "." in table else f"{table}.csv"
            content = text if isinstance(text, bytes) else text.encode()
            (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return folder

    def night(self, as_of=None, returns=None):
        con = connect(self.home, load_region(self.home.region_file).engine)
        self.lake = Lake(con, self.home.lake)
        day = date.fromisoformat(as_of) if as_of else ingest.newest_delivery(self.home)
        return ingest.run(self.home, load_region(self.home.region_file), con, self.lake, day, None, returns)

    def table(self, name) -> pl.DataFrame:
        return self.lake.read(f"ingest.{name}")

    def bytes_written(self):
        """Every file under the home but raw and the vault, with its bytes."""
        return {
            path.relative_to(self.home.path): path.read_bytes()
            for path in sorted(self.home.path.rglob("*"))
            if path.is_file() and path.relative_to(self.home.path).parts[0] not in ("raw", "vault", "region.toml")
        }


@pytest.fixture
def region(tmp_path):
    return TinyRegion(tmp_path / "home")
