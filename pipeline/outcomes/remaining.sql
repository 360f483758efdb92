-- table:   outcomes.remaining
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, spells.final_spells, spells.final_segments, ingest.persons, ingest.benefits
-- params:  cut (date), delay_days (days), max_gap_days (days, region.toml [spells]), age_limit_years (years)
-- known:   the future, on purpose: everything known at cut; only training, monitor and evaluate may read it
-- why:     what a forecast is judged by; every moment is followed to one and the same last day, by which an
--          end can be told from a renewal not yet received (pipeline/outcomes/README.md)
with base as (
    select
        person_key,
        as_of,
        cast($cut as date) - $delay_days as seen_to,
        cast($cut as date) - $delay_days - $max_gap_days - 1 as last_day
    from spells.ongoing
    where ongoing and as_of < cast($cut as date) - $delay_days - $max_gap_days - 1
),

ends as (
    -- no spell covers the moment any more when what the night saw has been revoked: it ended there
    select
        base.person_key,
        base.as_of,
        base.seen_to,
        base.last_day,
        coalesce(final_spells.end_date, base.as_of) as end_date
    from base
    left join spells.final_spells as final_spells
        on
            base.person_key = final_spells.person_key
            and base.as_of >= final_spells.start_date
            and base.as_of <= final_spells.end_date
),

disability as (
    select
        base.person_key,
        base.as_of,
        min(benefits.start_date) as full_from
    from base
    inner join ingest.benefits as benefits
        on
            base.person_key = benefits.person_key
            and benefits.known_from <= $cut
            and benefits.kind = 'disability'
            and benefits.degree = 100
            and base.as_of < benefits.start_date
    group by base.person_key, base.as_of
),

exits as (
    select
        ends.person_key,
        ends.as_of,
        ends.seen_to,
        ends.last_day,
        ends.end_date,
        persons.deceased_on,
        persons.emigrated_on,
        disability.full_from as disabled_on,
        case
            when
                (year(ends.as_of) - year(persons.birth_month) - $age_limit_years) * 12
                + month(ends.as_of) - month(persons.birth_month) < 0
                then
                    make_date(
                        cast(year(persons.birth_month) + $age_limit_years as integer),
                        cast(month(persons.birth_month) as integer), 1
                    )
        end as aged_on
    from ends
    left join ingest.persons as persons on ends.person_key = persons.person_key
    left join disability
        on ends.person_key = disability.person_key and ends.as_of = disability.as_of
),

firsts as (
    select
        *,
        least(deceased_on, emigrated_on, disabled_on, aged_on) as exit_on
    from exits
),

timed as (
    -- an exit within the gap after the last certified day is why no renewal came
    select
        *,
        coalesce(exit_on <= end_date + $max_gap_days + 1, false) as by_exit,
        date_diff('day', as_of, last_day) as followed_to,
        -- net days stop where the spell's days would: none of the four exits is followed by sick leave here
        least(as_of + 365, seen_to, exit_on - 1) as counted_to,
        greatest(date_diff('day', as_of, least(end_date, exit_on)), 1) as event_days
    from firsts
),

net as (
    select
        timed.person_key,
        timed.as_of,
        sum(
            (
                date_diff(
                    'day',
                    greatest(segments.start_date, timed.as_of + 1),
                    least(segments.end_date, timed.counted_to)
                ) + 1
            ) * segments.degree
        ) as degree_days
    from timed
    inner join spells.final_segments as segments
        on
            timed.person_key = segments.person_key
            and timed.as_of < segments.end_date
            and timed.counted_to > timed.as_of
            and timed.counted_to >= segments.start_date
    group by timed.person_key, timed.as_of
)

select
    timed.person_key,
    timed.as_of,
    timed.end_date as end_date_final,
    cast(least(timed.event_days, timed.followed_to) as integer) as duration_days,
    case
        when timed.event_days > timed.followed_to then 0
        when not timed.by_exit then 1
        when timed.exit_on = timed.deceased_on then 2
        when timed.exit_on = timed.emigrated_on then 3
        when timed.exit_on = timed.disabled_on then 4
        else 5
    end as cause,
    cast(coalesce(net.degree_days, 0) as double) / 100.0 as net_days_365,
    cast(least(365, date_diff('day', timed.as_of, timed.seen_to)) as integer) as followed_days
from timed
left join net on timed.person_key = net.person_key and timed.as_of = net.as_of
