-- table:  ingest.certificate_periods
-- grain:  one row per certificate_id, start_date, known_from
-- inputs: raw.certificate_periods, ingest.certificates
-- params: none
-- known:  as the certificate
-- why:    what spells are made of; sorted by person, so that a spell's rows lie together. Periods of certificates that
--         do not count, or have not come, are not here
select
    c.certificate_id,
    c.person_key,
    c.unit_id,
    c.doctor_id,
    c.issued_at,
    c.known_from,
    c.known_until,
    c.diagnosis_1,
    c.occupation,
    p.start_date,
    p.end_date,
    p.degree
from raw.certificate_periods as p
inner join ingest.certificates as c on c.certificate_id = p.certificate_id
where c.counts
