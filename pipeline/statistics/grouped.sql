-- table:   statistics.grouped
-- grain:   one row per person_key, as_of, provider_id, start_date
-- inputs:  statistics.spells, ingest.persons
-- params:  since (date)
-- known:   as statistics.spells; sex and month of birth do not change
-- why:     the groups that are counted, as the statistics service has them (pipeline/statistics/README.md): its
--          groups of length and of diagnosis with the chapters of ICD-10-SE in them, its five-year age groups and,
--          for units, wider ones made of those. Spells over before `since` are left out
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
),

named as (
    select
        *,
        case
            when age_months is null then 'unknown'
            when age_months < 16 * 12 then '0-15'
            when age_months < 21 * 12 then '16-20'
            when age_months < 26 * 12 then '21-25'
            when age_months < 31 * 12 then '26-30'
            when age_months < 36 * 12 then '31-35'
            when age_months < 41 * 12 then '36-40'
            when age_months < 46 * 12 then '41-45'
            when age_months < 51 * 12 then '46-50'
            when age_months < 56 * 12 then '51-55'
            when age_months < 61 * 12 then '56-60'
            when age_months < 66 * 12 then '61-65'
            else '66+'
        end as age_5,
        case
            when code is null then 'none'
            when code < 'C' then 'A00-B99'
            when code < 'D50' then 'C00-D48'
            when code < 'E' then 'D50-D89'
            when code < 'F' then 'E00-E90'
            when code < 'G' then 'F00-F99'
            when code < 'H' then 'G00-G99'
            when code < 'H60' then 'H00-H59'
            when code < 'I' then 'H60-H95'
            when code < 'J' then 'I00-I99'
            when code < 'K' then 'J00-J99'
            when code < 'L' then 'K00-K93'
            when code < 'M' then 'L00-L99'
            when code < 'N' then 'M00-M99'
            when code < 'O' then 'N00-N99'
            when code < 'P' then 'O00-O99'
            when code < 'Q' then 'P00-P96'
            when code < 'R' then 'Q00-Q99'
            when code < 'S' then 'R00-R99'
            when code < 'U' then 'S00-T98'
            when code < 'V' then 'U00-U99'
            when code < 'Z' then 'V01-Y98'
            else 'Z00-Z99'
        end as chapter
    from aged
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
    age_5,
    case
        when age_5 in ('0-15', '16-20', '21-25') then '0-25'
        when age_5 in ('26-30', '31-35') then '26-35'
        when age_5 in ('36-40', '41-45') then '36-45'
        when age_5 in ('46-50', '51-55') then '46-55'
        when age_5 = 'unknown' then 'unknown'
        else '56+'
    end as age,
    chapter,
    case
        when chapter in ('F00-F99', 'M00-M99', 'O00-O99', 'R00-R99', 'Z00-Z99', 'none') then chapter
        when chapter in ('P00-P96', 'Q00-Q99', 'S00-T98', 'U00-U99', 'V01-Y98') then 'other'
        else 'A00-E90'
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
        else '731+'
    end as length
from named
