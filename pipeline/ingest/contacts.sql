-- table:  ingest.contacts
-- grain:  one row per contact_id
-- inputs: raw.contacts, ingest.persons, ingest.units
-- params: none
-- known:  known_from = the day of the contact
-- why:    care use before and during a spell; rows of unknown persons or units wait in raw
select
    c.contact_id,
    c.person_key,
    c.unit_id,
    c.started_at,
    cast(c.started_at as date) as known_from,
    c.kind,
    c.profession,
    c.diagnoses,
    c.actions
from raw.contacts as c
where
    exists (select 1 from ingest.persons as p where p.person_key = c.person_key)
    and (c.unit_id is null or exists (select 1 from ingest.units as u where u.unit_id = c.unit_id))
