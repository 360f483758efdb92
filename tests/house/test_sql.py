"""Every SQL file tells the truth about itself, reads only rooms before it, and means the same on both engines."""

import pytest

from tests.house.sql import not_for_spark, not_one_plain_select, not_portable, rooms_behind, untrue_header
from tests.house.tree import ROOT, SQL, short

EACH = pytest.mark.parametrize("path", SQL, ids=short)
GOOD = """-- table:  spells.x
-- grain:  one row per a
-- inputs: ingest.persons, moments.asked
-- params: as_of (date), gap (days, region.toml [spells])
-- known:  always
-- why:    because
with some as (select a, b from ingest.persons where a = $as_of)
select some.a, sum(some.b) / nullif(count(some.b), 0) as mean, 'A::B now()' as word
from some inner join moments.asked as m on m.a = some.a and date_diff('day', some.a, m.a) <= $gap
group by some.a"""


def text(path):
    return path.read_text(encoding="utf-8")


@EACH
def test_a_header_is_true_to_its_sql(path):
    assert untrue_header(short(path), text(path), path) == []


@EACH
def test_a_sql_file_reads_only_rooms_before_its_own(path):
    assert rooms_behind(short(path), text(path)) == []


@EACH
def test_a_sql_file_is_one_plain_select_in_lower_case(path):
    assert not_one_plain_select(text(path)) == []


@EACH
def test_a_sql_file_keeps_to_what_both_engines_answer_alike(path):
    assert not_portable(text(path)) == []


@EACH
def test_a_sql_file_becomes_spark_sql(path):
    assert not_for_spark(text(path)) == []


@EACH
def test_a_table_has_its_suite_and_its_spec(path):
    room, name = path.parent.name, path.stem
    assert (ROOT / "data" / "schemas" / f"{room}.{name}.json").is_file()
    assert (ROOT / "tests" / "spec" / room / f"test_{name}.py").is_file()


def test_there_are_sql_files_to_look_at():
    assert len(SQL) > 20


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("spells.x", "spells.y"),
        ("ingest.persons, moments.asked", "ingest.persons"),
        ("moments.asked\n", "moments.asked, ingest.units\n"),
        ("as_of (date), ", ""),
        ("as_of (date)", "as_of (date), more (days)"),
        ("-- why:    because\n", ""),
        ("-- grain:  one row per a", "-- grain:"),
    ],
)
def test_a_planted_untruth_in_a_header_is_caught(tmp_path, old, new):
    path = tmp_path / "x.sql"
    path.write_text(GOOD)
    assert untrue_header("pipeline/spells/x.sql", GOOD, path) == []
    path.write_text(lie := GOOD.replace(old, new, 1))
    assert lie != GOOD
    assert untrue_header("pipeline/spells/x.sql", lie, path)


@pytest.mark.parametrize(
    ("room", "table"),
    [
        ("features", "outcomes.remaining"),
        ("worklist", "outcomes.remaining"),
        ("score", "outcomes.remaining"),
        ("spells", "features.history"),
        ("ingest", "spells.spells"),
        ("spells", "raw.persons"),
        ("outcomes", "features.history"),
        ("unheard_of", "ingest.persons"),
        ("spells", "nowhere"),
    ],
)
def test_a_planted_look_into_a_later_room_is_caught(room, table):
    assert rooms_behind(f"pipeline/{room}/x.sql", f"select a from {table}") == [table]


@pytest.mark.parametrize("sql", ["select 1;", "select 1; select 2", "SELECT 1", "create table t as select 1"])
def test_a_planted_second_statement_or_capital_is_caught(sql):
    assert not_one_plain_select(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select arg_min(a, b) from t",
        "select arg_max(a, b) from t",
        "select min_by(a, b) from t",
        "select max_by(a, b) from t",
        "select date_diff('month', a, b) from t",
        "select datediff('year', a, b) from t",
        "select end_date - start_date from t",
        "select cast(a as date) - as_of from t",
        "select max(end_date) - min(start_date) from t",
        "select start_date + interval 5 day from t",
        "select start_date - interval '5 days' from t",
        "select start_date + to_days(5) from t",
        "select dayofweek(start_date) from t",
        "select isodow(start_date) from t",
        "select extract(dow from start_date) from t",
        "select extract(isodow from start_date) from t",
        "select date_part('dow', start_date) from t",
        "select cast(a / 2 as integer) from t",
        "select cast(avg(a) as bigint) from t",
        "select cast(a * 0.5 as int) from t",
        "select cast(cast(a as double) as int) from t",
        "select unnest(range(0, 5)) from t",
        "select list(a order by b) from t",
        "select array_agg(a order by b) from t",
        "select quantile(a, 0.9) from t",
        "select quantile_cont(a, 0.9) from t",
        "select percentile_cont(0.9) within group (order by a) from t",
        "select a from t asof join u on t.k = u.k and t.d >= u.d",
        "select len(list(a)) from t",
        "select l[1:2] from t",
        "select * replace (a + 1 as a) from t",
        "select a / b from t",
        "select a // b from t",
        "select a % b from t",
        "select a / 0 from t",
        "select list_transform(l, lambda x: x + 1) from t",
        "select list_transform(l, x -> x + 1) from t",
        "select hash(a) from t",
        "pivot t on a using sum(b)",
        "select any_value(a) from t",
        "select first(a) from t",
        "select columns('a.*') from t",
        "select a::date from t",
        "select cast(unnest(generate_series(1, 3)) as date) from t",
        "select age(a) from t",
        "select random() from t",
        "select current_date from t",
        "select now() from t",
    ],
)
def test_a_planted_construct_that_differs_between_the_engines_is_caught(sql):
    assert not_portable(sql)


@pytest.mark.parametrize(
    "sql",
    [
        GOOD,
        "select start_date + 5, end_date - 1, cast(start_date + interval 5 day as date) from t",
        "select cast(round(a / 2) as integer), cast(a as integer), cast(sum(a) as bigint), a / 100.0, a % 7 from t",
        "select unnest(generate_series(0, 3)) as step from t",
        "select a, row_number() over (partition by b order by c, d) as n, last_value(a) over (order by b) from t",
        "select sum(a) over (order by b range between interval 365 days preceding and current row) from t",
        "select md5(a), * exclude (b), median(a), date_diff('day', start_date, end_date) from t group by all",
        "select a / (100.0 * nullif(b, 0)), a / greatest(b, 1) from t",
    ],
)
def test_what_both_engines_answer_alike_is_let_through(sql):
    assert not_portable(sql) == []
    assert not_for_spark(sql) == []


@pytest.mark.parametrize("sql", ["select from where", "select 1; select 2"])
def test_a_text_that_does_not_become_spark_sql_is_caught(sql):
    assert not_for_spark(sql)
