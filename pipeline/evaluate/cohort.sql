-- table:   evaluate.cohort
-- grain:   one row per person_key, as_of
-- inputs:  evaluate.time_zero, evaluate.starts, spells.ongoing, features.spell_features, ingest.persons
-- params:  stepped (boolean: the unit's start makes the arm, evaluate.starts; else time zero's own)
-- known:   as the night would have known it on as_of, which is time zero; no outcome is read
-- why:     who was there, in which arm, and what they were like before anything could differ between the arms
--          (pipeline/evaluate/README.md#time-zero)
select
    time_zero.person_key,
    time_zero.as_of,
    coalesce(time_zero.unit_id, ongoing.unit_id) as unit_id,
    case
        when not $stepped then time_zero.arm
        when starts.starts_on <= time_zero.as_of then 'intervention'
        when ongoing.unit_id is not null then 'control'
    end as arm,
    starts.starts_on,
    time_zero.withdrew_on,
    persons.sex,
    cast(
        floor(
            (
                year(time_zero.as_of) * 12 + month(time_zero.as_of)
                - year(persons.birth_month) * 12 - month(persons.birth_month)
            ) / 12.0
        ) as integer
    ) as age_years,
    coalesce(persons.protected, false) as protected,
    coalesce(persons.deceased_on <= time_zero.as_of, false) as dead,
    coalesce(persons.emigrated_on <= time_zero.as_of, false) as moved,
    ongoing.spell_id is not null as on_leave,
    ongoing.spell_id,
    ongoing.start_date as spell_start,
    left(ongoing.diagnosis, 1) as chapter,
    cast(year(time_zero.as_of) * 12 + month(time_zero.as_of) as integer) as month_number,
    features.* exclude (spell_id, person_key, as_of, unit_id, sex, age_years)
from evaluate.time_zero as time_zero
left join ingest.persons as persons on time_zero.person_key = persons.person_key
left join spells.ongoing as ongoing
    on time_zero.person_key = ongoing.person_key and time_zero.as_of = ongoing.as_of and ongoing.ongoing
left join evaluate.starts as starts on ongoing.unit_id = starts.unit_id
left join features.spell_features as features
    on time_zero.person_key = features.person_key and time_zero.as_of = features.as_of
