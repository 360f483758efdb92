"""Times to events, causes and recurrences against numbers from elsewhere."""

import numpy as np
import pytest
from lifelines.datasets import load_lung, load_rossi, load_waltons
from sksurv.datasets import load_bmt, load_gbsg2, load_veterans_lung_cancer
from sksurv.nonparametric import cumulative_incidence_competing_risks

from models.effects.accelerated import accelerated_failure, discrete_hazard
from models.effects.competing import aalen_johansen, time_lost
from models.effects.cox import andersen_gill, cox
from models.effects.fine_gray import fine_gray
from models.effects.negative_binomial import negative_binomial
from models.effects.pseudo import pseudo_observations, pseudo_regression
from models.effects.recurrent import mean_cumulative
from models.effects.rmst import rmst
from tests.reference.effects_data import columns, from_r, row, wool

RECID = ("workprg", "priors", "tserved", "felon", "alcohol", "drugs", "black", "married", "educ", "age")


def close(value, tolerance=1e-6):
    return pytest.approx(value, abs=tolerance)


def both(found, *names):
    return [number for name in names for number in (found.terms[name].estimate, found.terms[name].se)]


@row("O4")
def test_financial_aid_and_arrest_as_fox_and_allison_print():
    data = load_rossi()
    found = cox(data.week.to_numpy(), data.arrest.to_numpy(), columns(data, "fin", "age", "race", "wexp", "mar", "paro", "prio"))
    assert both(found, "fin", "age", "prio") == close([-0.379422, 0.191379, -0.057438, 0.021999, 0.091497, 0.028649], 1e-5)
    assert found.fit["log_likelihood"] == close(-658.7477, 1e-4)
    assert found.fit["concordance"] == close(0.6403, 5e-5)
    # R survival 3.5-3, cox.zph(transform = "km"): fin 0.803
    assert found.fit["ph_p"] == close(0.803, 5e-4)


@row("O5")
def test_lung_cancer_as_r_gives_it():
    data = load_lung()[["time", "status", "age", "sex", "ph.ecog"]].dropna()
    found = cox(data.time.to_numpy(), data.status.to_numpy(), columns(data, "age", "sex", "ph.ecog"))
    assert both(found, "age", "sex", "ph.ecog") == close([0.011067, 0.009267, -0.552612, 0.167739, 0.463728, 0.113577], 1e-5)
    assert (found.n, found.fit["log_likelihood"]) == (227, close(-729.2301, 1e-4))


@row("O6")
def test_breast_cancer_as_r_gives_it():
    X, y = load_gbsg2()
    X = X.assign(horTh=(X.horTh == "yes").astype(float), menostat=(X.menostat == "Post").astype(float), tgrade=X.tgrade.astype(str))
    X["linear"] = X.tgrade.map({"I": -np.sqrt(0.5), "II": 0.0, "III": np.sqrt(0.5)})
    X["quadratic"] = X.tgrade.map({"I": 1 / np.sqrt(6), "II": -2 / np.sqrt(6), "III": 1 / np.sqrt(6)})
    names = ("horTh", "age", "menostat", "tsize", "linear", "quadratic", "pnodes", "progrec", "estrec")
    found = cox(y["time"], y["cens"].astype(int), columns(X, *names))
    assert both(found, "horTh", "pnodes") == close([-0.346278, 0.129075, 0.048789, 0.007447], 1e-5)
    assert found.fit["concordance"] == close(0.691851, 1e-5)


@row("O7")
def test_primary_biliary_cirrhosis_as_survrm2_prints():
    data = from_r("pbc")
    found = rmst(data.years.to_numpy(), data.event.to_numpy(), treated=data.arm.to_numpy(), tau=10)
    assert both(found, "rmst 1", "rmst 0") == close([7.146493, 0.282775, 7.283416, 0.295478])
    assert [found.estimate, found.ci_low, found.ci_high, found.p] == close([-0.136923, -0.938534, 0.664688, 0.737786], 2e-5)
    share, lost = found.terms["ratio"], found.terms["time lost ratio"]
    assert [share.estimate, lost.estimate] == close([0.981201, 1.050403])
    assert [share.ci_low, share.ci_high, lost.ci_low, lost.ci_high] == close([0.878, 1.096, 0.787, 1.402], 5e-4)


@row("O8")
def test_waltons_flies():
    data = load_waltons()
    for tau, told in ((10, [9.976744, 0.023165, 9.794118, 0.123245]), (60, [54.303557, 0.767359, 25.588235, 2.202200])):
        found = rmst(data["T"].to_numpy(), data["E"].to_numpy(), groups=data["group"].to_numpy(), tau=tau)
        assert both(found, "rmst control", "rmst miR-137") == close(told)


@row("O9")
def test_incidence_with_tied_causes_is_that_of_rs_survfit():
    data = from_r("mgus2")
    found = aalen_johansen(data.etime.to_numpy(), data.event.to_numpy(), times=[60, 120, 240, 360])
    lines = [line for line in found.table if line["cause"] == 1]
    assert [line["incidence"] for line in lines] == close([0.03410371, 0.06372217, 0.09981372, 0.13404164], 1e-7)
    assert [line["se"] for line in lines] == close([0.00488926, 0.00679685, 0.00978485, 0.02012756], 1e-7)
    death = [line["incidence"] for line in found.table if line["cause"] == 2]
    assert death == close([0.32036701, 0.53181770, 0.72402798, 0.78420825], 1e-7)


def test_incidence_is_that_of_scikit_survival_for_the_bone_marrow_data():
    X, y = load_bmt()
    for disease in ("0", "1"):
        rows = X.dis.astype(str).to_numpy() == disease
        _, theirs = cumulative_incidence_competing_risks(y["status"][rows], y["ftime"][rows])
        ours = aalen_johansen(y["ftime"][rows], y["status"][rows], times=[float(y["ftime"][rows].max())])
        assert [line["incidence"] for line in ours.table[:2]] == close(theirs[1:, -1], 1e-12)


@row("O10")
def test_time_lost_to_each_cause_is_that_of_rs_survfit():
    data = from_r("mgus2")
    found = time_lost(data.etime.to_numpy(), data.event.to_numpy(), groups=data.sex.to_numpy(), tau=240)
    years = {(line["arm"], line["cause"]): line["time"] / 12 for line in found.table}
    assert [years["F", cause] for cause in (0, 1, 2)] == close([9.853608, 1.323284, 8.823108], 1e-5)
    assert [years["M", cause] for cause in (0, 1, 2)] == close([8.675012, 1.064693, 10.260294], 1e-5)


@row("O11")
def test_fine_and_gray_as_cmprsk_gives_it():
    data = from_r("mgus2").dropna()
    data = data.assign(male=(data.sex == "M").astype(float))
    found = fine_gray(data.etime.to_numpy(), data.event.to_numpy(), columns(data, "age", "male", "mspike"), cause=1)
    told = [-0.016943, 0.005830, -0.213616, 0.185201, 0.888464, 0.155231]
    assert found.n == 1373
    assert both(found, "age", "male", "mspike") == close(told, 1e-5)


@row("O12")
def test_cause_specific_cox():
    data = from_r("mgus2")
    X = columns(data.assign(male=(data.sex == "M").astype(float)), "age", "male")
    for cause, told in ((1, [0.013039, 0.008259, -0.025138, 0.188456]), (2, [0.064824, 0.003620, 0.393226, 0.069698])):
        found = cox(data.etime.to_numpy(), data.event.to_numpy(), X, cause=cause)
        assert both(found, "age", "male") == close(told, 1e-5)


@row("O13")
def test_recurrent_bladder_tumours_have_rs_robust_errors_with_late_entry():
    data = from_r("bladder2")
    found = andersen_gill(
        data.stop.to_numpy(), data.event.to_numpy(), columns(data, "rx", "size", "number"), entry=data.start.to_numpy(),
        person=data.id.to_numpy(),
    )  # fmt: skip
    told = [-0.464687, 0.265561, -0.043660, 0.077616, 0.174960, 0.063041]
    assert both(found, "rx", "size", "number") == close(told, 1e-5)
    assert [found.fit[f"model se {name}"] for name in ("rx", "size", "number")] == close([0.199732, 0.069051, 0.047074], 1e-5)


@row("O14")
def test_the_same_with_a_baseline_for_each_recurrence():
    data = from_r("bladder2")
    found = andersen_gill(
        data.stop.to_numpy(), data.event.to_numpy(), columns(data, "rx", "size", "number"), entry=data.start.to_numpy(),
        person=data.id.to_numpy(), strata=data.enum.to_numpy(),
    )  # fmt: skip
    assert both(found, "rx", "number") == close([-0.333489, 0.204787, 0.119617, 0.051387], 1e-5)


@row("O15")
def test_recidivism_by_weibull_and_log_normal_times():
    data = wool("recid")
    given = (data.durat.to_numpy(), 1 - data.cens.to_numpy(), columns(data, *RECID))
    weibull, lognormal = accelerated_failure(*given), accelerated_failure(*given, shape="lognormal")
    assert weibull.fit["log_likelihood"] == close(-3192.109, 1e-3)
    assert both(weibull, "workprg") == close([-0.112785, 0.112535], 1e-5)
    assert weibull.terms["tserved"].estimate == close(-0.016830, 1e-5)
    assert weibull.terms["log(scale)"].estimate == close(0.215840, 1e-5)
    assert (lognormal.fit["scale"], lognormal.fit["log_likelihood"]) == (close(1.81047, 1e-5), close(-3156.135, 1e-3))


@row("O16")
def test_recidivism_by_months():
    data = wool("recid")
    found = discrete_hazard(data.durat.to_numpy(), 1 - data.cens.to_numpy(), columns(data, *RECID))
    assert (found.fit["person_periods"], found.fit["events"]) == (80_013, 552)
    assert both(found, "workprg", "log(period)") == close([0.08959, 0.0907, -0.2982, 0.03659], 1e-4)
    assert found.terms["Intercept"].estimate == close(-3.3030, 1e-4)
    assert found.fit["log_likelihood"] == close(-3175.8955, 1e-3)


@row("O17")
def test_recidivism_by_cox_with_either_handling_of_ties():
    data = wool("recid")
    given = (data.durat.to_numpy(), 1 - data.cens.to_numpy(), columns(data, *RECID))
    efron, breslow = cox(*given), cox(*given, ties="breslow")
    assert [efron.terms[name].estimate for name in ("workprg", "priors")] == close([0.0844, 0.0880], 1e-4)
    assert efron.fit["log_likelihood"] == close(-3813.0785, 1e-4)
    assert both(breslow, "workprg", "priors") == close([0.084073, 0.090814, 0.087592, 0.013477], 1e-5)
    assert breslow.fit["log_likelihood"] == close(-3816.380, 1e-3)


@row("O24")
def test_the_concordance_of_scikit_survivals_guide_for_the_veterans():
    X, y = load_veterans_lung_cancer()
    X = X.assign(**{name: X[name].astype(str) for name in X if X[name].dtype == "category"})
    found = cox(y["Survival_in_days"], y["Status"].astype(int), columns(X, *X.columns), ties="breslow")
    assert found.fit["concordance"] == close(0.7362562471)


def test_the_mean_number_of_infections_is_that_of_rs_survfit():
    # survfit(Surv(tstart, tstop, status) ~ treat + cluster(id), cgd): cumhaz and std.chaz at 180 and 365 days
    data = from_r("cgd")
    found = mean_cumulative(
        data.tstop.to_numpy(), data.status.to_numpy(), entry=data.tstart.to_numpy(), person=data.id.to_numpy(),
        groups=data.treat.to_numpy(), times=[180, 365],
    )  # fmt: skip
    assert [line["mean"] for line in found.table] == close([0.4079325692, 1.2626577940, 0.1274961598, 0.4154451189], 1e-9)
    assert [line["se"] for line in found.table] == close([0.0934632636, 0.2518384787, 0.0477079950, 0.1391252107], 1e-9)


def test_days_absent_from_school_as_masss_glm_nb_gives_them():
    # MASS::glm.nb(Days ~ Eth + Sex + Age + Lrn, quine); its errors take theta as known, ours do not
    data = from_r("quine")
    found = negative_binomial(data.Days.to_numpy(), columns(data, "Eth", "Sex", "Age", "Lrn"))
    assert found.terms["Eth[T.N]"].estimate == close(-0.569371703, 1e-6)
    assert found.terms["Age[T.F3]"].estimate == close(0.356900948, 1e-6)
    assert found.fit["theta"] == close(1.274892646, 1e-6)
    assert found.fit["log_likelihood"] == close(-546.5755091, 1e-6)
    assert found.terms["Eth[T.N]"].se == pytest.approx(0.153333360, rel=0.04)


def test_pseudo_observations_of_the_lung_data_carry_rs_means_and_errors():
    # R survival: survfit(Surv(time, status) ~ sex, lung), rmean = 365: 241.4951 (10.35823), 297.4654 (10.79132)
    data = load_lung()
    t, e, sex = data.time.to_numpy(), data.status.to_numpy(), data.sex.to_numpy()
    each = pseudo_observations(t, e, 365, groups=sex)
    assert [each[sex == one].mean() for one in (1, 2)] == close([241.495085, 297.465410], 1e-5)
    assert [each[sex == one].std() / np.sqrt((sex == one).sum()) for one in (1, 2)] == close([10.3582265, 10.7913240], 1e-6)
    found = pseudo_regression(t, e, columns(data, "sex"), tau=365, groups=sex)
    assert found.estimate == close(55.97032, 1e-4)
