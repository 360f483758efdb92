-- table:   spells.shown_elsewhere
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, spells.unit_spells, ingest.units
-- params:  none
-- known:   as spells.ongoing and spells.unit_spells
-- why:     beside each ongoing spell, what Rehabstöd's screen of the care unit of the certificate in force says of it;
--          blank where it shows nobody. A list tells both where they differ (docs/spells.md)
select
    o.person_key,
    o.as_of,
    o.days,
    o.chain_day,
    screens.start_date as screen_start,
    screens.days as screen_days
from spells.ongoing as o
left join ingest.units as units on o.unit_id = units.unit_id
left join ingest.units as parents
    on
        units.parent_id = parents.unit_id
        and coalesce(units.provider_id, '') = coalesce(parents.provider_id, '')
left join spells.unit_spells as screens
    on
        o.person_key = screens.person_key
        and o.as_of = screens.as_of
        and coalesce(parents.unit_id, units.unit_id) = screens.care_unit_id
