-- table:   features.history
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, spells.spells, spells.certificate_segments
-- params:  none
-- known:   as spells.spells: earlier spells as they were known at the moment
-- why:     earlier sick leave is what lengthens the next, and what coordination helped most with (SLL 2017);
--          windows are days before this spell began, not before the moment, so that they do not move
with base as (
    select
        person_key,
        as_of,
        start_date,
        left(diagnosis, 3) as code,
        left(diagnosis, 1) as chapter
    from spells.ongoing
    where ongoing
),

earlier as (
    select
        base.person_key,
        base.as_of,
        base.start_date as this_start,
        base.code,
        base.chapter,
        spells.end_date,
        spells.days,
        spells.diagnosis,
        date_diff('day', spells.end_date, base.start_date) as before_days
    from base
    inner join spells.spells as spells
        on
            base.person_key = spells.person_key
            and base.as_of = spells.as_of
            and base.start_date > spells.end_date
),

spell_counts as (
    select
        person_key,
        as_of,
        count_if(before_days <= 730) as spells_24m_count,
        count_if(before_days <= 365) as spells_12m_count,
        count_if(before_days <= 730 and days > 14) as long_spells_24m_count,
        count_if(before_days <= 365 and days > 14) as long_spells_12m_count,
        count_if(before_days <= 730 and days > 90) as spells_over_90_days_24m_count,
        count_if(before_days <= 730 and left(diagnosis, 3) = code) as same_diagnosis_24m_count,
        count_if(before_days <= 730 and left(diagnosis, 1) = chapter) as same_letter_24m_count,
        count_if(before_days <= 730 and left(diagnosis, 1) = 'F') as mental_24m_count,
        count_if(before_days <= 730 and left(diagnosis, 1) = 'M') as musculoskeletal_24m_count,
        max(case when before_days <= 730 then days end) as longest_24m_days,
        min(before_days) - 1 as since_last_spell_days,
        sum(case when before_days <= 365 and days > 14 then days else 0 end) as long_spell_days_12m
    from earlier
    group by person_key, as_of
),

day_counts as (
    select
        base.person_key,
        base.as_of,
        sum(
            date_diff('day', greatest(segments.start_date, base.start_date - 730), segments.end_date) + 1
        ) as spell_days_24m,
        sum(
            (date_diff('day', greatest(segments.start_date, base.start_date - 730), segments.end_date) + 1)
            * segments.degree
        ) as degree_days_24m,
        sum(
            case
                when segments.end_date >= base.start_date - 365
                    then
                        date_diff(
                            'day', greatest(segments.start_date, base.start_date - 365), segments.end_date
                        ) + 1
                else 0
            end
        ) as spell_days_12m
    from base
    inner join spells.certificate_segments as segments
        on
            base.person_key = segments.person_key
            and base.as_of = segments.as_of
            and base.start_date > segments.end_date
            and segments.end_date >= base.start_date - 730
    group by base.person_key, base.as_of
)

select
    base.person_key,
    base.as_of,
    cast(coalesce(spell_counts.spells_24m_count, 0) as integer) as spells_24m_count,
    cast(coalesce(spell_counts.spells_12m_count, 0) as integer) as spells_12m_count,
    cast(coalesce(spell_counts.long_spells_24m_count, 0) as integer) as long_spells_24m_count,
    cast(coalesce(spell_counts.long_spells_12m_count, 0) as integer) as long_spells_12m_count,
    cast(coalesce(spell_counts.spells_over_90_days_24m_count, 0) as integer) as spells_over_90_days_24m_count,
    cast(coalesce(spell_counts.same_diagnosis_24m_count, 0) as integer) as same_diagnosis_24m_count,
    cast(coalesce(spell_counts.same_letter_24m_count, 0) as integer) as same_letter_24m_count,
    cast(coalesce(spell_counts.mental_24m_count, 0) as integer) as mental_spells_24m_count,
    cast(coalesce(spell_counts.musculoskeletal_24m_count, 0) as integer) as musculoskeletal_spells_24m_count,
    cast(coalesce(spell_counts.longest_24m_days, 0) as integer) as longest_spell_24m_days,
    cast(spell_counts.since_last_spell_days as integer) as since_last_spell_days,
    cast(coalesce(spell_counts.long_spell_days_12m, 0) as integer) as long_spell_12m_days,
    cast(coalesce(day_counts.spell_days_24m, 0) as integer) as spell_days_24m,
    cast(coalesce(day_counts.spell_days_12m, 0) as integer) as spell_days_12m,
    cast(coalesce(day_counts.degree_days_24m, 0) as double) / 100.0 as spell_net_days_24m
from base
left join spell_counts
    on base.person_key = spell_counts.person_key and base.as_of = spell_counts.as_of
left join day_counts
    on base.person_key = day_counts.person_key and base.as_of = day_counts.as_of
