-- table:  ingest.certificate_periods
-- grain:  one row per certificate_id, start_date, known_from
-- inputs: raw.certificate_periods, ingest.certificates
-- params: none
-- known:  as the certificate; of a period that a later delivery changed or added, from that delivery on
-- why:    what spells are made of; sorted by person, so that a spell's rows lie together. Periods of certificates that
--         do not count, or have not come, are not here
select
    c.certificate_id,
    c.person_key,
    c.unit_id,
    c.doctor_id,
    c.issued_at,
    greatest(c.known_from, coalesce(p.known_on, c.known_from)) as known_from,
    least(coalesce(c.known_until, p.superseded_on), coalesce(p.superseded_on, c.known_until)) as known_until,
    c.diagnosis_1,
    c.occupation,
    p.start_date,
    p.end_date,
    p.degree
from raw.certificate_periods as p
inner join ingest.certificates as c on c.certificate_id = p.certificate_id
where
    c.counts
    and (p.known_on is null or c.known_until is null or p.known_on < c.known_until)
    and (p.superseded_on is null or c.known_from < p.superseded_on)
