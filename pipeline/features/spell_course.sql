-- table:   features.spell_course
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, spells.certificate_segments
-- params:  none
-- known:   as spells.certificate_segments; days after as_of enter only as what was certified ahead by then
-- why:     how long, how much and how evenly: the course so far is the strongest sign of the course to come
with base as (
    select
        spell_id,
        person_key,
        as_of,
        unit_id,
        start_date,
        end_date,
        degree,
        day,
        chain_day
    from spells.ongoing
    where ongoing
),

steps as (
    select
        base.person_key,
        base.as_of,
        segments.start_date,
        segments.end_date,
        segments.degree,
        base.degree as degree_now,
        lag(segments.degree) over in_order as degree_before,
        lead(segments.degree) over in_order as degree_after,
        lag(segments.end_date) over in_order as end_before
    from base
    inner join spells.certificate_segments as segments
        on
            base.person_key = segments.person_key
            and base.as_of = segments.as_of
            and base.start_date <= segments.start_date
            and base.end_date >= segments.end_date
    window in_order as (partition by base.person_key, base.as_of order by segments.start_date)
),

course as (
    select
        person_key,
        as_of,
        sum(
            case when start_date <= as_of then date_diff('day', start_date, least(end_date, as_of)) + 1 else 0 end
        ) as certified_so_far_days,
        sum(
            case
                when start_date <= as_of
                    then (date_diff('day', start_date, least(end_date, as_of)) + 1) * degree
                else 0
            end
        ) as degree_days,
        max(case when degree_before is null then degree end) as first_degree,
        max(case when degree_after is null then degree end) as last_degree,
        max(case when start_date <= as_of then degree end) as highest_degree,
        min(case when start_date <= as_of then degree end) as lowest_degree,
        sum(case when start_date <= as_of and degree < degree_before then 1 else 0 end) as steps_down_count,
        sum(case when start_date <= as_of and degree > degree_before then 1 else 0 end) as steps_up_count,
        max(case when start_date <= as_of and degree <> degree_before then start_date end) as last_step_on,
        max(case when start_date > as_of and degree < degree_now then 1 else 0 end) as planned_step_down,
        sum(
            case when start_date <= as_of and date_diff('day', end_before, start_date) > 1 then 1 else 0 end
        ) as gaps_count
    from steps
    group by person_key, as_of
)

select
    base.spell_id,
    base.person_key,
    base.as_of,
    base.unit_id,
    base.day,
    base.chain_day,
    base.degree,
    date_diff('day', base.as_of, base.end_date) as certified_days_ahead,
    cast(course.certified_so_far_days as integer) as certified_so_far_days,
    cast(course.degree_days as double) / 100.0 as net_so_far_days,
    cast(course.degree_days as double) / (100.0 * nullif(course.certified_so_far_days, 0)) as mean_degree_share,
    base.day - cast(course.certified_so_far_days as integer) as uncertified_days,
    cast(course.gaps_count as integer) as gaps_count,
    course.first_degree,
    course.highest_degree,
    course.lowest_degree,
    course.last_degree as certified_end_degree,
    cast(course.steps_down_count as integer) as degree_steps_down_count,
    cast(course.steps_up_count as integer) as degree_steps_up_count,
    date_diff('day', coalesce(course.last_step_on, base.start_date), base.as_of) + 1 as at_this_degree_days,
    course.planned_step_down
from base
inner join course on base.person_key = course.person_key and base.as_of = course.as_of
