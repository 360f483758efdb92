-- table:   moments.nightly
-- grain:   one row per person_key
-- inputs:  ingest.certificate_periods
-- params:  as_of (date)
-- known:   known_from <= as_of < known_until: what could be read that night
-- why:     the night asks about everyone with a certified day known by then, ended spells too:
--          the spells table is for statistics as well as for the list (pipeline/moments/README.md)
select distinct
    person_key,
    cast($as_of as date) as as_of
from ingest.certificate_periods
where known_from <= $as_of and (known_until is null or known_until > $as_of)
