"""What a report of a prediction model must tell, and where the card, the program or the region tells it.

Items in our words. Sources: TRIPOD+AI, Collins et al. 2024, BMJ 385:e078378; PROBAST+AI, Moons et al. 2025, BMJ 388:e082505.
"""

from __future__ import annotations

REGION = "the region's own to tell"
TRIPOD = (
    ("1, 2", "title and abstract", "head of the card"),
    ("3", "context, who it is for, known inequalities", "Use and limits; By sex, age, target group"),
    ("4", "aim: development or evaluation", "head: developed and tested on later months of the same region"),
    ("5", "sources of data, dates", "Learned from; docs/extracts.md"),
    ("6", "setting, who is eligible, treatments", "Which moments; coordination is a feature, not taken away"),
    ("7", "how data were prepared, alike for groups", "the README of each room under pipeline/; the same SQL for all and for each night"),
    ("8", "outcome, when and how known", "Use and limits; pipeline/outcomes/README.md; the program reckons it from certificates, blind to the score"),
    ("9", "predictors, how chosen and measured", "pipeline/features/README.md: all of them, none chosen by outcome"),
    ("10", "sample size", "Learned from; the learning curve says whether more would help"),
    ("11", "missing data", "missing is a value of its own to the boosting, the median to Cox; nothing is imputed from outcomes"),
    ("12", "how data are used, model building, measures, heterogeneity", "Learned from; How good; models/risk/README.md; by unit and unit kind"),
    ("13", "class imbalance", "none corrected: moments drawn more often are weighted back"),
    ("14", "fairness", "By group: AUC, observed / expected, slope, share on a list, of those who pass the share listed; sex and age are predictors"),
    ("15", "what comes out", "curves, chances, days; no class and no threshold: a list is as long as the unit's capacity; What a week's list is judged by"),
    ("16", "how training and evaluation data differ", "Learned from: by time; persons in both are counted"),
    ("17", "ethical approval", REGION),
    ("18", "funding, interests, protocol, registration, data and code", f"code and its version: head; the rest is {REGION}"),
    ("19", "patients and public involved", REGION),
    ("20", "flow and characteristics of participants", "Which moments; Learned from; shares passing day 90 by group"),
    ("21", "numbers in each analysis", "Learned from; moments seen / asked in each table"),
    ("22", "the model in full", "model.skops, risk.json and encoder.json beside this card"),
    ("23", "performance with intervals, by group", "How good, on months not seen"),
    ("24", "updating", "hazards recalibrated on the tuning months; the monitor says when to train anew"),
    ("25", "interpretation", "How good: beside other models and published figures"),
    ("26", "limits", "Use and limits"),
    ("27", "use in practice: input missing, who acts, next steps", "Use and limits; missing features give a score all the same; README, The model"),
)
PROBAST = (
    ("participants and data", "low", "all ongoing spells of the region on random days, drawn without regard to outcome; other regions are not covered"),
    ("predictors", "low to unclear", "the night's own SQL, each row counted from the day it was known; training refuses features that change with what came later, as far as extracts tell when a value was written"),
    ("outcome", "low, unclear for transfers", "from certificates, the same for all; a certificate from a provider that sends no extract looks like an end"),
    (
        "analysis", "some concern for chances, unclear for net days",
        "for it: later months kept for the test, the choice made before them, intervals by persons, censoring weighted. Against it: many persons tested on were "
        "fitted on at earlier moments; the number of trees is found on the months that the choice is made on; what is scored was fitted anew on all moments "
        "after the test; censoring weights take follow-up to be alike over the months, though it ends on one day for all; intervals hold weights and "
        "lists fixed; few moments can be followed to day 365; net days rest on months a year old",
    ),
    ("applicability", REGION, "the region that trained it; elsewhere only after a test there"),
)
