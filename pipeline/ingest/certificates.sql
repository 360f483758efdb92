-- table:  ingest.certificates
-- grain:  one row per certificate_id, known_from
-- inputs: raw.certificates, ingest.persons, ingest.units
-- params: none
-- known:  known_from = received, else issued; known_until = revoked, or replaced by a certificate that is known.
--         One whose replacers were all revoked comes back: a second row from that day on
-- why:    rows of unknown persons or units wait in raw and are not here. `counts` is false for test, infection-control
--         and blocked certificates and for other forms
with replacers as (
    select
        r.replaces_id,
        r.person_key,
        cast(coalesce(r.received_at, r.issued_at) as date) as replaced_on,
        cast(r.revoked_at as date) as restored_on
    from raw.certificates as r
    where
        r.replaces_id is not null
        and coalesce(r.exclude, '') <> 'test'
        and exists (select 1 from ingest.persons as p where p.person_key = r.person_key)
        and exists (select 1 from ingest.units as u where u.unit_id = r.unit_id)
        and (r.revoked_at is null or cast(r.revoked_at as date) > cast(coalesce(r.received_at, r.issued_at) as date))
),
replaced as (
    select
        replaces_id,
        person_key,
        min(replaced_on) as replaced_on,
        case when count(*) = count(restored_on) then max(restored_on) end as restored_on
    from replacers
    group by replaces_id, person_key
),
times as (
    select replaces_id, person_key, replaced_on, restored_on, 1 as time_known from replaced
    union all
    select replaces_id, person_key, replaced_on, restored_on, 2 as time_known from replaced
    where restored_on is not null
),
dated as (
    select
        c.certificate_id,
        c.person_key,
        c.unit_id,
        c.doctor_id,
        c.issued_at,
        cast(coalesce(c.received_at, c.issued_at) as date) as received_on,
        cast(c.revoked_at as date) as revoked_on,
        case
            when t.restored_on is null or t.restored_on > cast(coalesce(c.received_at, c.issued_at) as date)
                then t.replaced_on
        end as replaced_on,
        t.restored_on,
        coalesce(t.time_known, 1) as time_known,
        c.form,
        c.diagnosis_1,
        c.diagnosis_2,
        c.diagnosis_3,
        c.occupation,
        c.prognosis,
        c.prognosis_days,
        c.measures,
        c.replaces_id,
        c.exclude
    from raw.certificates as c
    left join times as t on t.replaces_id = c.certificate_id and t.person_key = c.person_key
    where
        exists (select 1 from ingest.persons as p where p.person_key = c.person_key)
        and exists (select 1 from ingest.units as u where u.unit_id = c.unit_id)
)
select
    certificate_id,
    person_key,
    unit_id,
    doctor_id,
    issued_at,
    case when time_known = 2 then restored_on else received_on end as known_from,
    case
        when time_known = 2 then revoked_on
        when replaced_on is null and revoked_on is null then null
        else greatest(received_on, least(coalesce(revoked_on, replaced_on), coalesce(replaced_on, revoked_on)))
    end as known_until,
    form,
    diagnosis_1,
    diagnosis_2,
    diagnosis_3,
    occupation,
    prognosis,
    prognosis_days,
    measures,
    replaces_id,
    exclude,
    exclude is null and coalesce(form, 'FK7804') in ('FK7804', 'FK7263') as counts
from dated
where time_known = 1 or (replaced_on is not null and (revoked_on is null or revoked_on > restored_on))
