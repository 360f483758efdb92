-- table:   worklist.candidates
-- grain:   one row per person_key, as_of with a spell in spells.ongoing (with days_since_end, also one just ended)
-- inputs:  spells.ongoing, spells.coordination_state, ingest.persons, ingest.units, ingest.certificates
-- params:  declined_days (days that an unanswered offer keeps a person off the list, region.toml [worklist])
-- known:   certificates known_from <= as_of (< known_until); coordination as spells.coordination_state
-- why:     what rules.py needs to say who may be on a list, and what the list shows of the spell; the rules
--          themselves are in rules.py
with assessed as (
    select
        o.person_key,
        o.as_of,
        coalesce(bool_or(c.doctor_id is not null or c.form in ('FK7804', 'FK7263')), false) as has_physician
    from spells.ongoing as o
    inner join ingest.certificates as c on o.certificate_id = c.certificate_id
    where c.known_from <= o.as_of and (c.known_until is null or c.known_until > o.as_of)
    group by o.person_key, o.as_of
)

select
    o.spell_id,
    o.person_key,
    o.as_of,
    o.unit_id,
    issuing.name as unit_name,
    issuing.kind as unit_kind,
    issuing.provider_id,
    issuing.capacity_per_week,
    issuing.unit_id is not null as unit_known,
    p.listed_unit_id,
    listed.name as listed_unit_name,
    listed.kind as listed_unit_kind,
    listed.provider_id as listed_provider_id,
    listed.capacity_per_week as listed_capacity_per_week,
    listed.unit_id is not null as listed_unit_known,
    p.sex,
    p.birth_month,
    coalesce(p.protected, false) as protected,
    coalesce(p.deceased_on <= o.as_of, false) as deceased,
    coalesce(p.emigrated_on <= o.as_of, false) as emigrated,
    not o.ongoing as ended,
    coalesce(a.has_physician, false) as has_physician,
    coalesce(k.in_coordination, false) as in_coordination,
    coalesce(date_diff('day', k.pending_since, o.as_of) < $declined_days, false)
    or coalesce(k.last_status = 'contacted', false) as pending,
    k.last_declined_on,
    coalesce(k.withdrawn, false) as withdrawn,
    k.last_status,
    o.start_date,
    o.end_date,
    o.day,
    o.chain_day,
    o.degree,
    o.diagnosis,
    o.target_group
from spells.ongoing as o
left join ingest.persons as p on o.person_key = p.person_key
left join ingest.units as issuing on o.unit_id = issuing.unit_id
left join ingest.units as listed on p.listed_unit_id = listed.unit_id
left join spells.coordination_state as k on o.person_key = k.person_key and o.as_of = k.as_of
left join assessed as a on o.person_key = a.person_key and o.as_of = a.as_of
