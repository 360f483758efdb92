"""The SQL that reads one file: text columns in, typed and pseudonymous columns and the first offended rule out.

Built from contract.py and the region's settings; DuckDB alone runs it (reading files is the engine's own part).
Every row of the file comes out; where identities are joined on it carries its place in the file, else the file's
order is kept.
"""

from __future__ import annotations

from datetime import date

from pipeline.config.region import IngestSettings, TableFormat
from pipeline.ingest.contract import INTEGERS, Column, Extract

FIRST_DAY, LAST_DAY = "date '1900-01-01'", "date '2199-12-31'"
SQL_TYPES = {
    "identity": "bigint",
    "date": "date",
    "timestamp": "timestamp",
    "integer": "integer",
    "number": "double",
    "flag": "boolean",
}
# ICD-10-SE without dot, and codes cut off by a dash (M80-P); a blank item is no harm
ICD = "(?:[A-Z][0-9]{2}(?:[0-9A-Z]{0,3}|[0-9A-Z]?-[0-9A-Z]?))"
# KVÅ is two letters and three digits, operations three and two; a name has no digit, an identity number has ten
ACTION = "(?:[A-Z]{0,4}[0-9][A-Z0-9]{1,6})"
WORD = "(?: ?[A-Za-zÅÄÖåäö0-9_ -]{1,40})"
# six or eight digits that are a date, also with 60 added to the day, and four more: in whatever a text is made of
DAY_IN_NUMBER = "(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"
NUMBER = f"(?:^|[^0-9])(?:18|19|20)?[0-9]{{2}}(?:0[1-9]|1[0-2]){DAY_IN_NUMBER}[-+]?[0-9]{{4}}(?:$|[^0-9])"
UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
HIDDEN = "identity number in another column"


def quoted(name: str) -> str:
    """A column name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_type(column: Column) -> str:
    """The column's type once read."""
    return "integer" if column.name in INTEGERS else SQL_TYPES.get(column.kind, "varchar")


def staged_columns(extract: Extract) -> dict[str, str]:
    """Name -> SQL type of what is kept of an extract, without delivery and rule."""
    kept = {column.staged: sql_type(column) for column in extract.columns if column.kind != "private"}
    if extract.name == "persons":
        kept |= {"birth_month": "date", "number_sex": "varchar"}
    return kept


def read_sql(
    extract: Extract,
    source: str,
    present: dict[str, str],
    form: TableFormat,
    settings: IngestSettings,
    delivery: date,
) -> str:
    """One select over `source` (a from-clause of text columns).

    source : with its column file_row_number where extract.place is "row".
    present : canonical -> the file's own column name, for the columns it has.
    Needs the temporary tables identity_texts (text, person_key, problem, birth_date, sex) and keyed_texts (text, code).
    """
    day = f"date '{delivery.isoformat()}'"
    texts, typed, faults = [], [], []
    joins = ""
    if extract.place == "row":
        texts.append("file_row_number as row")
        typed.append("row")
    for column in extract.columns:
        name, given = column.name, f"r_{column.name}"
        if column.kind == "private":
            continue
        if name in present:
            texts.append(f"nullif(trim({quoted(present[name])}), '') as {given}")
        if name not in present:
            typed.append(f"cast(null as {sql_type(column)}) as {column.staged}")
            continue
        if column.kind == "identity":
            seen = f"i_{name}"
            joins += f" left join identity_texts as {seen} on {seen}.text = {given}"
            typed += [f"{seen}.person_key as {column.staged}", f"cast({seen}.problem as varchar) as p_{name}"]
            fault = [(f"p_{name} is not null", f"p_{name}")]
            if extract.name == "persons" and name == "patient_id":
                typed += [
                    f"cast(date_trunc('month', {seen}.birth_date) as date) as birth_month",
                    f"cast({seen}.sex as varchar) as number_sex",
                ]
        elif column.kind == "keyed":
            joins += f" left join keyed_texts as k_{name} on k_{name}.text = {given}"
            typed.append(f"k_{name}.code as {column.staged}")
            fault = []
        else:
            typed.append(f"{value(column, given, form)} as {column.staged}")
            fault = [(f"{given} is not null and {column.staged} is null", f"'{rule_of(column)}'")]
            if column.kind == "text":
                fault = [(_holds_a_number(column.staged), f"'{HIDDEN}'")]
        typed.append(given)
        if column.needed:
            fault.insert(0, (f"{given} is null", f"'blank {name}'"))
        faults += fault
    faults += row_rules(extract, settings, day, set(present))
    rule = "case " + " ".join(f"when {when} then {then}" for when, then in faults) + " end" if faults else "null"
    kept = [extract.place] if extract.place == "row" else []
    for name, kind in staged_columns(extract).items():
        # a rejected row's texts could hold a person's data in the wrong column
        kept.append(f"case when rule is null then {name} end as {name}" if kind in ("varchar", "bigint") else name)
    return (
        f"select {day} as delivery, cast(rule as varchar) as rule, {', '.join(kept)} from ("
        f"select *, {rule} as rule from (select {', '.join(typed)} from (select {', '.join(texts)} from {source}){joins}))"
    )


def rule_of(column: Column) -> str:
    """The name of the rule that a text offends when it cannot be read as the column's kind."""
    if column.name == "degree":
        return "degree"
    if column.kind in ("date", "timestamp"):
        return "impossible date"
    if column.kind in ("integer", "number"):
        return f"no number: {column.name}"
    if column.kind in ("icd", "icds"):
        return "no ICD code"
    if column.kind == "actions":
        return "no action code"
    return f"unknown code: {column.name}"


def row_rules(extract: Extract, settings: IngestSettings, day: str, present: set[str]) -> list[tuple[str, str]]:
    """Rules over several columns, in the order in which they are asked."""
    rules = []
    if extract.name in ("certificate_periods", "benefits"):
        rules.append(("end_date < start_date", "'end before start'"))
    if extract.name == "certificate_periods":
        longest = settings.max_period_days
        rules.append((f"date_diff('day', start_date, end_date) >= {longest}", "'period too long'"))
    if extract.name == "certificates":
        rules.append((f"cast(issued_at as date) > {day}", "'issued after the delivery'"))
    if extract.name == "coordination":
        dated = ", ".join(one for one in ("recorded_at", "offered_on", "started_on") if one in present)
        when = f"coalesce({dated.replace('recorded_at', 'cast(recorded_at as date)')}) is null" if dated else "true"
        rules.append((when, "'no date'"))
    return rules


def value(column: Column, given: str, form: TableFormat) -> str:
    """The text `given` as the column's kind; null where it cannot be read."""
    match column.kind:
        case "date":
            return _within(_date(given, form.date_format), "date")
        case "timestamp":
            return _within(_timestamp(given, form), "timestamp")
        case "integer":
            return f"case when regexp_full_match({given}, '[+-]?[0-9]{{1,9}}') then cast({given} as integer) end"
        case "number":
            plain = given if form.decimal == "." else f"replace({given}, {text_literal(form.decimal)}, '.')"
            read = f"try_cast({plain} as double)"
            return f"case when isfinite({read}) then {read} end"
        case "flag":
            words = {"0": "false", "1": "true"}
            words |= {theirs: words[ours] for theirs, ours in form.codes.get(column.name, {}).items() if ours in words}
            return _case(given, words)
        case "icd":
            return _if_like(_cleaned(given), ICD)
        case "icds":
            return _if_like(_cleaned(given), _listed(ICD))
        case "actions":
            return _if_like(_cleaned(given), _listed(ACTION))
        case "words":
            words = {theirs: text_literal(ours) for theirs, ours in form.codes.get(column.name, {}).items()}
            plain = f"case when not regexp_matches({given}, '[0-9]{{6}}') then {_if_like(given, _listed(WORD))} end"
            return f"coalesce({_case(given, words)}, {plain})" if words else plain
        case "code" | "codes":
            words = {code: code for code in column.allowed}
            words |= {theirs: ours for theirs, ours in form.codes.get(column.name, {}).items() if ours in column.allowed}
            if column.name in INTEGERS:
                return _case(given, words)
            literal = {theirs: text_literal(ours) for theirs, ours in words.items()}
            if column.kind == "code":
                return _case(given, literal)
            several = f"list_transform(string_split({given}, '|'), lambda one: {_case('trim(one)', literal)})"
            whole = f"len(list_filter({several}, lambda one: one is null)) = 0"
            joined = f"case when {whole} then array_to_string({several}, '|') end"
            return f"case when strpos({given}, '|') = 0 then {_case(given, literal)} else {joined} end"
    words = {theirs: text_literal(ours) for theirs, ours in form.codes.get(column.name, {}).items()}
    return f"coalesce({_case(given, words)}, {given})" if words else given


def _cleaned(given: str) -> str:
    """Upper case, without the dot and the marks that lists of codes print behind one."""
    return f"upper(translate({given}, '. *+†', ''))"


def _listed(pattern: str) -> str:
    return f"{pattern}?(?:[|]{pattern}?)*"


def _if_like(text: str, pattern: str) -> str:
    return f"case when regexp_full_match({text}, '{pattern}') then {text} end"


def _holds_a_number(text: str) -> str:
    # a UUID may hold any digits; of a hundred thousand one would look like a number
    return f"regexp_matches({text}, '{NUMBER}') and not regexp_full_match({text}, '{UUID}')"


def _case(given: str, words: dict[str, str]) -> str:
    return f"case {given} " + " ".join(f"when {text_literal(one)} then {then}" for one, then in words.items()) + " end"


def _within(read: str, kind: str) -> str:
    low, high = (FIRST_DAY, LAST_DAY) if kind == "date" else ("timestamp '1900-01-01'", "timestamp '2199-12-31'")
    return f"case when {read} between {low} and {high} then {read} end"


def _date(given: str, pattern: str) -> str:
    # a cast is several times faster than strptime, but also takes '2026-1-5' and 'infinity'
    if pattern == "%Y-%m-%d":
        return f"case when length({given}) = 10 then try_cast({given} as date) end"
    if pattern == "%Y%m%d":
        dashed = f"substr({given}, 1, 4) || '-' || substr({given}, 5, 2) || '-' || substr({given}, 7, 2)"
        return f"case when length({given}) = 8 then try_cast({dashed} as date) end"
    return f"cast(try_strptime({given}, {text_literal(pattern)}) as date)"


def _timestamp(given: str, form: TableFormat) -> str:
    if form.timestamp_format:
        return f"try_strptime({given}, {text_literal(form.timestamp_format)})"
    # local time is promised; an offset would silently move it
    local = f"length({given}) between 10 and 26 and strpos({given}, '+') = 0 and strpos({given}, 'Z') = 0"
    return f"case when {local} then try_cast({given} as timestamp) end"
