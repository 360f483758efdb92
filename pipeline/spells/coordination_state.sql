-- table:   spells.coordination_state
-- grain:   one row per person_key, as_of with a spell in spells.ongoing and a coordination case known
-- inputs:  spells.ongoing, ingest.coordination
-- params:  none
-- known:   known_from <= as_of (< known_until); a start or an end after as_of is as good as none: it was written down
--          later. An answer counts from answer_known_from; until then an offer is pending
-- why:     what coordination is to a person at the moment, told once for the features and for the lists. A case is open
--          when accepted or started and not ended. What a returned list says belongs to the spell it was made in, as
--          in Rehabstöd, and its newest status counts; a no is remembered across spells
with told as (
    select
        o.person_key,
        o.as_of,
        o.start_date,
        c.case_id,
        c.status,
        c.end_reason,
        c.known_from,
        c.offered_on,
        case when c.answer_known_from is null or c.answer_known_from <= o.as_of then c.answer end as answer,
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
        ), false) as is_open,
        max(case
            when
                may_be_open and ended_on is null and started_on is null and coalesce(answer, 'pending') = 'pending'
                and (offered_on is not null or answer = 'pending')
                then said_on
        end) as pending_since,
        coalesce(bool_or(started_on is not null and ended_on is not null), false) as has_ended,
        max(case when answer = 'declined' then said_on end) as last_declined_on,
        max(case
            when lower(end_reason) in ('withdrawn', 'withdrew', 'consent withdrawn', 'återtaget samtycke')
                then ended_on
        end) as withdrawn_on,
        max(case when answer = 'accepted' or started_on is not null then said_on end) as last_accepted_on
    from told
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
    from told
    where status is not null and said_on >= start_date
)

select
    k.person_key,
    k.as_of,
    k.is_open or coalesce(m.status in ('active', 'follow_up'), false) as in_coordination,
    k.pending_since,
    k.has_ended as coordinated_before,
    k.last_declined_on,
    coalesce(k.withdrawn_on >= coalesce(k.last_accepted_on, k.withdrawn_on), false) as withdrawn,
    m.status as last_status
from cases as k
left join marks as m on k.person_key = m.person_key and k.as_of = m.as_of and m.newest = 1
