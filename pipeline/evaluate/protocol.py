"""What a study fixes before its outcomes are read: the fields of a protocol file, as frozen dataclasses.

A field's comment is its help text: it goes into the JSON schema that editors show (protocol_schema.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

PREVENTABLE = "preventable_days"  # what the lists rank by: expected net days that an offer now would save

Came = Literal[
    "randomised", "offered", "concurrent controls", "matched", "emulated trial", "stepped by unit", "natural experiment"
]  # fmt: skip


@dataclass(frozen=True)
class Words:
    """A text in both languages of the report."""

    sv: str  # in Swedish
    en: str  # in English


@dataclass(frozen=True)
class Step:
    """One condition for taking part, judged at time zero."""

    name: Words  # what the flow diagram calls it
    where: str  # over the cohort's columns, as SQL: age_years between 18 and 64


@dataclass(frozen=True)
class Population:
    """Who is looked at, and when time zero is."""

    source: Literal["enrolments", "weekly", "package", "csv"]  # the study's list, every ongoing spell, a data package, a file
    study_id: str = ""  # enrolments: the study's name in the extract
    since: date | None = None  # weekly: first time zero
    until: date | None = None  # weekly: last time zero
    every_days: int = 7  # weekly: days from one time zero to the next
    package: str = ""  # package: name of an installed Python package with data()
    data: str = ""  # package: name of the data; csv: the file, seen from the protocol
    once: Literal["moment", "spell", "person"] = "moment"  # weekly: how often one may come in, at the first time zero
    steps: tuple[Step, ...] = ()  # conditions in the order in which they are asked and counted


@dataclass(frozen=True)
class Allocation:
    """How persons came into their arm, where it is known: what randomisation inference repeats."""

    unit: Literal["person", "cluster"]  # what was drawn
    within: tuple[str, ...] = ()  # columns within which it was drawn


@dataclass(frozen=True)
class Arms:
    """The two arms and how they came about."""

    came_about: Came  # decides which estimator answers for the comparison, and what page one must warn of
    treated: Words  # what the report calls the arm that is judged
    control: Words  # what the report calls the other
    allocation: Allocation | None = None  # left out when it is not known
    window_days: int = 7  # weekly: coordination begun in so many days up to time zero makes the treated arm
    starts: dict[str, date] = field(default_factory=dict)  # stepped by unit: unit_id to its first day
    column: str = "arm"  # package and csv: the column that tells the arms
    treated_is: str = "intervention"  # its value in the treated arm
    estimand: Literal["intention to treat", "offered", "supported"] = "intention to treat"


@dataclass(frozen=True)
class FollowUp:
    """How long, and what ends it."""

    days: int = 365  # from time zero
    months_before: int = 6  # shown before time zero, months of 30 days
    death: Literal["no sick days after"] = "no sick days after"
    moved: Literal["censored"] = "censored"
    withdrawn: Literal["censored"] = "censored"


@dataclass(frozen=True)
class Questionnaire:
    """An outcome that persons answered."""

    instrument: str  # as in the extract: EQ-5D-3L
    item: str  # as in the extract: index
    month: Literal[6, 12] = 12  # which answer is judged
    slack_days: int = 60  # an answer further from its day does not count
    name: Words = Words("EQ-5D-index", "EQ-5D index")
    higher_is_better: bool = True


@dataclass(frozen=True)
class Outcomes:
    """What is judged. The primary outcome is one; all else is secondary."""

    primary: str = "net_days"  # net sick days within the follow-up, or a numeric column of a package or file
    name: Words = Words("Nettosjukdagar", "Net sick days")
    unit: Words = Words("dagar", "days")
    lower_is_better: bool = True
    secondary: tuple[Literal["return", "degree", "relapse", "visits", "questionnaire", "cost"], ...] = ()
    questionnaire: Questionnaire | None = None
    day_value: float = 0.0  # cost: what a net sick day costs society
    support_cost: float = 0.0  # cost: of one person's coordination
    currency: str = "SEK"


@dataclass(frozen=True)
class Adjustment:
    """How arms are made alike."""

    method: Literal["none", "ancova", "aipw", "ipw", "match", "did", "staggered"] = "ancova"
    covariates: tuple[str, ...] = ()  # columns of the cohort, all known at time zero
    folds: int = 5  # aipw: cross-fitting
    trim: float = 0.02  # aipw, ipw: propensities nearer 1 (and 0, unless of those supported) than this are left out
    caliper: float = 0.2  # match: standard deviations of the logit
    exact: tuple[str, ...] = ()  # match: columns that must be equal
    replace: bool = False  # match: a control may serve several treated
    period_months: int = 3  # staggered: calendar months that make a period
    time: str = ""  # did: the column of before (0) and after (1), or the calendar month


@dataclass(frozen=True)
class Subgroup:
    """One split of the cohort, decided beforehand."""

    name: Words  # what the report calls the split
    column: str  # of the cohort; a whole number or text, one level a value
    cuts: tuple[float, ...] = ()  # numbers are split below and from each of these


@dataclass(frozen=True)
class Targeting:
    """Whether those put first gain more (RATE)."""

    by: str = ""  # preventable_days, or a numeric column of the cohort known at time zero; greatest first; blank: not asked
    lowest_first: bool = False


@dataclass(frozen=True)
class Sensitivity:
    """What else could have been chosen."""

    gap_days: tuple[int, ...] = ()  # other lengths of the free gap inside a spell
    without_each_cluster: bool = True
    other_methods: tuple[Literal["none", "ancova", "aipw", "ipw", "match"], ...] = ()
    tipping_days: tuple[float, ...] = ()  # missing treated are given so many days more than predicted
    negative_outcome: str = ""  # a column that coordination cannot have changed
    negative_exposure: Step | None = None  # controls of whom this holds against the others: no coordination, so no difference


@dataclass(frozen=True)
class Planning:
    """What is assumed before any outcome is read, for the power of the study."""

    sd: float = 110.0  # standard deviation of the primary outcome; CO-WORK-CARE's net days in a year: about 110
    icc: float = 0.03  # share of the variance that lies between clusters
    explained: float = 0.1  # share of the variance that the covariates explain
    effect_sd: float = 5.0  # standard deviation of the effect between clusters
    power: float = 0.8
    expected: float = 0.0  # the difference one hopes for, to say how surely it would be found


@dataclass(frozen=True)
class Protocol:
    """A study. Everything is decided here, before any outcome is read."""

    study: str  # short name; the folder under studies/
    title: Words  # on the report's first line
    question: Words  # in one sentence
    registered: date  # the day on which this was decided
    population: Population
    arms: Arms
    purpose: Literal["follow-up", "research"] = "follow-up"  # research needs an approval
    approval: str = ""  # the ethical review authority's number
    follow_up: FollowUp = FollowUp()
    outcomes: Outcomes = Outcomes()
    adjust: Adjustment = Adjustment()
    clusters: str = ""  # the column of clusters; blank: each person stands alone
    table_one: tuple[str, ...] = ()  # columns shown in Table 1, beside the covariates
    subgroups: tuple[Subgroup, ...] = ()
    targeting: Targeting = Targeting()
    sensitivity: Sensitivity = Sensitivity()
    multiplicity: Literal["holm", "none"] = "holm"  # over the subgroups' interaction tests
    planning: Planning = Planning()
    least_worthwhile: float = 0.0  # the smallest difference that would change a decision, in the primary outcome's unit
    smallest_cell: int = 5  # fewer persons than this are not shown
    repetitions: int = 1999  # of bootstrap and randomisation
    seed: int = 1
    notes: Words = Words("", "")  # what a reader must know of how the data came about
