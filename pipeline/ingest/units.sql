-- table:  ingest.units
-- grain:  one row per unit_id
-- inputs: raw.units
-- params: none
-- known:  always; a unit is a place, not an event
-- why:    who treats, where, and how many patients the coordinators can take
select
    unit_id,
    provider_id,
    parent_id,
    name,
    municipality,
    kind,
    list_size,
    capacity_per_week
from raw.units
