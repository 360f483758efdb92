-- table:  ingest.certificates
-- grain:  one row per certificate_id, known_from
-- inputs: raw.certificates, ingest.persons, ingest.units
-- params: none
-- known:  known_from = received, else issued, of a changed certificate the day of the delivery that changed it;
--         known_until = revoked, changed by a later delivery, or replaced by a certificate that is known. One comes
--         back, in a row of its own, while neither its replacers nor theirs, down the chain, are alive
-- why:    rows of unknown persons or units wait in raw and are not here. `counts` is false for test, infection-control
--         and blocked certificates and for other forms
with recursive links as (
    select
        r.replaces_id,
        r.certificate_id,
        r.person_key,
        coalesce(r.known_on, cast(coalesce(r.received_at, r.issued_at) as date)) as linked_on,
        r.superseded_on,
        cast(r.revoked_at as date) as revoked_on
    from raw.certificates as r
    where
        r.replaces_id is not null
        and r.replaces_id <> r.certificate_id
        and coalesce(r.exclude, '') <> 'test'
        and exists (select 1 from ingest.persons as p where p.person_key = r.person_key)
        and exists (select 1 from ingest.units as u where u.unit_id = r.unit_id)
),

-- a replaced replacer hands its place on: twelve certificates in a row are more than anyone signs
chains as (
    select
        replaces_id as replaced_id,
        certificate_id as last_id,
        person_key,
        linked_on,
        superseded_on,
        revoked_on,
        1 as links_count
    from links
    union all
    select
        chains.replaced_id,
        links.certificate_id as last_id,
        chains.person_key,
        greatest(chains.linked_on, links.linked_on) as linked_on,
        least(
            coalesce(chains.superseded_on, links.superseded_on), coalesce(links.superseded_on, chains.superseded_on)
        ) as superseded_on,
        links.revoked_on,
        chains.links_count + 1 as links_count
    from chains
    inner join links on chains.last_id = links.replaces_id and chains.person_key = links.person_key
    where chains.links_count < 12 and links.certificate_id <> chains.replaced_id
),

absences as (
    select
        replaced_id,
        person_key,
        linked_on as away_from,
        least(
            coalesce(revoked_on, date '9999-12-31'), coalesce(superseded_on, date '9999-12-31')
        ) as back_on
    from chains
),

reached as (
    select
        replaced_id,
        person_key,
        away_from,
        back_on,
        max(back_on) over (
            partition by replaced_id, person_key
            order by away_from, back_on rows between unbounded preceding and 1 preceding
        ) as back_before
    from absences
    where away_from < back_on
),

numbered as (
    select
        replaced_id,
        person_key,
        away_from,
        back_on,
        sum(case when back_before is null or away_from > back_before then 1 else 0 end) over (
            partition by replaced_id, person_key order by away_from, back_on rows unbounded preceding
        ) as absence
    from reached
),

merged as (
    select
        replaced_id,
        person_key,
        min(away_from) as away_from,
        max(back_on) as back_on
    from numbered
    group by replaced_id, person_key, absence
),

stays as (
    select
        replaced_id,
        person_key,
        lag(back_on) over (partition by replaced_id, person_key order by away_from) as stays_from,
        away_from as stays_until
    from merged
    union all
    select
        replaced_id,
        person_key,
        max(back_on) as stays_from,
        cast(null as date) as stays_until
    from merged
    group by replaced_id, person_key
    having max(back_on) < date '9999-12-31'
),

dated as (
    select
        c.certificate_id,
        c.person_key,
        c.unit_id,
        c.doctor_id,
        c.issued_at,
        greatest(
            coalesce(c.known_on, cast(coalesce(c.received_at, c.issued_at) as date)),
            coalesce(s.stays_from, date '1900-01-01')
        ) as known_from,
        least(
            coalesce(s.stays_until, date '9999-12-31'),
            coalesce(c.superseded_on, date '9999-12-31'),
            coalesce(cast(c.revoked_at as date), date '9999-12-31')
        ) as gone_on,
        s.replaced_id is null and c.known_on is null as only_word,
        c.form,
        c.diagnosis_1,
        c.diagnosis_2,
        c.diagnosis_3,
        c.occupation,
        c.prognosis,
        c.prognosis_days,
        c.measures,
        c.replaces_id,
        c.exclude,
        c.provider_id
    from raw.certificates as c
    left join stays as s on c.certificate_id = s.replaced_id and c.person_key = s.person_key
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
    known_from,
    case when gone_on < date '9999-12-31' then greatest(known_from, gone_on) end as known_until,
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
    exclude is null and coalesce(form, 'FK7804') in ('FK7804', 'FK7263') as counts,
    provider_id
from dated
where only_word or known_from < gone_on
