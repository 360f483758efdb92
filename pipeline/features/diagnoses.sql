-- table:   features.diagnoses
-- grain:   one row per person_key, as_of
-- inputs:  spells.ongoing, ingest.certificate_periods, ingest.certificates
-- params:  none
-- known:   known_from <= as_of < known_until
-- why:     the diagnosis carries most of what is known about length; ICD-10-SE chapters by WHO's ranges
with base as (
    select
        person_key,
        as_of,
        start_date,
        end_date,
        certificate_id,
        target_group,
        diagnosis
    from spells.ongoing
    where ongoing
),

spell_codes as (
    select
        base.person_key,
        base.as_of,
        left(periods.diagnosis_1, 3) as code,
        row_number() over (
            partition by base.person_key, base.as_of
            order by
                periods.issued_at asc nulls first, periods.start_date asc, periods.certificate_id asc
        ) as turn
    from base
    inner join ingest.certificate_periods as periods
        on
            base.person_key = periods.person_key
            and base.start_date <= periods.start_date
            and base.end_date >= periods.start_date
            and base.as_of >= periods.known_from
            and (periods.known_until is null or base.as_of < periods.known_until)
),

course as (
    select
        person_key,
        as_of,
        count(distinct code) as spell_diagnoses_count,
        max(case when turn = 1 then code end) as first_code
    from spell_codes
    group by person_key, as_of
),

coded as (
    select
        base.person_key,
        base.as_of,
        base.target_group,
        base.diagnosis as code_1,
        certificates.diagnosis_2 as code_2,
        certificates.diagnosis_3 as code_3,
        course.spell_diagnoses_count,
        course.first_code
    from base
    inner join course on base.person_key = course.person_key and base.as_of = course.as_of
    left join ingest.certificates as certificates
        on
            base.certificate_id = certificates.certificate_id
            and base.person_key = certificates.person_key
            and base.as_of >= certificates.known_from
            and (certificates.known_until is null or base.as_of < certificates.known_until)
)

select
    person_key,
    as_of,
    target_group,
    case
        when code_1 is null or code_1 = '' then null
        when code_1 < 'C' then 'A00-B99'
        when code_1 < 'D5' then 'C00-D48'
        when code_1 < 'E' then 'D50-D89'
        when code_1 < 'F' then 'E00-E90'
        when code_1 < 'G' then 'F00-F99'
        when code_1 < 'H' then 'G00-G99'
        when code_1 < 'H6' then 'H00-H59'
        when code_1 < 'I' then 'H60-H95'
        when code_1 < 'J' then 'I00-I99'
        when code_1 < 'K' then 'J00-J99'
        when code_1 < 'L' then 'K00-K93'
        when code_1 < 'M' then 'L00-L99'
        when code_1 < 'N' then 'M00-M99'
        when code_1 < 'O' then 'N00-N99'
        when code_1 < 'P' then 'O00-O99'
        when code_1 < 'Q' then 'P00-P96'
        when code_1 < 'R' then 'Q00-Q99'
        when code_1 < 'S' then 'R00-R99'
        when code_1 < 'U' then 'S00-T98'
        when code_1 < 'V' then 'U00-U99'
        when code_1 < 'Z' then 'V01-Y98'
        else 'Z00-Z99'
    end as diagnosis_chapter,
    left(code_1, 3) as diagnosis_3,
    left(code_1, 4) as diagnosis_4,
    case when code_2 is null or code_2 = '' then null else left(code_2, 1) end as second_chapter,
    left(code_2, 3) as second_3,
    case when code_1 is null or code_1 = '' then 0 else 1 end
    + case when code_2 is null or code_2 = '' then 0 else 1 end
    + case when code_3 is null or code_3 = '' then 0 else 1 end as diagnoses_count,
    cast(spell_diagnoses_count as integer) as spell_diagnoses_count,
    case
        when first_code is null or code_1 is null then null
        when first_code = left(code_1, 3) then 0
        else 1
    end as diagnosis_changed
from coded
