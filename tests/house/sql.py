"""What a SQL file may say: its header is true, and DuckDB and Spark answer it alike."""

import re

import sqlglot
from sqlglot import exp

from pipeline.store.tables import header

BEFORE = {
    "ingest": "raw ingest",
    "moments": "ingest moments",
    "spells": "ingest moments spells",
    "features": "ingest moments spells features",
    "outcomes": "ingest moments spells outcomes",
    "score": "ingest moments spells features score",
    "worklist": "ingest moments spells features score worklist",
    "train": "ingest moments spells features outcomes",
    "monitor": "ingest moments spells features outcomes score worklist monitor",
    "statistics": "ingest moments spells statistics",
    "evaluate": "ingest moments spells features outcomes score worklist evaluate",
}
FIELDS = ("table", "grain", "inputs", "params", "known", "why")
# evidence: results or errors that differ between DuckDB 2.0 and Spark 4.3 after sqlglot 30
NEVER = {
    "arg_min", "arg_max", "argmin", "argmax", "min_by", "max_by", "any_value", "first", "last", "arbitrary", "mode",
    "quantile", "quantile_cont", "quantile_disc", "percentile_cont", "percentile_disc", "approx_quantile",
    "dayofweek", "isodow", "weekday", "dow", "to_days", "to_months", "to_years", "age", "hash", "len", "array_length",
    "list_slice", "array_slice", "range", "random", "uuid", "gen_random_uuid", "setseed", "columns", "now", "today",
    "current_date", "current_timestamp", "get_current_timestamp", "localtimestamp", "get_current_time",
}  # fmt: skip
NODES = {
    exp.ArgMin: "arg_min",
    exp.ArgMax: "arg_max",
    exp.AnyValue: "any_value",
    exp.First: "first",
    exp.Last: "last",
    exp.Mode: "mode",
    exp.Quantile: "quantile",
    exp.ApproxQuantile: "approx_quantile",
    exp.PercentileCont: "percentile_cont",
    exp.PercentileDisc: "percentile_disc",
    exp.DayOfWeek: "dayofweek",
    exp.DayOfWeekIso: "isodow",
    exp.Pivot: "pivot",
    exp.Lambda: "lambda",
    exp.Slice: "list slice",
    exp.Rand: "random",
    exp.Uuid: "uuid",
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "current_timestamp",
    exp.Columns: "columns()",
    exp.Command: "no plain select",
}
DATED = re.compile(r"(_on|_at|_date|_from|_until|_start|_end|^as_of|_day|_month|^cut|^first|^last)$")


def parsed(text):
    """The one statement of a file."""
    return sqlglot.parse_one(text, read="duckdb")


def tables_read(text):
    """room.table of everything read, names of common table expressions left out."""
    tree = parsed(text)
    made = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {
        f"{table.db}.{table.name}" if table.db else table.name
        for table in tree.find_all(exp.Table)
        if table.db or table.name not in made
    }


def without_comments(text):
    return re.sub(r"--.*", "", text)


def untrue_header(place, text, path):
    """Where the header and the SQL under it disagree. `place` is pipeline/room/name.sql."""
    said = re.findall(r"^-- (\w+): *\S", text, re.M)
    if missing := [field for field in FIELDS if field not in said]:
        return [f"no {', '.join(missing)}"]
    told = header(path)
    room, name = place.split("/")[-2:]
    wrong = []
    if told.table != f"{room}.{name.removesuffix('.sql')}":
        wrong.append(f"table is {told.table}")
    if set(told.inputs) != (read := tables_read(text)):
        wrong.append(f"inputs differ: {sorted(set(told.inputs) ^ read)}")
    used = set(re.findall(r"\$([a-z]\w*)", without_comments(text)))
    if set(told.params) != used:
        wrong.append(f"params differ: {sorted(set(told.params) ^ used)}")
    return wrong


def rooms_behind(place, text):
    """Tables read that belong to a room after this one, or to one behind a locked door."""
    room = place.split("/")[-2]
    return sorted(
        table for table in tables_read(text) if table.split(".")[0] not in BEFORE.get(room, "").split()
    )


def not_one_plain_select(text):
    body = without_comments(text).strip()
    wrong = []
    if body.endswith(";") or len(sqlglot.parse(body, read="duckdb")) != 1:
        wrong.append("more than one statement, or a semicolon")
    elif not isinstance(parsed(body), exp.Query):
        wrong.append("not a select")
    bare = re.sub(r"'[^']*'", "''", body)
    if bare != bare.lower():
        wrong.append("capital letters outside of texts")
    return wrong


def not_portable(text):
    """Constructs on which DuckDB and Spark differ, each once, in words."""
    tree = parsed(text)
    wrong = {word for kind, word in NODES.items() if any(True for _ in tree.find_all(kind))}
    body = re.sub(r"'[^']*'", "''", without_comments(text))
    if "::" in body:
        wrong.add("a :: cast")
    wrong |= {name for name in re.findall(r"\b(\w+) *\(", body.lower()) if name in NEVER}
    wrong |= {word for word in ("asof", "pivot", "unpivot", "macro", "current_date", "current_timestamp")
              if re.search(rf"\b{word}\b", body.lower())}  # fmt: skip
    if re.search(r"(date_part|datepart|extract)\s*\(\s*'?(iso)?(dow|dayofweek|weekday)", text.lower()):
        wrong.add("day of week")
    for node in tree.walk():
        if found := _differs(node):
            wrong.add(found)
    return sorted(wrong)


def _differs(node):
    if isinstance(node, exp.DateDiff) and node.text("unit").lower() not in ("day", "week"):
        return f"date_diff of a {node.text('unit').lower()}"
    if isinstance(node, exp.Sub) and _is_date(node.this) and _is_date(node.expression):
        return "date - date"
    if isinstance(node, exp.Interval) and not _inside_a_date_cast(node):
        return "date and interval without cast as date"
    if isinstance(node, exp.Star) and node.args.get("replace"):
        return "* replace"
    if isinstance(node, exp.ArrayAgg) and node.find(exp.Order):
        return "list with an order"
    if isinstance(node, exp.Div | exp.IntDiv | exp.Mod) and not _never_zero(node.expression):
        return "division by what may be 0, without nullif"
    if (
        isinstance(node, exp.Cast)
        and node.to.is_type(*exp.DataType.INTEGER_TYPES)
        and _may_have_decimals(node.this)
    ):
        return "cast to integer without round"
    if isinstance(node, exp.Unnest | exp.Explode) and isinstance(
        node.parent, exp.Cast | exp.Binary | exp.Func
    ):
        return "unnest inside an expression"
    return ""


def _is_date(node):
    node = node.unnest()
    if isinstance(node, exp.Cast):
        return node.to.is_type("date")
    if isinstance(node, exp.Greatest | exp.Least | exp.Coalesce | exp.Min | exp.Max):
        return any(_is_date(child) for child in node.iter_expressions())
    return isinstance(node, exp.Column) and bool(DATED.search(node.name))


def _inside_a_date_cast(node):
    if node.find_ancestor(exp.WindowSpec, exp.GenerateSeries):
        return True  # frames and series take intervals on both
    cast = node.find_ancestor(exp.Cast)
    return cast is not None and cast.to.is_type("date")


def _never_zero(node):
    node = node.unnest()
    if isinstance(node, exp.Literal) and node.is_number:
        return float(node.this) != 0
    if isinstance(node, exp.Mul | exp.Cast | exp.Neg):
        return all(
            _never_zero(part) for part in node.iter_expressions() if not isinstance(part, exp.DataType)
        )
    if isinstance(node, exp.Greatest):
        return any(_never_zero(part) for part in node.iter_expressions())
    return isinstance(node, exp.Nullif)


def _may_have_decimals(node):
    node = node.unnest()
    if isinstance(node, exp.Round | exp.Floor | exp.Ceil | exp.Count):
        return False
    if isinstance(node, exp.Div | exp.Avg | exp.Median):
        return True
    if isinstance(node, exp.Literal):
        return node.is_number and "." in node.this
    if isinstance(node, exp.Cast):
        return node.to.is_type("double", "float", "decimal")
    if isinstance(node, exp.Binary | exp.Paren | exp.Sum | exp.Coalesce | exp.Greatest | exp.Least | exp.Neg):
        return any(_may_have_decimals(part) for part in node.iter_expressions())
    return isinstance(node, exp.Column) and node.name.endswith(("_share", "_years"))


def not_for_spark(text):
    """Why sqlglot cannot make Spark's SQL of it; empty when it can and the answer reads back."""
    try:
        spark = sqlglot.transpile(
            text, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE
        )
        return [] if len(spark) == 1 and sqlglot.parse_one(spark[0], read="spark") else ["not one statement"]
    except sqlglot.errors.SqlglotError as fault:
        return [str(fault).splitlines()[0]]
