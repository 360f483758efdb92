-- table:   moments.final
-- grain:   one row per person_key
-- inputs:  moments.training
-- params:  cut (date)
-- known:   nothing is read but who was asked about
-- why:     the outcome is the same spell as known at the end: the spells SQL asked once more, at the cut
select distinct
    person_key,
    cast($cut as date) as as_of
from moments.training
