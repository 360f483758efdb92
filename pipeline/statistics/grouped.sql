-- table:   statistics.grouped
-- grain:   one row per person_key, as_of, provider_id, start_date
-- inputs:  statistics.spells, ingest.persons
-- params:  since (date)
-- known:   as statistics.spells; sex and month of birth do not change
-- why:     the groups that are counted, as the statistics service has them (pipeline/statistics/README.md): two of its
--          five-year age groups in one, its groups of diagnosis and of length. Spells over before `since` are left out
with aged as (
    select
        spells.person_key,
        spells.as_of,
        spells.provider_id,
        spells.unit_id,
        persons.sex,
        spells.start_date,
        spells.end_date,
        spells.days,
        spells.ongoing,
        spells.degree,
        case when spells.diagnosis is null or spells.diagnosis = '' then null else spells.diagnosis end as code,
        case
            when persons.birth_month is not null
                then
                    year(least(spells.as_of, spells.end_date)) * 12 + month(least(spells.as_of, spells.end_date))
                    - year(persons.birth_month) * 12 - month(persons.birth_month)
        end as age_months
    from statistics.spells as spells
    left join ingest.persons as persons on spells.person_key = persons.person_key
    where spells.end_date >= $since
)

select
    person_key,
    as_of,
    provider_id,
    unit_id,
    sex,
    start_date,
    end_date,
    days,
    ongoing,
    case
        when age_months is null then 'unknown'
        when age_months < 26 * 12 then '0-25'
        when age_months < 36 * 12 then '26-35'
        when age_months < 46 * 12 then '36-45'
        when age_months < 56 * 12 then '46-55'
        else '56-'
    end as age,
    case
        when code is null then 'none'
        when code < 'F' then 'A00-E90'
        when code < 'G' then 'F00-F99'
        when code < 'M' then 'A00-E90'
        when code < 'N' then 'M00-M99'
        when code < 'O' then 'A00-E90'
        when code < 'P' then 'O00-O99'
        when code < 'R' then 'other'
        when code < 'S' then 'R00-R99'
        when code < 'Z' then 'other'
        else 'Z00-Z99'
    end as diagnosis,
    cast(degree as varchar) as degree,
    case
        when days < 15 then '0-14'
        when days < 31 then '15-30'
        when days < 61 then '31-60'
        when days < 91 then '61-90'
        when days < 181 then '91-180'
        when days < 365 then '181-364'
        when days < 731 then '365-730'
        else '731-'
    end as length
from aged
