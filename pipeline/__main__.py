"""The verbs: parse arguments, one call each. The only place that may ask what day it is."""

from __future__ import annotations

import getpass
import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline import housekeeping, run, run_models
from pipeline.config.home import DEFAULT_HOME, Home
from pipeline.console import Console
from pipeline.errors import PipelineError, UsageError
from pipeline.estimate.command import METHODS_HELP, estimate
from pipeline.faults import explained

# set before scikit-learn is loaded: threads that wait spinning take the time of those that work
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

STOPPED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    name="rehabrisk",
    help="Who can early rehabilitation coordination help, and did it help? Nightly lists from a region's extracts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date", remedy="write it as YYYY-MM-DD") from None


HomeOption = Annotated[Path, typer.Option("--home", help="The region's home folder.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="The night asked about; default: the newest delivery's date.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def _session(home: Path, as_of: str | None, quiet: bool) -> run.Session:
    return run.Session(Home(home).require(), _date(as_of), Console(quiet, _home_named()), datetime.now())


@app.command()
def init(
    home: Annotated[Path | None, typer.Argument(help="The folder to make; --home says the same.")] = None,
    named: Annotated[Path | None, typer.Option("--home", help="The folder to make.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", hidden=True)] = None,  # every verb takes it; a new home has no dates
    quiet: QuietOption = False,
) -> None:
    """Make a home: a commented region.toml and the folders."""
    if home and named and home != named:
        raise UsageError(f"two homes are named, {home} and {named}", remedy="name one")
    if not (home or named):
        raise typer.BadParameter("name the folder to make", param_hint="HOME")
    _date(as_of)
    housekeeping.init(Home(home or named), Console(quiet))


@app.command()
def simulate(
    persons: Annotated[int, typer.Option(help="How many persons the region has.")],
    home: HomeOption = DEFAULT_HOME,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="The last day of the history, which the delivery is named by; default: today.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    years: Annotated[float, typer.Option(help="Length of the history.")] = 3.0,
    scenario: Annotated[str | None, typer.Option(help="A study inside the region: sll-2012.")] = None,
    dirty: Annotated[float, typer.Option(help="Share of rows given a fault, 0-1.")] = 0.0,
    quiet: QuietOption = False,
) -> None:
    """Write a synthetic region's extracts in the documented form, its truth apart."""
    day = _date(as_of) or datetime.now().date()
    housekeeping.simulate(Home(home).require(), persons, day, seed, years, scenario, dirty, Console(quiet, _home_named()))


@app.command()
def nightly(home: HomeOption = DEFAULT_HOME, as_of: AsOfOption = None, quiet: QuietOption = False) -> None:
    """The whole night: extracts in, ranked worklists out."""
    run.nightly(_session(home, as_of, quiet))


def _stage(name: str, help_text: str) -> None:
    def command(home: HomeOption = DEFAULT_HOME, as_of: AsOfOption = None, quiet: QuietOption = False) -> None:
        run.stage(_session(home, as_of, quiet), name)

    app.command(name, help=help_text)(command)


for _name, _help in run.STAGES.items():
    if _name != "spells":
        _stage(_name, _help)


@app.command(help=run.STAGES["spells"])
def spells(
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    compare: Annotated[bool, typer.Option("--compare", help="Only say for how many persons other rules differ, by how much.")] = False,
    quiet: QuietOption = False,
) -> None:
    from pipeline import run_spells

    session = _session(home, as_of, quiet)
    if compare:
        run_spells.compare(session)
    else:
        run.stage(session, "spells")


@app.command(context_settings={"ignore_unknown_options": True})  # a key may begin with a minus
def explain(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="A person_key, or `-` to type a key or identity number.")],
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    purpose: Annotated[str, typer.Option(help="For the access log: care, quality, administration, follow-up, statistics.")] = "administration",
) -> None:
    """One person: certificates and when each was known, spells by each rule and why they end there, the list. Logged."""
    from pipeline import run_spells

    if person == "-":
        person = getpass.getpass("person: ") if sys.stdin.isatty() else sys.stdin.readline()
    elif len(person) < 15 and any(map(str.isdigit, person)):  # a key is longer, and what has no digit is no number
        print("rehabrisk: a number in a command stays in the shell's history; give - and type it", file=sys.stderr)
    run_spells.explain(_session(home, as_of, False), person.strip(), _user(), purpose)


@app.command()
def evaluate(
    study: Annotated[str, typer.Argument(metavar="P.yaml", help="A protocol file, or the name of a shipped one: emulated-trial, sll-2012, stepped-by-unit, workers-comp.")],
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    plan: Annotated[bool, typer.Option("--plan", help="Before any outcome is read: flow, balance, power.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where to write; default: HOME/studies/<study>.")] = None,
    language: Annotated[str | None, typer.Option(help="sv or en; default: the region's.")] = None,
    quiet: QuietOption = False,
) -> None:
    """An intervention against its control: from a protocol to a report."""
    from pipeline import run_evaluation

    run_evaluation.evaluate(_session(home, as_of, quiet), study, plan, out, language)


@app.command()
def certify(
    studies: Annotated[int, typer.Option(help="Simulated studies of each kind, and as many without an effect.")] = 500,
    seed: Annotated[int, typer.Option(help="Same seed, same numbers, at any number of cores.")] = 1,
    cores: Annotated[int | None, typer.Option(help="Processes at work; default: all cores.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of certification.md, .csv and .png.")] = Path("docs"),
    only: Annotated[list[str] | None, typer.Option(metavar="SCENARIO", help="Only this scenario; may be given again.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Run every estimator on simulated studies whose truth is known: bias, coverage, error rates."""
    from pipeline import run_certify

    run_certify.certify(studies, seed, cores, out, tuple(only or ()), Console(quiet))


@app.command()
def statistics(
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    out: Annotated[Path | None, typer.Option(help="Where to make a folder named by the date; default: HOME/statistics.")] = None,
    language: Annotated[str | None, typer.Option(help="sv or en; default: the region's.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Ongoing and started spells per unit and for the region: CSV and pages, small numbers hidden."""
    from pipeline import run_statistics

    run_statistics.statistics(_session(home, as_of, quiet), out, language)


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="A folder's name under models/.")],
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make a trained model the one that nights from --as-of on use."""
    housekeeping.promote(Home(home).require(), version, _date(as_of), Console(quiet, _home_named()))


@app.command()
def card(
    home: HomeOption = DEFAULT_HOME,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="The model in use that night; default: the current one.")] = None,
    version: Annotated[str | None, typer.Option(help="A model's version; default: the current one.")] = None,
    out: Annotated[Path | None, typer.Option(help="Put the card's files here instead of printing it.")] = None,
    quiet: QuietOption = False,
) -> None:
    """The model card: what it learnt from, how good it is, what it must not be used for."""
    housekeeping.card(Home(home).require(), version, _date(as_of), out, Console(quiet, _home_named()))


@app.command()
def quarantine(
    home: HomeOption = DEFAULT_HOME,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Only deliveries until this date.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Decrypt the rows; every look is logged.")] = False,
    delivery: Annotated[str | None, typer.Option(metavar="DATE", help="Only this delivery.")] = None,
    quiet: QuietOption = False,
) -> None:
    """What was rejected, by delivery, file and rule."""
    housekeeping.quarantine(
        Home(home).require(), show, _date(delivery), _date(as_of), _user(), datetime.now(), Console(quiet, _home_named())
    )


@app.command()
def doctor(
    home: HomeOption = DEFAULT_HOME,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Check the model of that night; default: the current one.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing; the exit code says whether all is well.")] = False,
) -> None:
    """Check a home: settings, key, disk, lock, last runs, versions. Changes nothing."""
    if not housekeeping.doctor(Home(home).require(), _date(as_of), Console(quiet, _home_named())):
        raise typer.Exit(1)


app.command(help=METHODS_HELP)(estimate)
app.add_typer(run_models.app, name="models")


def _home_named() -> Path | None:
    """The home that the command line names, for commands that messages recommend; None where it is the default."""
    words = sys.argv[1:]
    for at, word in enumerate(words):
        if word == "--home" and at + 1 < len(words):
            return Path(words[at + 1])
        if word.startswith("--home="):
            return Path(word.removeprefix("--home="))
    return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def main() -> None:
    """Run the command line; a failure an operator can meet ends in a message and an exit code."""
    try:
        app()
    except PipelineError as fault:
        Console(home=_home_named()).error(fault)
        sys.exit(fault.exit_code)
    except SystemExit as end:
        if end.code != STOPPED:
            raise
        Console(home=_home_named()).error(explained(KeyboardInterrupt()))
        sys.exit(1)
    except Exception as fault:
        if os.environ.get("REHABRISK_TRACEBACK"):
            raise
        told = explained(fault)
        Console(home=_home_named()).error(told)
        sys.exit(told.exit_code)


if __name__ == "__main__":
    main()
