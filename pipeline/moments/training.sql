-- table:   moments.training
-- grain:   one row per person_key, as_of
-- inputs:  ingest.certificate_periods
-- params:  first (date), last (date), person_share (share of persons, 0-1), day_share (share of days, 0-1)
-- known:   a day counts when a period covering it was known on that very day: that night would have met it
-- why:     a model should learn from what the night meets: certified days of the past, spells that were
--          revoked later too, drawn by arithmetic on the key and the day that every engine does alike
--          (pipeline/moments/README.md#draw)
with chosen as (
    select
        person_key,
        (person_key % 2147483647 + 2147483647) % 2147483647 as draw,
        greatest(start_date, known_from, $first) as first_day,
        least(end_date, coalesce(known_until - 1, end_date), $last) as last_day
    from ingest.certificate_periods
    where
        end_date >= $first
        and start_date <= $last
        and (person_key % 999983 + 999983) % 999983 < $person_share * 999983
),

days as (
    select
        person_key,
        draw,
        unnest(generate_series(0, date_diff('day', first_day, last_day))) as step,
        first_day
    from chosen
    where first_day <= last_day
),

dated as (
    select
        person_key,
        draw,
        first_day + cast(step as integer) as as_of,
        (draw + 48271 * (date_diff('day', cast('1970-01-01' as date), first_day) + step)) % 2147483647 as mix
    from days
),

stirred as (
    -- two rounds of squaring, each below 2^62, so that neighbouring days do not follow one another
    select
        person_key,
        as_of,
        draw,
        (mix * mix + 16807 * draw) % 2147483647 as mix
    from dated
)

select distinct
    person_key,
    as_of
from stirred
where (mix * mix + draw) % 2147483647 < $day_share * 2147483647
