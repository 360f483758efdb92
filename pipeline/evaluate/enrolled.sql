-- table:   evaluate.enrolled
-- grain:   one row per person_key, as_of
-- inputs:  ingest.enrolments
-- params:  study_id (text, protocol population.study_id)
-- known:   enrolled_on is time zero; what is known later about a person does not decide who is here
-- why:     everyone enrolled, in the arm they were given: nobody is lost before they are counted
select
    person_key,
    enrolled_on as as_of,
    unit_id,
    arm,
    withdrew_on
from ingest.enrolments
where study_id = $study_id and enrolled_on is not null
