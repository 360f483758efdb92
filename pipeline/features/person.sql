-- table:   features.person
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, ingest.persons, ingest.coordination
-- params:  none
-- known:   sex and month of birth do not change; coordination known_from <= as_of (< known_until) and begun by as_of
--          a start after as_of is as good as none: an accepted offer counts from the offer
-- why:     age and sex; and whether coordination already runs, which a forecast without it must be told
with base as (
    select
        person_key,
        as_of
    from spells.ongoing
    where ongoing
),

coordinated as (
    select
        base.person_key,
        base.as_of,
        max(
            case
                when
                    (
                        coordination.started_on <= base.as_of
                        or (coordination.answer = 'accepted' and coordination.offered_on <= base.as_of)
                    )
                    and (coordination.ended_on is null or coordination.ended_on > base.as_of)
                    then 1
                else 0
            end
        ) as in_coordination,
        max(
            case
                when
                    coordination.started_on <= base.as_of
                    and coordination.ended_on <= base.as_of
                    then 1
                else 0
            end
        ) as coordinated_before,
        max(
            case when coordination.answer = 'declined' and coordination.offered_on <= base.as_of then 1 else 0 end
        ) as declined_before
    from base
    inner join ingest.coordination as coordination
        on
            base.person_key = coordination.person_key
            and base.as_of >= coordination.known_from
            and (coordination.known_until is null or base.as_of < coordination.known_until)
    group by base.person_key, base.as_of
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
    coalesce(coordinated.in_coordination, 0) as in_coordination,
    coalesce(coordinated.coordinated_before, 0) as coordinated_before,
    coalesce(coordinated.declined_before, 0) as declined_before
from base
left join ingest.persons as persons on base.person_key = persons.person_key
left join coordinated on base.person_key = coordinated.person_key and base.as_of = coordinated.as_of
