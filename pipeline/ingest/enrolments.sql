-- table:  ingest.enrolments
-- grain:  one row per study_id, person_key
-- inputs: raw.enrolments, ingest.persons
-- params: none
-- known:  enrolled_on; withdrew_on is when a withdrawal is known
-- why:    who was in which evaluation study, and in which arm
select
    e.study_id,
    e.person_key,
    e.unit_id,
    e.arm,
    e.enrolled_on,
    e.withdrew_on
from raw.enrolments as e
where exists (select 1 from ingest.persons as p where p.person_key = e.person_key)
