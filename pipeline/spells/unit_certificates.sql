-- table:   spells.unit_certificates
-- grain:   one row per care_unit_id, person_key, as_of, certificate_id, start_date
-- inputs:  ingest.certificate_periods, ingest.certificates, ingest.units, ingest.persons, moments.asked
-- params:  days_since_end (days, region.toml [spells])
-- known:   known_from <= as_of < known_until
-- why:     the periods that Rehabstöd's screen of a care unit is counted from (docs/spells.md, S1-S8): all that the
--          care unit with its sub-units has signed for those who have a period there now, or one just ended. Forms,
--          revoked, replaced, test and infection-control certificates are settled in ingest.certificates; certificates
--          of another care giver, without a diagnosis, of the deceased or the protected are left out here
with care_units as (
    -- a sub-unit belongs to its care unit while both are one care giver's
    select
        units.unit_id,
        units.provider_id,
        coalesce(parents.unit_id, units.unit_id) as care_unit_id
    from ingest.units as units
    left join ingest.units as parents
        on
            units.parent_id = parents.unit_id
            and coalesce(units.provider_id, '') = coalesce(parents.provider_id, '')
),

shown as (
    select
        persons.person_key,
        asked.as_of
    from ingest.persons as persons
    inner join moments.asked as asked on persons.person_key = asked.person_key
    where not persons.protected and (persons.deceased_on is null or persons.deceased_on > asked.as_of)
),

others as (
    -- signed while the unit was another care giver's
    select distinct
        certificates.certificate_id,
        shown.as_of
    from ingest.certificates as certificates
    inner join shown on certificates.person_key = shown.person_key
    inner join care_units on certificates.unit_id = care_units.unit_id
    where
        certificates.provider_id <> care_units.provider_id
        and certificates.known_from <= shown.as_of
        and (certificates.known_until is null or certificates.known_until > shown.as_of)
),

near as (
    select distinct
        care_units.care_unit_id,
        periods.person_key,
        shown.as_of
    from ingest.certificate_periods as periods
    inner join shown
        on
            periods.person_key = shown.person_key
            and periods.start_date <= shown.as_of
            and date_diff('day', periods.end_date, shown.as_of) <= $days_since_end
            and periods.known_from <= shown.as_of
            and (periods.known_until is null or periods.known_until > shown.as_of)
    inner join care_units on periods.unit_id = care_units.unit_id
    left join others on periods.certificate_id = others.certificate_id and shown.as_of = others.as_of
    where periods.diagnosis_1 is not null and others.certificate_id is null
)

select
    near.care_unit_id,
    near.person_key,
    near.as_of,
    periods.certificate_id,
    periods.issued_at,
    periods.start_date,
    periods.end_date,
    periods.degree
from near
inner join ingest.certificate_periods as periods
    on
        near.person_key = periods.person_key
        and near.as_of >= periods.known_from
        and (periods.known_until is null or near.as_of < periods.known_until)
inner join care_units on near.care_unit_id = care_units.care_unit_id and periods.unit_id = care_units.unit_id
left join others on periods.certificate_id = others.certificate_id and near.as_of = others.as_of
where periods.diagnosis_1 is not null and others.certificate_id is null
