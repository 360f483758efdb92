-- table:  ingest.persons
-- grain:  one row per person_key
-- inputs: raw.persons
-- params: none
-- known:  delivered_on, the first delivery a person came in; what is said is the newest delivery's
-- why:    no number and no name: these stay in the vault. Sex is the number's where the sender left it blank
select
    person_key,
    coalesce(sex, number_sex) as sex,
    birth_month,
    listed_unit_id,
    deceased_on,
    emigrated_on,
    coalesce(protected, false) as protected,
    first_delivery as delivered_on
from raw.persons
