-- table:   features.certificates
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, ingest.certificate_periods, ingest.certificates, ingest.units
-- params:  none
-- known:   known_from <= as_of < known_until
-- why:     how a spell is certified says what the doctors expect: short renewals, many hands, late signing
with base as (
    select
        person_key,
        as_of,
        unit_id,
        start_date,
        end_date,
        certificate_id,
        n_doctors,
        occupation
    from spells.ongoing
    where ongoing
),

parts as (
    select
        base.person_key,
        base.as_of,
        base.certificate_id = periods.certificate_id as in_force,
        periods.certificate_id,
        max(periods.unit_id) as unit_id,
        max(base.unit_id) as unit_now,
        max(periods.issued_at) as issued_at,
        min(periods.start_date) as starts_on,
        max(periods.end_date) as ends_on,
        sum(date_diff('day', periods.start_date, periods.end_date) + 1) as period_days
    from base
    inner join ingest.certificate_periods as periods
        on
            base.person_key = periods.person_key
            and base.start_date <= periods.start_date
            and base.end_date >= periods.start_date
            and base.as_of >= periods.known_from
            and (periods.known_until is null or base.as_of < periods.known_until)
    group by base.person_key, base.as_of, base.certificate_id, periods.certificate_id
),

placed as (
    select
        *,
        row_number() over (
            partition by person_key, as_of order by issued_at asc nulls first, starts_on asc, certificate_id asc
        ) as turn
    from parts
),

summed as (
    select
        person_key,
        as_of,
        count(*) as certificates_count,
        count(distinct unit_id) as units_count,
        avg(period_days) as mean_certificate_days,
        max(case when turn = 1 then period_days end) as first_certificate_days,
        max(case when in_force then period_days end) as certificate_days,
        max(case when in_force then date_diff('day', starts_on, cast(issued_at as date)) end) as signing_delay_days,
        max(date_diff('day', starts_on, cast(issued_at as date))) as longest_signing_delay_days,
        max(case when in_force then date_diff('day', cast(issued_at as date), as_of) end) as since_signed_days,
        max(case when in_force then date_diff('day', starts_on, as_of) + 1 end) as into_certificate_days,
        sum(case when unit_id <> unit_now then 1 else 0 end) as other_unit_count
    from placed
    group by person_key, as_of
)

select
    base.person_key,
    base.as_of,
    cast(summed.certificates_count as integer) as certificates_count,
    base.n_doctors as doctors_count,
    cast(summed.units_count as integer) as units_count,
    cast(summed.other_unit_count as double) / nullif(summed.certificates_count, 0) as other_unit_share,
    summed.mean_certificate_days,
    cast(summed.first_certificate_days as integer) as first_certificate_days,
    cast(summed.certificate_days as integer) as certificate_days,
    summed.into_certificate_days,
    summed.since_signed_days,
    summed.signing_delay_days,
    summed.longest_signing_delay_days,
    certificates.prognosis,
    cast(certificates.prognosis_days as integer) as prognosis_days,
    certificates.prognosis_days
    - date_diff('day', cast(certificates.issued_at as date), base.as_of) as prognosis_left_days,
    base.occupation,
    certificates.measures,
    case
        when certificates.measures is null or certificates.measures in ('', 'EJ_AKTUELLT') then 0
        else length(certificates.measures) - length(replace(certificates.measures, '|', '')) + 1
    end as measures_count,
    units.kind as unit_kind,
    concat('m', lpad(cast(month(base.start_date) as varchar), 2, '0')) as start_month,
    concat('m', lpad(cast(month(base.as_of) as varchar), 2, '0')) as month_now
from base
inner join summed on base.person_key = summed.person_key and base.as_of = summed.as_of
left join ingest.certificates as certificates
    on
        base.certificate_id = certificates.certificate_id
        and base.person_key = certificates.person_key
        and base.as_of >= certificates.known_from
        and (certificates.known_until is null or base.as_of < certificates.known_until)
left join ingest.units as units on base.unit_id = units.unit_id
