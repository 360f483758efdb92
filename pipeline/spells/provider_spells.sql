-- table:   spells.provider_spells
-- grain:   one row per person_key, as_of, provider_id, start_date
-- inputs:  ingest.certificate_periods, ingest.certificates, ingest.units, moments.asked
-- params:  max_gap_days (days, region.toml [spells])
-- known:   known_from <= as_of < known_until
-- why:     spells as the certificate statistics service counts them: the certificates that one care giver has signed,
--          whole ones, holes and all, measured from the farthest end so far; days are those of their periods, each
--          once (docs/spells.md). A blank care giver is one of its own
with known as (
    select
        periods.person_key,
        asked.as_of,
        coalesce(certificates.provider_id, units.provider_id, '') as provider_id,
        periods.certificate_id,
        periods.start_date,
        periods.end_date
    from ingest.certificate_periods as periods
    inner join moments.asked as asked
        on
            periods.person_key = asked.person_key
            and periods.known_from <= asked.as_of
            and (periods.known_until is null or periods.known_until > asked.as_of)
    left join ingest.certificates as certificates
        on
            periods.certificate_id = certificates.certificate_id
            and certificates.known_from <= asked.as_of
            and (certificates.known_until is null or certificates.known_until > asked.as_of)
    left join ingest.units as units on periods.unit_id = units.unit_id
),

spans as (
    select
        person_key,
        as_of,
        provider_id,
        certificate_id,
        min(start_date) as span_start,
        max(end_date) as span_end
    from known
    group by person_key, as_of, provider_id, certificate_id
),

reached as (
    select
        *,
        max(span_end) over (
            partition by person_key, as_of, provider_id order by span_start, span_end, certificate_id
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from spans
),

numbered as (
    select
        *,
        sum(case when date_diff('day', covered_until, span_start) <= $max_gap_days + 1 then 0 else 1 end) over (
            partition by person_key, as_of, provider_id order by span_start, span_end, certificate_id
            rows between unbounded preceding and current row
        ) as spell_number
    from reached
),

stretches as (
    select
        known.person_key,
        known.as_of,
        known.provider_id,
        known.certificate_id,
        numbered.spell_number,
        known.start_date,
        known.end_date,
        max(known.end_date) over (
            partition by known.person_key, known.as_of, known.provider_id, numbered.spell_number
            order by known.start_date, known.end_date, known.certificate_id
            rows between unbounded preceding and 1 preceding
        ) as certified_until
    from known
    inner join numbered
        on
            known.person_key = numbered.person_key
            and known.as_of = numbered.as_of
            and known.provider_id = numbered.provider_id
            and known.certificate_id = numbered.certificate_id
),

bounds as (
    select
        person_key,
        as_of,
        provider_id,
        min(start_date) as start_date,
        max(end_date) as end_date,
        sum(greatest(
            date_diff('day', greatest(start_date, coalesce(certified_until + 1, start_date)), end_date) + 1, 0
        )) as days,
        count(distinct certificate_id) as n_certificates
    from stretches
    group by person_key, as_of, provider_id, spell_number
)

select
    person_key,
    as_of,
    provider_id,
    start_date,
    end_date,
    cast(days as integer) as days,
    cast(n_certificates as integer) as n_certificates,
    start_date <= as_of and end_date >= as_of as ongoing
from bounds
