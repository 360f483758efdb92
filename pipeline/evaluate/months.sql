-- table:   evaluate.months
-- grain:   one row per person_key, as_of, month
-- inputs:  evaluate.cohort, evaluate.followed, spells.final_segments
-- params:  months_before (months), months_after (months)
-- known:   the future, on purpose: as evaluate.followed
-- why:     the degree of sick leave around time zero: a month is 30 days, month 0 begins on the day after time
--          zero; only months seen whole are here
with grid as (
    select
        cohort.person_key,
        cohort.as_of,
        followed.followed_days,
        unnest(generate_series(-$months_before, $months_after - 1)) as month
    from evaluate.cohort as cohort
    inner join evaluate.followed as followed
        on cohort.person_key = followed.person_key and cohort.as_of = followed.as_of
),

dated as (
    select
        person_key,
        as_of,
        cast(month as integer) as month,
        as_of + cast(30 * month + 1 as integer) as first_day,
        as_of + cast(30 * month + 30 as integer) as last_day
    from grid
    where 30 * (month + 1) <= followed_days
),

net as (
    select
        dated.person_key,
        dated.as_of,
        dated.month,
        sum(
            (
                date_diff(
                    'day', greatest(segments.start_date, dated.first_day), least(segments.end_date, dated.last_day)
                ) + 1
            ) * segments.degree
        ) as degree_days
    from dated
    inner join spells.final_segments as segments
        on
            dated.person_key = segments.person_key
            and segments.start_date <= dated.last_day
            and segments.end_date >= dated.first_day
    group by dated.person_key, dated.as_of, dated.month
)

select
    dated.person_key,
    dated.as_of,
    dated.month,
    cast(coalesce(net.degree_days, 0) as double) / 30.0 as degree_percent
from dated
left join net
    on dated.person_key = net.person_key and dated.as_of = net.as_of and dated.month = net.month
