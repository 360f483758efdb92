-- table:   evaluate.weekly
-- grain:   one row per person_key, as_of
-- inputs:  ingest.certificate_periods, ingest.coordination
-- params:  first (date), last (date), every_days (days between moments, protocol population.every_days),
--          window_days (days before time zero in which coordination began, protocol arms.window_days), cut (date)
-- known:   a person is here when a period covering the moment was known on that very day; the arm is what had
--          begun by then, as the register tells it at the cut, so that both arms are followed from when their arm is
--          settled: no immortal time
-- why:     a trial begins anew at every moment; who had begun earlier is in none of its arms
with periods as (
    select
        person_key,
        greatest(start_date, known_from, cast($first as date)) as first_day,
        least(end_date, coalesce(known_until - 1, end_date), cast($last as date)) as last_day
    from ingest.certificate_periods
    where end_date >= $first and start_date <= $last
),

steps as (
    select
        person_key,
        first_day,
        last_day,
        cast(
            floor(
                (date_diff('day', cast($first as date), first_day) + $every_days - 1) / greatest($every_days, 1)
            ) as integer
        ) as first_step,
        cast(floor(date_diff('day', cast($first as date), last_day) / greatest($every_days, 1)) as integer) as last_step
    from periods
    where first_day <= last_day
),

moments as (
    select distinct
        person_key,
        unnest(generate_series(first_step, last_step)) as step
    from steps
    where first_step <= last_step
),

dated as (
    select
        person_key,
        cast($first as date) + cast(step * $every_days as integer) as as_of
    from moments
),

begun as (
    select
        dated.person_key,
        dated.as_of,
        min(coordination.started_on) as started_on
    from dated
    inner join ingest.coordination as coordination
        on dated.person_key = coordination.person_key
    where
        coordination.started_on is not null
        and coordination.known_from <= $cut
        and (coordination.known_until is null or coordination.known_until > $cut)
    group by dated.person_key, dated.as_of
)

select
    dated.person_key,
    dated.as_of,
    cast(null as varchar) as unit_id,
    case
        when begun.started_on > dated.as_of - $window_days and begun.started_on <= dated.as_of then 'intervention'
        when begun.started_on <= dated.as_of then 'earlier'
        else 'control'
    end as arm,
    cast(null as date) as withdrew_on
from dated
left join begun on dated.person_key = begun.person_key and dated.as_of = begun.as_of
