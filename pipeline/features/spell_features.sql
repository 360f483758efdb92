-- table:   features.spell_features
-- grain:   one row per person_key, as_of
-- inputs:  features.spell_course, features.certificates, features.diagnoses, features.history,
--          features.contacts, features.benefits, features.person
-- params:  none
-- known:   as the groups it joins, none of which reads a row known after as_of
-- why:     what the models see; a new feature is one column in its group, and comes along by itself
select
    course.*,
    certificates.* exclude (person_key, as_of),
    diagnoses.* exclude (person_key, as_of),
    history.* exclude (person_key, as_of),
    contacts.* exclude (person_key, as_of),
    benefits.* exclude (person_key, as_of),
    person.* exclude (person_key, as_of)
from features.spell_course as course
inner join features.certificates as certificates
    on course.person_key = certificates.person_key and course.as_of = certificates.as_of
inner join features.diagnoses as diagnoses
    on course.person_key = diagnoses.person_key and course.as_of = diagnoses.as_of
inner join features.history as history
    on course.person_key = history.person_key and course.as_of = history.as_of
inner join features.contacts as contacts
    on course.person_key = contacts.person_key and course.as_of = contacts.as_of
inner join features.benefits as benefits
    on course.person_key = benefits.person_key and course.as_of = benefits.as_of
inner join features.person as person
    on course.person_key = person.person_key and course.as_of = person.as_of
