-- table:   evaluate.followed
-- grain:   one row per person_key, as_of
-- inputs:  evaluate.cohort, spells.final_spells, spells.final_segments, ingest.persons, ingest.benefits,
--          ingest.contacts, ingest.coordination
-- params:  cut (date), delay_days (days), max_gap_days (days, region.toml [spells]), follow_days (days, protocol
--          follow_up.days), age_limit_years (years)
-- known:   the future, on purpose: everything known at cut; read only after the plan is fixed
-- why:     what became of everyone in the cohort from time zero on, whether or not the night had seen the spell
with base as (
    select
        cohort.person_key,
        cohort.as_of,
        cohort.withdrew_on,
        cast($cut as date) - $delay_days as seen_to,
        cast($cut as date) - $delay_days - $max_gap_days - 1 as last_day,
        persons.deceased_on,
        persons.emigrated_on,
        case
            when
                (year(cohort.as_of) - year(persons.birth_month) - $age_limit_years) * 12
                + month(cohort.as_of) - month(persons.birth_month) < 0
                then
                    make_date(
                        cast(year(persons.birth_month) + $age_limit_years as integer),
                        cast(month(persons.birth_month) as integer), 1
                    )
        end as aged_on
    from evaluate.cohort as cohort
    left join ingest.persons as persons on cohort.person_key = persons.person_key
),

disability as (
    select
        base.person_key,
        base.as_of,
        min(benefits.start_date) as disabled_on
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

ends as (
    select
        base.person_key,
        base.as_of,
        max(final_spells.end_date) as end_date
    from base
    inner join spells.final_spells as final_spells
        on
            base.person_key = final_spells.person_key
            and base.as_of >= final_spells.start_date
            and base.as_of <= final_spells.end_date
    group by base.person_key, base.as_of
),

timed as (
    select
        base.*,
        coalesce(ends.end_date, base.as_of) as end_date,
        least(base.deceased_on, base.emigrated_on, base.aged_on, disability.disabled_on) as exit_on,
        disability.disabled_on,
        -- a withdrawal and a move end what is seen; death does not: no sick leave comes after it
        least(base.seen_to, base.emigrated_on - 1, base.withdrew_on - 1) as observed_to,
        least(base.last_day, base.withdrew_on - 1) as followed_to
    from base
    left join ends on base.person_key = ends.person_key and base.as_of = ends.as_of
    left join disability on base.person_key = disability.person_key and base.as_of = disability.as_of
),

lengths as (
    select
        *,
        coalesce(exit_on <= end_date + $max_gap_days + 1, false) as by_exit,
        greatest(date_diff('day', as_of, least(end_date, exit_on)), 1) as event_days,
        greatest(date_diff('day', as_of, followed_to), 1) as censored_days,
        least(as_of + $follow_days, observed_to, deceased_on - 1) as counted_to,
        greatest(least($follow_days, date_diff('day', as_of, observed_to)), 0) as followed_days
    from timed
),

net as (
    select
        lengths.person_key,
        lengths.as_of,
        sum(
            (
                date_diff(
                    'day',
                    greatest(segments.start_date, lengths.as_of + 1),
                    least(segments.end_date, lengths.counted_to)
                ) + 1
            ) * segments.degree
        ) as degree_days
    from lengths
    inner join spells.final_segments as segments
        on
            lengths.person_key = segments.person_key
            and lengths.as_of < segments.end_date
            and lengths.counted_to > lengths.as_of
            and lengths.counted_to >= segments.start_date
    group by lengths.person_key, lengths.as_of
),

seen as (
    select
        lengths.person_key,
        lengths.as_of,
        count(*) as visits
    from lengths
    inner join ingest.contacts as contacts
        on
            lengths.person_key = contacts.person_key
            and cast(contacts.started_at as date) > lengths.as_of
            and cast(contacts.started_at as date) <= lengths.counted_to
            and contacts.kind in ('visit', 'phone', 'video')
            and contacts.profession <> 'coordinator'
    group by lengths.person_key, lengths.as_of
),

begun as (
    -- who had begun by time zero is in an arm for it; this is what came later
    select
        lengths.person_key,
        lengths.as_of,
        min(coordination.started_on) as started_on
    from lengths
    inner join ingest.coordination as coordination
        on
            lengths.person_key = coordination.person_key
            and coordination.known_from <= $cut
            and (coordination.known_until is null or coordination.known_until > $cut)
            and coordination.started_on > lengths.as_of
            and coordination.started_on <= lengths.counted_to
    group by lengths.person_key, lengths.as_of
)

select
    lengths.person_key,
    lengths.as_of,
    cast(least(lengths.event_days, lengths.censored_days) as integer) as duration_days,
    case
        when lengths.event_days > lengths.censored_days then 0
        when not lengths.by_exit then 1
        when lengths.exit_on = lengths.deceased_on then 2
        when lengths.exit_on = lengths.emigrated_on then 3
        when lengths.exit_on = lengths.disabled_on then 4
        else 5
    end as cause,
    cast(coalesce(net.degree_days, 0) as double) / 100.0 as net_days,
    cast(lengths.followed_days as integer) as followed_days,
    case
        when lengths.followed_days >= $follow_days then 'whole'
        when lengths.withdrew_on - 1 <= least(lengths.seen_to, lengths.emigrated_on - 1) then 'withdrew'
        when lengths.emigrated_on - 1 <= lengths.seen_to then 'moved'
        else 'end of data'
    end as outcome_seen,
    cast(coalesce(seen.visits, 0) as integer) as visits_count,
    cast(date_diff('day', lengths.as_of, begun.started_on) as integer) as coordinated_after_days
from lengths
left join net on lengths.person_key = net.person_key and lengths.as_of = net.as_of
left join seen on lengths.person_key = seen.person_key and lengths.as_of = seen.as_of
left join begun on lengths.person_key = begun.person_key and lengths.as_of = begun.as_of
