-- table:   worklist.candidates
-- grain:   one row per person_key, as_of with a spell in spells.ongoing (with days_since_end, also one just ended)
-- inputs:  spells.ongoing, ingest.persons, ingest.units, ingest.certificates, ingest.coordination
-- params:  declined_days (days that an unanswered offer keeps a person off the list, region.toml [worklist])
-- known:   certificates and coordination known_from <= as_of (< known_until); a date after as_of has not happened
-- why:     what rules.py needs to say who may be on a list, and what the list shows of the spell; the rules
--          themselves are in rules.py. A coordination case is open when accepted or started and not ended. What a
--          returned list says belongs to the spell it was made in, as in Rehabstöd, and its newest status counts;
--          a no is remembered across spells
with known_cases as (
    select
        o.person_key,
        o.as_of,
        o.start_date,
        c.case_id,
        c.answer,
        c.status,
        c.end_reason,
        c.known_from,
        c.offered_on,
        case when c.started_on <= o.as_of then c.started_on end as started_on,
        case when c.ended_on <= o.as_of then c.ended_on end as ended_on,
        coalesce(c.offered_on, c.started_on, c.known_from) as said_on,
        -- can still be open: not a mark of an earlier spell, nor one that closes
        coalesce(c.source, 'register') <> 'worklist' or (
            coalesce(c.offered_on, c.known_from) >= o.start_date
            and coalesce(c.status, '') not in ('closed', 'no_action', 'medical_rehab', 'declined')
        ) as may_be_open
    from spells.ongoing as o
    inner join ingest.coordination as c on o.person_key = c.person_key
    where
        c.known_from <= o.as_of and (c.known_until is null or c.known_until > o.as_of)
        and (c.offered_on is null or c.offered_on <= o.as_of)
),

cases as (
    select
        person_key,
        as_of,
        coalesce(bool_or(
            may_be_open and ended_on is null and (answer = 'accepted' or started_on is not null)
            and coalesce(answer, 'accepted') <> 'declined'
        ), false) as in_coordination,
        coalesce(bool_or(
            may_be_open and ended_on is null and started_on is null and coalesce(answer, 'pending') = 'pending'
            and (offered_on is not null or answer = 'pending')
            and date_diff('day', said_on, as_of) < $declined_days
        ), false) as pending,
        max(case when answer = 'declined' then said_on end) as last_declined_on,
        max(case
            when lower(end_reason) in ('withdrawn', 'withdrew', 'consent withdrawn', 'återtaget samtycke')
                then ended_on
        end) as withdrawn_on,
        max(case when answer = 'accepted' or started_on is not null then said_on end) as last_accepted_on
    from known_cases
    group by person_key, as_of
),

marks as (
    select
        person_key,
        as_of,
        status,
        row_number() over (
            partition by person_key, as_of order by known_from desc, said_on desc, case_id desc
        ) as newest
    from known_cases
    where status is not null and said_on >= start_date
),

assessed as (
    select
        o.person_key,
        o.as_of,
        coalesce(bool_or(c.doctor_id is not null or c.form in ('FK7804', 'FK7263')), false) as has_physician
    from spells.ongoing as o
    inner join ingest.certificates as c on o.certificate_id = c.certificate_id
    where c.known_from <= o.as_of and (c.known_until is null or c.known_until > o.as_of)
    group by o.person_key, o.as_of
)

select
    o.spell_id,
    o.person_key,
    o.as_of,
    o.unit_id,
    issuing.name as unit_name,
    issuing.kind as unit_kind,
    issuing.provider_id,
    issuing.capacity_per_week,
    issuing.unit_id is not null as unit_known,
    p.listed_unit_id,
    listed.name as listed_unit_name,
    listed.kind as listed_unit_kind,
    listed.provider_id as listed_provider_id,
    listed.capacity_per_week as listed_capacity_per_week,
    listed.unit_id is not null as listed_unit_known,
    p.sex,
    p.birth_month,
    coalesce(p.protected, false) as protected,
    coalesce(p.deceased_on <= o.as_of, false) as deceased,
    coalesce(p.emigrated_on <= o.as_of, false) as emigrated,
    not o.ongoing as ended,
    coalesce(a.has_physician, false) as has_physician,
    coalesce(k.in_coordination, false) or coalesce(m.status in ('active', 'follow_up'), false) as in_coordination,
    coalesce(k.pending, false) or coalesce(m.status = 'contacted', false) as pending,
    k.last_declined_on,
    coalesce(k.withdrawn_on >= coalesce(k.last_accepted_on, k.withdrawn_on), false) as withdrawn,
    m.status as last_status,
    o.start_date,
    o.end_date,
    o.day,
    o.chain_day,
    o.degree,
    o.diagnosis,
    o.target_group
from spells.ongoing as o
left join ingest.persons as p on o.person_key = p.person_key
left join ingest.units as issuing on o.unit_id = issuing.unit_id
left join ingest.units as listed on p.listed_unit_id = listed.unit_id
left join cases as k on o.person_key = k.person_key and o.as_of = k.as_of
left join marks as m on o.person_key = m.person_key and o.as_of = m.as_of and m.newest = 1
left join assessed as a on o.person_key = a.person_key and o.as_of = a.as_of
