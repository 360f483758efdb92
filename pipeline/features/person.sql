-- table:   features.person
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, spells.coordination_state, ingest.persons
-- params:  none
-- known:   sex and month of birth do not change; coordination as spells.coordination_state
-- why:     age and sex; and whether coordination already runs, which a forecast without it must be told
with base as (
    select
        person_key,
        as_of
    from spells.ongoing
    where ongoing
)

select
    base.person_key,
    base.as_of,
    persons.sex,
    cast(
        floor(
            (
                year(base.as_of) * 12 + month(base.as_of)
                - year(persons.birth_month) * 12 - month(persons.birth_month)
            ) / 12.0
        ) as integer
    ) as age_years,
    cast(
        year(base.as_of) * 12 + month(base.as_of)
        - year(persons.birth_month) * 12 - month(persons.birth_month) as integer
    ) as age_months,
    case when coordination.in_coordination then 1 else 0 end as in_coordination,
    case when coordination.coordinated_before then 1 else 0 end as coordinated_before,
    case when coordination.last_declined_on is not null then 1 else 0 end as declined_before
from base
left join ingest.persons as persons on base.person_key = persons.person_key
left join spells.coordination_state as coordination
    on base.person_key = coordination.person_key and base.as_of = coordination.as_of
