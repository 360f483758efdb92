-- table:   spells.ongoing
-- grain:   one row per person_key, as_of
-- inputs:  spells.spells, spells.certificate_segments, ingest.certificates, ingest.diagnosis_groups
-- params:  days_since_end (days, region.toml [spells])
-- known:   as spells.spells; certificates known_from <= as_of < known_until
-- why:     whom a coordinator may meet: spells that cover the moment, and with days_since_end > 0 those
--          just ended, marked; one a person (pipeline/spells/README.md#ongoing, #chain-day)
with placed as (
    select
        *,
        coalesce(not ongoing and end_date < as_of, false) as recently_ended,
        row_number() over (
            partition by person_key, as_of order by ongoing desc, end_date desc
        ) as turn
    from spells.spells
    where ongoing or (end_date < as_of and date_diff('day', end_date, as_of) <= $days_since_end)
),

shown as (
    select * from placed
    where turn = 1
),

history as (
    select
        earlier.person_key,
        earlier.as_of,
        earlier.start_date,
        earlier.end_date,
        lead(earlier.start_date) over later_ones as next_start
    from spells.spells as earlier
    inner join shown
        on
            earlier.person_key = shown.person_key
            and earlier.as_of = shown.as_of
            and earlier.start_date <= shown.start_date
    window later_ones as (partition by earlier.person_key, earlier.as_of order by earlier.start_date)
),

linked as (
    -- counted backwards from the shown spell: breaks = holes of 90 free days or more on the way there
    select
        person_key,
        as_of,
        start_date,
        end_date,
        next_start,
        sum(case when date_diff('day', end_date, next_start) - 1 >= 90 then 1 else 0 end) over (
            partition by person_key, as_of order by start_date desc
            rows between unbounded preceding and current row
        ) as breaks
    from history
),

chained as (
    select
        person_key,
        as_of,
        sum(date_diff('day', start_date, end_date) + 1) as chain_days_before
    from linked
    where next_start is not null and breaks = 0
    group by person_key, as_of
),

in_force as (
    select
        shown.person_key,
        shown.as_of,
        segments.certificate_id,
        certificates.diagnosis_1,
        certificates.diagnosis_2,
        certificates.diagnosis_3
    from shown
    inner join spells.certificate_segments as segments
        on
            shown.person_key = segments.person_key
            and shown.as_of = segments.as_of
            and segments.start_date <= least(shown.as_of, shown.end_date)
            and segments.end_date >= least(shown.as_of, shown.end_date)
    left join ingest.certificates as certificates
        on
            segments.certificate_id = certificates.certificate_id
            and segments.person_key = certificates.person_key
            and shown.as_of >= certificates.known_from
            and (certificates.known_until is null or shown.as_of < certificates.known_until)
),

codes as (
    select
        person_key,
        as_of,
        diagnosis_1 as diagnosis
    from in_force
    union all
    select
        person_key,
        as_of,
        diagnosis_2 as diagnosis
    from in_force
    union all
    select
        person_key,
        as_of,
        diagnosis_3 as diagnosis
    from in_force
),

grouped_codes as (
    select distinct
        distinct_codes.diagnosis,
        diagnosis_groups.target_group
    from (
        select distinct diagnosis from codes
        where diagnosis is not null
    ) as distinct_codes
    inner join ingest.diagnosis_groups as diagnosis_groups
        on left(distinct_codes.diagnosis, length(diagnosis_groups.prefix)) = diagnosis_groups.prefix
),

in_groups as (
    select
        codes.person_key,
        codes.as_of,
        bool_or(grouped_codes.target_group = 'mental') as is_mental,
        bool_or(grouped_codes.target_group = 'pain') as is_pain
    from codes
    inner join grouped_codes on codes.diagnosis = grouped_codes.diagnosis
    group by codes.person_key, codes.as_of
)

select
    shown.spell_id,
    shown.person_key,
    shown.as_of,
    shown.unit_id,
    shown.start_date,
    shown.end_date,
    shown.days,
    shown.net_days,
    shown.degree,
    shown.n_certificates,
    shown.n_doctors,
    shown.diagnosis,
    shown.occupation,
    shown.ongoing,
    shown.day,
    in_force.certificate_id,
    cast(shown.day + coalesce(chained.chain_days_before, 0) as integer) as chain_day,
    case
        when in_groups.is_mental and in_groups.is_pain then 'both'
        when in_groups.is_mental then 'mental'
        when in_groups.is_pain then 'pain'
        else 'other'
    end as target_group,
    shown.recently_ended
from shown
inner join in_force
    on shown.person_key = in_force.person_key and shown.as_of = in_force.as_of
left join chained
    on shown.person_key = chained.person_key and shown.as_of = chained.as_of
left join in_groups
    on shown.person_key = in_groups.person_key and shown.as_of = in_groups.as_of
