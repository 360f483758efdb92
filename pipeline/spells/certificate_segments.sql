-- table:   spells.certificate_segments
-- grain:   one row per person_key, as_of, start_date; no two overlap
-- inputs:  ingest.certificate_periods, moments.asked
-- params:  none
-- known:   known_from <= as_of < known_until
-- why:     a day has one degree: where certificates overlap, the one signed last rules
--          (tie: the greater certificate_id, then the later period); pipeline/spells/README.md#overlap
with spans as (
    select
        periods.person_key,
        asked.as_of,
        periods.start_date,
        periods.end_date
    from ingest.certificate_periods as periods
    inner join moments.asked as asked
        on
            periods.person_key = asked.person_key
            and periods.known_from <= asked.as_of
            and (periods.known_until is null or periods.known_until > asked.as_of)
),

neighbours as (
    select
        person_key,
        as_of,
        start_date,
        end_date,
        max(end_date) over (
            partition by person_key, as_of order by start_date, end_date
            rows between unbounded preceding and 1 preceding
        ) as covered_until,
        lead(start_date) over (
            partition by person_key, as_of order by start_date, end_date
        ) as next_start
    from spans
),

numbered as (
    select
        person_key,
        as_of,
        start_date,
        end_date,
        sum(case when covered_until >= start_date then 0 else 1 end) over (
            partition by person_key, as_of
            -- of equal periods the one that opened the cluster comes first, else the sum counts it late
            order by start_date asc, end_date asc, covered_until asc nulls first
            rows between unbounded preceding and current row
        ) as cluster_number
    from neighbours
    where covered_until >= start_date or next_start <= end_date
),

clusters as (
    -- runs of periods that overlap: only there must days be weighed, all other periods pass untouched
    select
        person_key,
        as_of,
        min(start_date) as cluster_start,
        max(end_date) as cluster_end
    from numbered
    group by person_key, as_of, cluster_number
),

rivals as (
    select
        periods.person_key,
        clusters.as_of,
        clusters.cluster_start,
        periods.start_date,
        periods.end_date,
        periods.degree,
        periods.certificate_id,
        periods.unit_id,
        row_number() over (
            partition by periods.person_key, clusters.as_of, clusters.cluster_start
            order by
                periods.issued_at asc nulls first, periods.certificate_id asc nulls first,
                periods.start_date asc, periods.end_date asc, periods.degree asc
        ) as weight
    from ingest.certificate_periods as periods
    inner join clusters
        on
            periods.person_key = clusters.person_key
            and periods.start_date >= clusters.cluster_start
            and periods.start_date <= clusters.cluster_end
            and periods.known_from <= clusters.as_of
            and (periods.known_until is null or periods.known_until > clusters.as_of)
),

cuts as (
    select
        person_key,
        as_of,
        cluster_start,
        start_date as cut
    from rivals
    union
    select
        person_key,
        as_of,
        cluster_start,
        end_date + 1 as cut
    from rivals
),

pieces as (
    select
        person_key,
        as_of,
        cluster_start,
        cut as piece_start,
        lead(cut) over (partition by person_key, as_of, cluster_start order by cut) - 1 as piece_end
    from cuts
),

ruled as (
    select
        pieces.person_key,
        pieces.as_of,
        pieces.cluster_start,
        pieces.piece_start,
        pieces.piece_end,
        max(rivals.weight) as weight
    from pieces
    inner join rivals
        on
            pieces.person_key = rivals.person_key
            and pieces.as_of = rivals.as_of
            and pieces.cluster_start = rivals.cluster_start
            and pieces.piece_start >= rivals.start_date
            and pieces.piece_end <= rivals.end_date
    group by pieces.person_key, pieces.as_of, pieces.cluster_start, pieces.piece_start, pieces.piece_end
),

turns as (
    select
        person_key,
        as_of,
        cluster_start,
        piece_start,
        piece_end,
        weight,
        case when lag(weight) over in_order = weight then 0 else 1 end as begins
    from ruled
    window in_order as (partition by person_key, as_of, cluster_start order by piece_start)
),

stretches as (
    select
        person_key,
        as_of,
        cluster_start,
        piece_start,
        piece_end,
        weight,
        sum(begins) over (
            partition by person_key, as_of, cluster_start order by piece_start
            rows between unbounded preceding and current row
        ) as stretch_number
    from turns
),

weighed as (
    select
        person_key,
        as_of,
        cluster_start,
        max(weight) as weight,
        min(piece_start) as start_date,
        max(piece_end) as end_date
    from stretches
    group by person_key, as_of, cluster_start, stretch_number
)

select
    periods.person_key,
    asked.as_of,
    periods.start_date,
    periods.end_date,
    periods.degree,
    periods.certificate_id,
    periods.unit_id
from ingest.certificate_periods as periods
inner join moments.asked as asked
    on
        periods.person_key = asked.person_key
        and periods.known_from <= asked.as_of
        and (periods.known_until is null or periods.known_until > asked.as_of)
left join clusters
    on
        periods.person_key = clusters.person_key
        and asked.as_of = clusters.as_of
        and periods.start_date >= clusters.cluster_start
        and periods.start_date <= clusters.cluster_end
where clusters.person_key is null
union all
select
    weighed.person_key,
    weighed.as_of,
    weighed.start_date,
    weighed.end_date,
    rivals.degree,
    rivals.certificate_id,
    rivals.unit_id
from weighed
inner join rivals
    on
        weighed.person_key = rivals.person_key
        and weighed.as_of = rivals.as_of
        and weighed.cluster_start = rivals.cluster_start
        and weighed.weight = rivals.weight
