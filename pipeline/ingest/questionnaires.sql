-- table:  ingest.questionnaires
-- grain:  one row per person_key, answered_on, instrument, item
-- inputs: raw.questionnaires, ingest.persons
-- params: none
-- known:  known_from = answered_on
-- why:    quality of life (EQ-5D) and the like, item by item
select
    q.person_key,
    q.answered_on,
    q.instrument,
    q.item,
    q.value,
    q.answered_on as known_from
from raw.questionnaires as q
where exists (select 1 from ingest.persons as p where p.person_key = q.person_key)
