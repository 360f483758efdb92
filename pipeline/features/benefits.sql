-- table:   features.benefits
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, ingest.benefits
-- params:  none
-- known:   known_from <= as_of and paid days on or before as_of
-- why:     paid days tell of sick leave that no certificate here shows, and a part disability benefit
--          bounds what is left to win
with base as (
    select
        person_key,
        as_of
    from spells.ongoing
    where ongoing
),

paid as (
    select
        base.person_key,
        base.as_of,
        benefits.kind,
        benefits.degree,
        benefits.end_date,
        date_diff(
            'day', greatest(benefits.start_date, base.as_of - 729), least(benefits.end_date, base.as_of)
        ) + 1 as days_24m,
        greatest(
            date_diff(
                'day', greatest(benefits.start_date, base.as_of - 364), least(benefits.end_date, base.as_of)
            ) + 1, 0
        ) as days_12m
    from base
    inner join ingest.benefits as benefits
        on
            base.person_key = benefits.person_key
            and base.as_of >= benefits.known_from
            and base.as_of >= benefits.start_date
            and (benefits.end_date is null or benefits.end_date >= base.as_of - 729)
),

summed as (
    select
        person_key,
        as_of,
        sum(case when kind = 'sickness' then days_12m * degree else 0 end) as sickness_12m,
        sum(case when kind = 'sickness' then days_24m * degree else 0 end) as sickness_24m,
        sum(case when kind = 'rehabilitation' then days_24m * degree else 0 end) as rehabilitation_24m,
        max(case when kind = 'disability' and (end_date is null or end_date >= as_of) then degree else 0 end)
            as disability_degree
    from paid
    group by person_key, as_of
)

select
    base.person_key,
    base.as_of,
    cast(coalesce(summed.sickness_12m, 0) as double) / 100.0 as sickness_benefit_12m_net_days,
    cast(coalesce(summed.sickness_24m, 0) as double) / 100.0 as sickness_benefit_24m_net_days,
    cast(coalesce(summed.rehabilitation_24m, 0) as double) / 100.0 as rehabilitation_benefit_24m_net_days,
    cast(coalesce(summed.disability_degree, 0) as integer) as disability_degree
from base
left join summed on base.person_key = summed.person_key and base.as_of = summed.as_of
