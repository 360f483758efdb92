"""The spells room beside the clean rule: other systems' screens each night, the rules compared, one person explained."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, get_args

import polars as pl

from pipeline.errors import UsageError
from pipeline.lock import only_run
from pipeline.preconditions import INGEST_NOTE, note_rules, require_before, require_same_rules
from pipeline.privacy.access_log import AccessLog, Purpose
from pipeline.privacy.identity import normalise
from pipeline.privacy.pseudonyms import KEY_FILE, Keyring
from pipeline.run import Session
from pipeline.spells import clean
from pipeline.spells.compare import as_table, difference
from pipeline.spells.explain import Facts, explained
from pipeline.spells.rehabstod import patient_view
from pipeline.spells.screens import REPORTED, payer_spells, person_spells, unit_spells
from pipeline.spells.words import words
from pipeline.store.tables import Lake

KNOWN = """
    select p.person_key, p.certificate_id, p.issued_at, p.start_date, p.end_date, p.degree, p.occupation, p.diagnosis_1
    from ingest.certificate_periods as p
    inner join moments.asked as m
    on p.person_key = m.person_key and p.known_from <= m.as_of and (p.known_until is null or p.known_until > m.as_of)
"""


def make_spells(session: Session) -> None:
    """Tonight's spells; what Rehabstöd shows each care unit; and where the region reports by another rule, spells by that one."""
    lake, rules = session.lake, session.region.spells
    note_rules(lake, rules)
    clean.make_spells(lake, rules.max_gap_days, rules.days_since_end)
    lake.run("spells.unit_certificates", days_since_end=rules.days_since_end)
    certificates = lake.read("spells.unit_certificates")
    shown = unit_spells(certificates, session.as_of, rules.max_gap_days, rules.days_since_end)
    lake.write("spells.unit_spells", shown, rows_in=certificates.height)
    lake.run("spells.shown_elsewhere")
    if rules.rule != "clean":
        lake.write("spells.reported_spells", _reported(session, rules.rule))
    else:  # what a region reported by before must not lie beside tonight's
        session.publishing.append(lambda: lake.file("spells.reported_spells").unlink(missing_ok=True) or [])


def _reported(session: Session, rule: str) -> pl.DataFrame:
    """Everyone's spells by the rule, as REPORTED."""
    gap = session.region.spells.max_gap_days
    if rule == "rehabstod":
        return person_spells(_shown(session), session.as_of, gap).sort("person_key", "start_date")
    if rule == "fk":
        return payer_spells(_known(session), session.as_of)
    made = _by_provider(session).with_columns(rule=pl.lit(rule))
    return made.select(REPORTED).sort("person_key", "provider_id", "start_date")


def _by_provider(session: Session) -> pl.DataFrame:
    """Spells by the rule of `rehabrisk statistics`, made aside."""
    aside = Lake(session.con, session.home.tmp / "by_provider")
    aside.run("statistics.spells", max_gap_days=session.region.spells.max_gap_days)
    return aside.read("statistics.spells")


def _known(session: Session) -> pl.DataFrame:
    return pl.from_arrow(session.con.sql(KNOWN).to_arrow_table())


def _shown(session: Session) -> pl.DataFrame:
    """Of what is known, what Rehabstöd is given: it keeps no certificate without a diagnosis."""
    return _known(session).filter(pl.col("diagnosis_1").is_not_null())


# ---------------------------------------------------------------- the rules beside each other


def compare(session: Session) -> None:
    """Print for how many persons each rule differs from ours tonight, and by how much. Changes nothing."""
    with only_run(session.home):
        try:
            require_before(session.lake, "compare", session.as_of)
            require_same_rules(session.lake, session.region.spells)
            for line in _compared(session):
                session.console.note(line)
        finally:
            session.close()


def _compared(session: Session) -> list[str]:
    lake, gap = session.lake, session.region.spells.max_gap_days
    for table in ("ingest.certificate_periods", "ingest.units", "spells.spells", "spells.unit_spells"):
        lake.view(table)
    lake.view("moments.asked", lake.file("moments.nightly"))
    columns = "person_key, start_date, days, ongoing"
    clean = lake.read("spells.spells", columns).filter(pl.col("start_date") <= session.as_of)
    others = {
        "clean": clean,
        "patient": person_spells(_shown(session), session.as_of, gap),
        "unit": lake.read("spells.unit_spells", columns),
        "statistics": _by_provider(session),
        "fk": payer_spells(_known(session), session.as_of),
    }
    found = [difference(rule, clean, other, all_spells=rule != "unit") for rule, other in others.items()]
    w = words(session.region.language)
    title = w["compare"]["title"].format(as_of=session.as_of, gap=gap)
    return as_table(title, found, w["compare"], w["rules"])


# ---------------------------------------------------------------- one person


def explain(session: Session, person: str, user: str, purpose: Purpose) -> None:
    """Print what was known of one person and what each rule makes of it; the look is logged before anything is shown.

    person : a person_key, or an identity number in any spelling, which becomes a key here and is kept nowhere.
    """
    if purpose not in get_args(Purpose):
        raise UsageError(
            f"{purpose!r} is no purpose of those that the access log knows" if purpose.strip() else "no purpose is given for the access log",
            remedy=f"give --purpose one of {', '.join(get_args(Purpose))}",
        )
    with only_run(session.home):
        try:
            as_of = _held(session)
            key = _key_of(session, person)
            facts = _facts(session, key, as_of)
            AccessLog(session.home).write(session.started, user, "explain", purpose, [key])
            for line in explained(facts, words(session.region.language)):
                session.console.note(line)
        finally:
            session.close()


def _held(session: Session) -> date:
    """The day asked about: by default the night that the lake holds; a later one is not in it."""
    note = session.lake.root / INGEST_NOTE
    if not (note.is_file() and (session.home.vault / KEY_FILE).is_file()):
        raise UsageError("nothing has been taken in yet", remedy="run `rehabrisk nightly`")
    held = date.fromisoformat(json.loads(note.read_text(encoding="utf-8"))["report"]["as_of"])
    if session.asked and session.asked > held:
        raise UsageError(
            f"the lake holds what was known on {held}, not on {session.asked}", remedy="give an earlier --as-of, or run the night"
        )
    return session.asked or held


def _key_of(session: Session, person: str) -> int:
    """The pseudonym of a number or a key. Raises UsageError, without a word of what was given, where nobody has it."""
    read = normalise(pl.Series([person]), session.started.date(), session.region.ingest.reserve_numbers)
    number, problem = read["identity"][0], read["problem"][0]
    if number:
        key = int(Keyring.open(session.home.vault).person_keys([number])[0])
    else:
        try:
            key = int(person)
        except ValueError:
            raise _unknown(problem, "what was given is neither a person_key nor an identity number", "give the key of scores.parquet, or `-` and type the number") from None
    known = -(1 << 63) <= key < 1 << 63
    if known:
        former = session.vault.former()
        key = next(iter(former.filter(pl.col("former_key") == key)["person_key"]), key)
    if not known or session.vault.identities([key]).is_empty():
        raise _unknown(problem, "nobody of that number or key is known here", "look at the number, and at --home")
    return key


def _unknown(problem: str | None, what: str, remedy: str) -> UsageError:
    """Why what was given leads to nobody: a fault of the number itself before all else."""
    if problem == "check digit":
        return UsageError("the identity number has a wrong check digit", remedy="look at it again: a digit is wrong, or two have changed places")
    if problem == "impossible date":
        return UsageError("the identity number does not begin with a day of birth that can be", remedy="look at its first digits again")
    return UsageError(what, remedy=remedy)


def _facts(session: Session, key: int, as_of: date) -> Facts:
    """Everything of one person, made anew by the night's own SQL from that person's rows alone."""
    con, gap = session.con, session.region.spells.max_gap_days
    for table in ("ingest.certificates", "ingest.certificate_periods", "ingest.persons", "ingest.coordination"):
        source = str(session.lake.file(table)).replace("'", "''")
        con.execute(f"create table {table} as select * from read_parquet('{source}') where person_key = {key}")
    for table in ("ingest.units", "ingest.diagnosis_groups"):
        session.lake.view(table)
    con.execute(f"create table moments.asked as select cast({key} as bigint) as person_key, date '{as_of}' as as_of")
    aside = Lake(con, session.home.tmp / "explained")
    clean.make_clean_spells(aside, gap)
    for table in ("spells.ongoing", "spells.unit_certificates"):
        aside.run(table, days_since_end=session.region.spells.days_since_end)
    shown = _shown(session)
    screens = aside.read("spells.unit_certificates")
    certificates = aside.read("ingest.certificates")
    of_units = con.execute("select unit_id, coalesce(provider_id, '') from ingest.units").fetchall()
    return Facts(
        person_key=key,
        as_of=as_of,
        max_gap_days=gap,
        protected=bool(con.execute("select coalesce(bool_or(protected), false) from ingest.persons").fetchall()[0][0]),
        certificates=certificates,
        periods=aside.read("ingest.certificate_periods"),
        segments=aside.read("spells.certificate_segments"),
        spells=aside.read("spells.spells"),
        ongoing=aside.read("spells.ongoing"),
        unit_certificates=screens,
        unit_spells=unit_spells(screens, as_of, gap, session.region.spells.days_since_end),
        patient_spells=patient_view(shown.rename({"person_key": "patient_id"}), as_of, gap),
        provider_spells=_by_provider(session),
        payer_spells=payer_spells(_known(session), as_of),
        providers=dict(of_units),
        coordination=aside.read(
            f"ingest.coordination where known_from <= date '{as_of}' and (known_until is null or known_until > date '{as_of}')"
        ),
        placed=_placed(session, key, as_of),
    )


def _placed(session: Session, key: int, as_of: date) -> list[dict[str, Any]]:
    """What the newest lists up to the day said of the person: a row at most."""
    nights = sorted(one for one in session.home.scores.glob("as_of=*") if one.name <= f"as_of={as_of}")
    if not nights or not all((nights[-1] / name).is_file() for name in ("scores.parquet", "lists.parquet")):
        return []
    scores = pl.read_parquet(nights[-1] / "scores.parquet").filter(pl.col("person_key") == key)
    lists = pl.read_parquet(nights[-1] / "lists.parquet").select("spell_id", "rank", unit="list_unit_id")
    return scores.join(lists, on="spell_id", how="left").to_dicts()
