-- table:   evaluate.relapses
-- grain:   one row per person_key, as_of, start_date
-- inputs:  evaluate.cohort, evaluate.followed, spells.final_spells
-- params:  follow_days (days, protocol follow_up.days)
-- known:   the future, on purpose: as evaluate.followed
-- why:     sick leave that began again after time zero, while the person was followed
select
    cohort.person_key,
    cohort.as_of,
    final_spells.start_date,
    cast(date_diff('day', cohort.as_of, final_spells.start_date) as integer) as after_days
from evaluate.cohort as cohort
inner join evaluate.followed as followed
    on cohort.person_key = followed.person_key and cohort.as_of = followed.as_of
inner join spells.final_spells as final_spells
    on
        cohort.person_key = final_spells.person_key
        and final_spells.start_date > cohort.as_of
        and date_diff('day', cohort.as_of, final_spells.start_date) <= followed.followed_days
        and date_diff('day', cohort.as_of, final_spells.start_date) <= $follow_days
