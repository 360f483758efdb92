-- table:   features.contacts
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, ingest.contacts, ingest.diagnosis_groups
-- params:  none
-- known:   known_from <= as_of and started_at on or before as_of
-- why:     who is seen, by whom and for what; low care use before the spell with no sick leave behind means
--          that coordination changes little (SLL 2018), and the visits of the spell itself say nothing of that
with base as (
    select
        person_key,
        as_of,
        start_date
    from spells.ongoing
    where ongoing
),

recent as (
    select
        base.person_key,
        base.as_of,
        contacts.kind,
        contacts.profession,
        contacts.diagnoses,
        contacts.actions,
        cast(contacts.started_at as date) as started_on,
        date_diff('day', cast(contacts.started_at as date), base.as_of) as ago_days
    from base
    inner join ingest.contacts as contacts
        on
            base.person_key = contacts.person_key
            and base.as_of >= contacts.known_from
            and cast(contacts.started_at as date) <= base.as_of
            and cast(contacts.started_at as date) > base.as_of - 365
),

before_spell as (
    select
        base.person_key,
        base.as_of,
        count(*) as contacts_before_365d_count
    from base
    inner join ingest.contacts as contacts
        on
            base.person_key = contacts.person_key
            and base.as_of >= contacts.known_from
            and cast(contacts.started_at as date) <= base.as_of
            and cast(contacts.started_at as date) < base.start_date
            and cast(contacts.started_at as date) >= base.start_date - 365
    group by base.person_key, base.as_of
),

in_groups as (
    select
        written.diagnoses,
        bool_or(diagnosis_groups.target_group = 'mental') as is_mental,
        bool_or(diagnosis_groups.target_group = 'pain') as is_pain
    from (
        select distinct diagnoses from recent
        where diagnoses <> ''
    ) as written
    inner join ingest.diagnosis_groups as diagnosis_groups
        on concat('|', written.diagnoses) like concat('%|', diagnosis_groups.prefix, '%')
    group by written.diagnoses
),

counted as (
    select
        recent.person_key,
        recent.as_of,
        count(*) as contacts_365d_count,
        count_if(recent.ago_days < 90) as contacts_90d_count,
        count(distinct recent.started_on) as contact_days_365d_count,
        count_if(recent.profession = 'physician') as physician_365d_count,
        count_if(recent.profession = 'nurse') as nurse_365d_count,
        count_if(recent.profession = 'psychologist') as psychologist_365d_count,
        count_if(recent.profession = 'physiotherapist') as physiotherapist_365d_count,
        count_if(recent.profession = 'occupational') as occupational_365d_count,
        count_if(recent.profession = 'social') as social_365d_count,
        count_if(recent.profession = 'coordinator') as coordinator_365d_count,
        count_if(recent.profession = 'physician' and recent.ago_days < 90) as physician_90d_count,
        count_if(recent.profession = 'psychologist' and recent.ago_days < 90) as psychologist_90d_count,
        count_if(recent.profession = 'physiotherapist' and recent.ago_days < 90) as physiotherapist_90d_count,
        count_if(recent.kind = 'inpatient') as inpatient_365d_count,
        count_if(in_groups.is_mental) as mental_365d_count,
        count_if(in_groups.is_mental and recent.ago_days < 90) as mental_90d_count,
        count_if(in_groups.is_pain) as pain_365d_count,
        count_if(in_groups.is_pain and recent.ago_days < 90) as pain_90d_count,
        count_if(recent.diagnoses <> '' and in_groups.diagnoses is null) as other_365d_count,
        count_if(
            recent.diagnoses <> '' and in_groups.diagnoses is null and recent.ago_days < 90
        ) as other_90d_count,
        min(recent.ago_days) as since_contact_days
    from recent
    left join in_groups on recent.diagnoses = in_groups.diagnoses
    group by recent.person_key, recent.as_of
)

select
    base.person_key,
    base.as_of,
    cast(coalesce(counted.contacts_365d_count, 0) as integer) as contacts_365d_count,
    cast(coalesce(before_spell.contacts_before_365d_count, 0) as integer) as contacts_before_365d_count,
    cast(coalesce(counted.contacts_90d_count, 0) as integer) as contacts_90d_count,
    cast(coalesce(counted.contact_days_365d_count, 0) as integer) as contact_days_365d_count,
    cast(coalesce(counted.physician_365d_count, 0) as integer) as physician_contacts_365d_count,
    cast(coalesce(counted.nurse_365d_count, 0) as integer) as nurse_contacts_365d_count,
    cast(coalesce(counted.psychologist_365d_count, 0) as integer) as psychologist_contacts_365d_count,
    cast(coalesce(counted.physiotherapist_365d_count, 0) as integer) as physiotherapist_contacts_365d_count,
    cast(coalesce(counted.occupational_365d_count, 0) as integer) as occupational_contacts_365d_count,
    cast(coalesce(counted.social_365d_count, 0) as integer) as social_contacts_365d_count,
    cast(coalesce(counted.coordinator_365d_count, 0) as integer) as coordinator_contacts_365d_count,
    cast(coalesce(counted.physician_90d_count, 0) as integer) as physician_contacts_90d_count,
    cast(coalesce(counted.psychologist_90d_count, 0) as integer) as psychologist_contacts_90d_count,
    cast(coalesce(counted.physiotherapist_90d_count, 0) as integer) as physiotherapist_contacts_90d_count,
    cast(coalesce(counted.inpatient_365d_count, 0) as integer) as inpatient_contacts_365d_count,
    cast(coalesce(counted.mental_365d_count, 0) as integer) as mental_contacts_365d_count,
    cast(coalesce(counted.mental_90d_count, 0) as integer) as mental_contacts_90d_count,
    cast(coalesce(counted.pain_365d_count, 0) as integer) as pain_contacts_365d_count,
    cast(coalesce(counted.pain_90d_count, 0) as integer) as pain_contacts_90d_count,
    cast(coalesce(counted.other_365d_count, 0) as integer) as other_contacts_365d_count,
    cast(coalesce(counted.other_90d_count, 0) as integer) as other_contacts_90d_count,
    cast(counted.since_contact_days as integer) as since_contact_days
from base
left join counted on base.person_key = counted.person_key and base.as_of = counted.as_of
left join before_spell on base.person_key = before_spell.person_key and base.as_of = before_spell.as_of
