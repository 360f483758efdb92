-- table:  ingest.benefits
-- grain:  one row per person_key, start_date, end_date, degree, kind
-- inputs: raw.benefits, ingest.persons
-- params: none
-- known:  known_from = received; else the last paid day, or the delivery's when that day lies ahead of it
-- why:    paid days, for history and for the end by full disability benefit
select
    b.person_key,
    b.start_date,
    b.end_date,
    b.degree,
    b.kind,
    coalesce(cast(b.received_at as date), least(b.end_date, b.delivery)) as known_from
from raw.benefits as b
where exists (select 1 from ingest.persons as p where p.person_key = b.person_key)
