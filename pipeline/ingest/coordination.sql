-- table:  ingest.coordination
-- grain:  one row per case_id, known_from
-- inputs: raw.coordination, raw.returns, ingest.persons, ingest.units
-- params: none
-- known:  known_from = recorded, else offered, else started, of a changed case the day of the delivery that changed it,
--         until which (known_until) the case counts as it was; of a worklist, the day it came back, until it says
--         other. A register keeps the day a case was first recorded: its answer counts (answer_known_from) from the
--         start of the coordination, else the recording, at the latest from the delivery that brought it
-- why:    the coordinators' register and what they filled in on returned worklists, in one table
with register as (
    select
        c.*,
        coalesce(c.known_on, cast(c.recorded_at as date), c.offered_on, c.started_on) as known_from,
        least(coalesce(c.started_on, cast(c.recorded_at as date), c.delivery), c.delivery) as answered_by
    from raw.coordination as c
)

select
    c.case_id,
    c.person_key,
    c.unit_id,
    c.offered_on,
    c.answer,
    c.started_on,
    c.ended_on,
    c.end_reason,
    c.external_consent,
    c.known_from,
    c.superseded_on as known_until,
    case
        when c.answer = 'pending' then c.known_from
        when c.answer is not null then greatest(c.known_from, c.answered_by)
    end as answer_known_from,
    cast(null as varchar) as status,
    'register' as source
from register as c
where
    exists (select 1 from ingest.persons as p where p.person_key = c.person_key)
    and (c.unit_id is null or exists (select 1 from ingest.units as u where u.unit_id = c.unit_id))
union all
select
    r.case_id,
    r.person_key,
    r.unit_id,
    r.offered_on,
    r.answer,
    cast(null as date) as started_on,
    cast(null as date) as ended_on,
    cast(null as varchar) as end_reason,
    r.external_consent,
    r.returned_on as known_from,
    r.superseded_on as known_until,
    case when r.answer is not null then r.returned_on end as answer_known_from,
    r.status,
    'worklist' as source
from raw.returns as r
where exists (select 1 from ingest.persons as p where p.person_key = r.person_key)
