-- table:   statistics.spells
-- grain:   one row per person_key, as_of, provider_id, start_date
-- inputs:  ingest.certificate_periods, ingest.units, moments.asked
-- params:  max_gap_days (days, region.toml [spells])
-- known:   periods known_from <= as_of < known_until
-- why:     the statistics service's spell: certificates of one care provider with at most max_gap_days free days
--          between, by running maximum; unit, diagnosis and degree are those of its last certificate that has begun
--          (pipeline/statistics/README.md). A spell that has not begun is none yet
with known as (
    select
        periods.person_key,
        asked.as_of,
        -- blank is the one provider of all; a unit that never came is its own
        case when units.unit_id is null then periods.unit_id else coalesce(units.provider_id, '') end as provider_id,
        periods.start_date,
        periods.end_date,
        periods.certificate_id,
        periods.issued_at,
        periods.unit_id,
        periods.diagnosis_1,
        periods.degree
    from ingest.certificate_periods as periods
    inner join moments.asked as asked
        on
            periods.person_key = asked.person_key
            and periods.known_from <= asked.as_of
            and (periods.known_until is null or periods.known_until > asked.as_of)
    left join ingest.units as units on periods.unit_id = units.unit_id
),

reached as (
    select
        *,
        max(end_date) over (
            partition by person_key, as_of, provider_id order by start_date, end_date, certificate_id
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from known
),

numbered as (
    select
        *,
        sum(case when date_diff('day', covered_until, start_date) <= $max_gap_days + 1 then 0 else 1 end) over (
            partition by person_key, as_of, provider_id order by start_date, end_date, certificate_id
            rows between unbounded preceding and current row
        ) as spell_number,
        case
            when covered_until is null or covered_until < start_date
                then date_diff('day', start_date, end_date) + 1
            when covered_until < end_date then date_diff('day', covered_until, end_date)
            else 0
        end as new_days
    from reached
),

bounds as (
    select
        person_key,
        as_of,
        provider_id,
        spell_number,
        min(start_date) as start_date,
        max(end_date) as end_date,
        cast(sum(new_days) as integer) as days,
        bool_or(start_date <= as_of and end_date >= as_of) as ongoing
    from numbered
    group by person_key, as_of, provider_id, spell_number
),

turns as (
    select
        person_key,
        as_of,
        provider_id,
        spell_number,
        unit_id,
        diagnosis_1,
        degree,
        row_number() over (
            partition by person_key, as_of, provider_id, spell_number
            order by start_date desc, issued_at desc nulls last, certificate_id desc, end_date desc, degree desc
        ) as turn
    from numbered
    where start_date <= as_of
)

select
    bounds.person_key,
    bounds.as_of,
    bounds.provider_id,
    bounds.start_date,
    bounds.end_date,
    bounds.days,
    bounds.ongoing,
    turns.unit_id,
    turns.diagnosis_1 as diagnosis,
    cast(turns.degree as integer) as degree
from bounds
inner join turns
    on
        bounds.person_key = turns.person_key
        and bounds.as_of = turns.as_of
        and bounds.provider_id = turns.provider_id
        and bounds.spell_number = turns.spell_number
        and turns.turn = 1
