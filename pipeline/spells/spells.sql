-- table:   spells.spells
-- grain:   one row per person_key, as_of, start_date
-- inputs:  spells.certificate_segments, ingest.certificate_periods
-- params:  max_gap_days (days, region.toml [spells])
-- known:   as spells.certificate_segments; periods known_from <= as_of < known_until
-- why:     doctors renew piecemeal; a hole of at most max_gap_days free days does not end a spell,
--          and the farthest certified end so far is what a renewal is measured from
--          (pipeline/spells/README.md#gap)
with neighbours as (
    select
        person_key,
        as_of,
        start_date,
        end_date,
        degree,
        case
            when
                date_diff('day', lag(end_date) over in_order, start_date) <= $max_gap_days + 1
                then 0
            else 1
        end as begins
    from spells.certificate_segments
    window in_order as (partition by person_key, as_of order by start_date)
),

numbered as (
    select
        person_key,
        as_of,
        start_date,
        end_date,
        degree,
        sum(begins) over (
            partition by person_key, as_of order by start_date
            rows between unbounded preceding and current row
        ) as spell_number
    from neighbours
),

bounds as (
    select
        person_key,
        as_of,
        min(start_date) as start_date,
        max(end_date) as end_date,
        sum(date_diff('day', start_date, end_date) + 1) as days,
        cast(sum((date_diff('day', start_date, end_date) + 1) * degree) as double) / 100.0 as net_days,
        coalesce(
            max(case when start_date <= as_of and end_date >= as_of then start_date end),
            max(start_date)
        ) as force_start,
        bool_or(start_date <= as_of and end_date >= as_of) as ongoing
    from numbered
    group by person_key, as_of, spell_number
),

in_force as (
    -- the certificate that rules as_of, or else the spell's last day
    select
        bounds.person_key,
        bounds.as_of,
        bounds.start_date,
        bounds.end_date,
        bounds.days,
        bounds.net_days,
        bounds.ongoing,
        segments.certificate_id,
        segments.unit_id,
        segments.degree
    from bounds
    inner join spells.certificate_segments as segments
        on
            bounds.person_key = segments.person_key
            and bounds.as_of = segments.as_of
            and bounds.force_start = segments.start_date
),

counted as (
    -- from the periods, as a certificate whose every day another one rules is still one of the spell's
    select
        in_force.person_key,
        in_force.as_of,
        in_force.start_date,
        count(distinct periods.certificate_id) as n_certificates,
        count(distinct periods.doctor_id) as n_doctors,
        max(case when periods.certificate_id = in_force.certificate_id then periods.diagnosis_1 end) as diagnosis,
        max(case when periods.certificate_id = in_force.certificate_id then periods.occupation end) as occupation
    from in_force
    inner join ingest.certificate_periods as periods
        on
            in_force.person_key = periods.person_key
            and in_force.start_date <= periods.start_date
            and in_force.end_date >= periods.start_date
            and in_force.as_of >= periods.known_from
            and (periods.known_until is null or in_force.as_of < periods.known_until)
    group by in_force.person_key, in_force.as_of, in_force.start_date
)

select
    concat(
        cast(in_force.person_key as varchar), '-', replace(cast(in_force.start_date as varchar), '-', '')
    ) as spell_id,
    in_force.person_key,
    in_force.as_of,
    in_force.unit_id,
    in_force.start_date,
    in_force.end_date,
    cast(in_force.days as integer) as days,
    in_force.net_days,
    cast(in_force.degree as integer) as degree,
    cast(counted.n_certificates as integer) as n_certificates,
    cast(counted.n_doctors as integer) as n_doctors,
    counted.diagnosis,
    counted.occupation,
    in_force.ongoing,
    cast(date_diff('day', in_force.start_date, in_force.as_of) + 1 as integer) as day
from in_force
inner join counted
    on
        in_force.person_key = counted.person_key
        and in_force.as_of = counted.as_of
        and in_force.start_date = counted.start_date
