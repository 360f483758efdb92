"""What a night's ingest says: per file received = accepted + repeated + waiting + quarantined, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date

from pipeline.errors import NightFailed


@dataclass
class FileReport:
    """Counts of one delivered file. `rules`: offended rule -> rows; `waits`: what for -> rows; `notes`: what else -> rows."""

    delivery: date
    file: str
    table: str
    received: int
    repeated: int
    rules: dict[str, int]
    accepted: int = 0  # rows that count, or did until a newer delivery's took their place; counted where they lie
    waits: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        """Rows rejected under any rule."""
        return sum(self.rules.values())

    @property
    def waiting(self) -> int:
        """Rows kept until their person, unit or certificate comes."""
        return sum(self.waits.values())

    def check(self) -> None:
        """Raises NightFailed: what became of the rows does not add up to the rows received."""
        if self.received == self.accepted + self.repeated + self.waiting + self.quarantined:
            return
        raise NightFailed(
            f"{self.file}: {self.received} rows received, but {self.accepted} accepted + {self.repeated} repeated "
            f"+ {self.waiting} waiting + {self.quarantined} quarantined",
            remedy=f"remove the folder lake/staged/{self.table} of the home, so that its files are read again, and run the night again",
        )

    def line(self) -> str:
        """One printable line."""
        said = (
            f"{self.file}: {_number(self.received)} received = {_number(self.accepted)} accepted + {_number(self.repeated)} repeated "
            f"+ {_number(self.waiting)} waiting + {_number(self.quarantined)} quarantined"
        )
        why = [f"{rule}: {_number(count)}" for rule, count in self.rules.items()]
        why += [f"waiting for {what}: {_number(count)}" for what, count in self.waits.items()]
        why += [f"{what}: {_number(count)}" for what, count in self.notes.items()]
        return said + (f" ({'; '.join(why)})" if why else "")


@dataclass
class IngestReport:
    """The whole ingest. `absent`: optional tables that no delivery brought. `anew`: False when nothing had to be done."""

    as_of: date
    deliveries: list[date]
    files: list[FileReport]
    absent: list[str]
    returned: int = 0
    anew: bool = True

    def of(self, table: str, rule: str) -> int:
        """Rows of a table that offended a rule, over all files."""
        return sum(file.rules.get(rule, 0) for file in self.files if file.table == table)

    def total(self, what: str) -> int:
        """`received`, `accepted`, `repeated`, `waiting` or `quarantined` over all files."""
        return sum(getattr(file, what) for file in self.files)

    def lines(self) -> list[str]:
        """Printable lines, one a file, then what is missing."""
        said = [file.line() for file in self.files]
        if self.absent:
            said.append(f"never delivered, so left out: {', '.join(self.absent)}")
        return said

    def as_record(self) -> dict:
        """Plain values, for the ledger."""
        counted = ("received", "accepted", "repeated", "waiting", "quarantined")
        files = []
        for file in self.files:
            said = {**asdict(file), **{name: getattr(file, name) for name in counted}}
            files.append({**said, "delivery": file.delivery.isoformat()})
        return {
            "as_of": self.as_of.isoformat(),
            "deliveries": [one.isoformat() for one in self.deliveries],
            **{name: self.total(name) for name in counted},
            "files": files,
            "absent": self.absent,
            "returned": self.returned,
            "anew": self.anew,
        }


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def report_of(said: dict) -> IngestReport:
    """The report that `as_record` was made from."""
    names = ("file", "table", "received", "repeated", "rules", "accepted", "waits", "notes")
    files = [
        FileReport(delivery=date.fromisoformat(one["delivery"]), **{name: one[name] for name in names})
        for one in said["files"]
    ]
    days = [date.fromisoformat(one) for one in said["deliveries"]]
    return IngestReport(date.fromisoformat(said["as_of"]), days, files, said["absent"], said["returned"], anew=False)
