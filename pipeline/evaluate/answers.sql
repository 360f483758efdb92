-- table:   evaluate.answers
-- grain:   one row per person_key, as_of, instrument, item, month
-- inputs:  evaluate.cohort, evaluate.followed, ingest.questionnaires
-- params:  cut (date), slack_days (days)
-- known:   known_from <= cut
-- why:     questionnaires at time zero, half a year and a year: of each the answer nearest in time, at most
--          slack_days away; of two as near the earlier
with due as (
    select
        cohort.person_key,
        cohort.as_of,
        cohort.withdrew_on,
        unnest(generate_series(0, 2)) as turn
    from evaluate.cohort as cohort
    inner join evaluate.followed as followed
        on cohort.person_key = followed.person_key and cohort.as_of = followed.as_of
),

dated as (
    select
        person_key,
        as_of,
        withdrew_on,
        cast(turn * 6 as integer) as month,
        as_of + cast(turn * 182 as integer) as due_on
    from due
),

near as (
    select
        dated.person_key,
        dated.as_of,
        dated.month,
        answers.instrument,
        answers.item,
        answers.value,
        row_number() over (
            partition by dated.person_key, dated.as_of, dated.month, answers.instrument, answers.item
            order by abs(date_diff('day', dated.due_on, answers.answered_on)), answers.answered_on, answers.value
        ) as place
    from dated
    inner join ingest.questionnaires as answers
        on
            dated.person_key = answers.person_key
            and answers.known_from <= $cut
            and abs(date_diff('day', dated.due_on, answers.answered_on)) <= $slack_days
            and (dated.withdrew_on is null or answers.answered_on < dated.withdrew_on)
            -- the first answer is a baseline only if it was given before the arms could differ
            and (dated.month > 0 or answers.answered_on <= dated.as_of + 14)
)

select
    person_key,
    as_of,
    instrument,
    item,
    month,
    value
from near
where place = 1
