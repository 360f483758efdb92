"""What the operator sees: rich on a terminal, plain lines otherwise, nothing with --quiet."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console as Rich
from rich.table import Table

from pipeline.errors import PipelineError
from pipeline.store.ledger import Line

COMMAND = re.compile(r"`rehabrisk (?!init|estimate)([^`]+)`")


def in_home(text: str, home: Path | None) -> str:
    """`text` with every command it recommends made for `home`, so that it can be copied as it stands.

    >>> in_home("run `rehabrisk train`, then wait", Path("/srv/x"))
    'run `rehabrisk train --home /srv/x`, then wait'
    """
    if home is None:
        return text
    option = f" --home {shlex.quote(str(home))}"
    return COMMAND.sub(lambda said: said[0] if "--home" in said[0] else f"`rehabrisk {said[1]}{option}`", text)


class Console:
    """Prints counts, never a row. Errors go to standard error even when quiet.

    home : the home that was named on the command line; the commands in what is printed name it too.
    """

    def __init__(self, quiet: bool = False, home: Path | None = None) -> None:
        self.quiet = quiet
        self.home = home
        self.rich = Rich(highlight=False, soft_wrap=True) if sys.stdout.isatty() else None

    def note(self, text: str) -> None:
        """One line of plain text."""
        if self.quiet:
            return
        text = in_home(text, self.home)
        if self.rich:
            self.rich.print(text, markup=False)
        else:
            print(text, flush=True)

    def line(self, made: Line) -> None:
        """One table made: rows in, rows out, seconds."""
        rows_in = "" if made.rows_in is None else f"{made.rows_in:,}".replace(",", " ")
        rows_out = f"{made.rows_out:,}".replace(",", " ")
        self.note(f"  {made.table:<32} {rows_in:>13} -> {rows_out:>12} rows {made.seconds:>8.2f} s")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Head a group of lines; on a terminal a spinner turns while it works."""
        if self.quiet:
            yield
        elif self.rich:
            with self.rich.status(f"{name} ..."):
                self.rich.print(f"[bold]{name}[/bold]")
                yield
        else:
            print(name, flush=True)
            yield

    def summary(self, title: str, rows: list[tuple[str, str]]) -> None:
        """What a human wants to know at the end."""
        if self.quiet:
            return
        rows = [(name, in_home(value, self.home)) for name, value in rows]
        if self.rich:
            table = Table(title=title, show_header=False, title_justify="left")
            for name, value in rows:
                table.add_row(name, value)
            self.rich.print(table)
        else:
            print(f"\n{title}")
            for name, value in rows:
                print(f"  {name:<22} {value}")
            sys.stdout.flush()

    def error(self, fault: PipelineError) -> None:
        """What happened and what to do, on standard error."""
        print(f"rehabrisk: {in_home(str(fault), self.home)}", file=sys.stderr, flush=True)
