"""Means, regressions and few clusters against numbers from elsewhere."""

import numpy as np
import pytest

from models.effects.did import did
from models.effects.difference import mean_difference
from models.effects.linear import ols
from models.effects.wild import wild_bootstrap
from tests.reference.effects_data import causal, columns, formula, from_r, row, wool


def close(value, tolerance=1e-6):
    return pytest.approx(value, abs=tolerance)


@row("O1")
def test_injured_high_earners_stayed_away_longer_after_the_benefit_rose_as_meyer_viscusi_and_durbin_print():
    data = wool("injury").query("ky == 1")
    y, X = formula(data, "ldurat ~ afchnge*highearn")
    found = ols(y, X)
    assert found.n == 5626
    assert (found.estimate, found.se) == (close(0.190601), close(0.068509))
    assert ols(y, X, se="hc1").se == close(0.068982)
    assert found.fit["r2"] == close(0.0207, 5e-5)
    assert [found.terms[name].estimate for name in ("Intercept", "afchnge", "highearn")] == close([1.1256, 0.0077, 0.2565], 5e-5)
    assert did(data.ldurat.to_numpy(), data.highearn.to_numpy(), data.afchnge.to_numpy()).estimate == close(0.190601)


@row("O1b")
def test_the_same_with_controls_is_wooldridges_0_231():
    names = ["ldurat", "afchnge", "highearn", "male", "married", "indust", "injtype"]
    data = wool("injury").query("ky == 1")[names].dropna()
    found = ols(*formula(data, "ldurat ~ afchnge*highearn + male + married + C(indust) + C(injtype)"))
    assert (found.n, found.estimate, found.se) == (5349, close(0.230877), close(0.069525))


@row("O2")
def test_the_training_programme_paid_1794_dollars_as_lalonde_found():
    data = causal("nsw_mixtape")
    found = mean_difference(data.re78.to_numpy(), data.treat.to_numpy())
    assert (found.n, found.estimate, found.se) == (445, close(1794.3433, 1e-3), close(670.9965, 1e-3))
    assert found.terms["difference, equal variances"].se == close(632.8534, 1e-3)


@row("O2b")
def test_the_same_with_covariates():
    y, X = formula(causal("nsw_mixtape"), "re78 ~ treat + age + I(age**2) + educ + black + hisp + marr + nodegree + re74 + re75")
    found = ols(y, X, of="treat")
    assert (found.estimate, found.se) == (close(1683.349, 1e-2), close(639.490, 1e-2))


@row("O2c", "O2d")
def test_other_controls_than_those_drawn_by_lot_turn_the_effect_around():
    treated, others = causal("nsw_mixtape").query("treat == 1"), causal("cps_mixtape")
    y = np.append(treated.re78, others.re78)
    assert mean_difference(y, np.arange(len(y)) < 185).estimate == close(-8497.516, 1e-2)
    data = wool("jtrain3")
    naive = ols(data.re78.to_numpy(), columns(data, "train"))
    adjusted = ols(data.re78.to_numpy(), columns(data, "train", "re74", "re75", "age", "agesq", "educ", "black", "hisp"))
    assert (naive.estimate, naive.se) == (close(-15.2048, 1e-4), close(1.1546, 1e-4))
    assert (adjusted.estimate, adjusted.se) == (close(0.3207, 1e-4), close(0.8559, 1e-4))


@row("O28")
def test_petersens_errors_clustered_by_firm():
    data = from_r("petersen")
    found = ols(data.y.to_numpy(), columns(data, "x"), cluster=data.firm.to_numpy())
    errors = {line["errors"]: line["se"] for line in found.table}
    assert [found.terms[name].estimate for name in ("Intercept", "x")] == close([0.029680, 1.034833])
    assert [errors[kind] for kind in ("cr0", "cr1s", "cr2", "cr3")] == close([0.0505401, 0.0505957, 0.0506778, 0.0508160])
    assert found.df == close(308.756, 1e-3)


@row("O29")
def test_ten_firms_give_clubsandwichs_errors_and_degrees_of_freedom():
    data = from_r("petersen").query("firm <= 10")
    found = ols(data.y.to_numpy(), columns(data, "x"), cluster=data.firm.to_numpy())
    lines = {line["errors"]: line for line in found.table}
    assert found.estimate == close(1.107580)
    assert lines["cr1"]["se"] == close(0.364837)
    assert (found.se, found.df, found.p) == (close(0.3831867), close(5.5320864), close(0.030375))
    assert [lines["cr3"][name] for name in ("se", "df", "p")] == close([0.424332, 4.861046, 0.048980])


@row("O30")
def test_all_1024_sign_vectors_give_48_that_are_farther_out():
    data = from_r("petersen").query("firm <= 10")
    given = (data.y.to_numpy(), columns(data, "x"))
    found = wild_bootstrap(*given, cluster=data.firm.to_numpy())
    assert found.fit["draws"] == 1024
    assert (found.p, found.fit["p_with_ties"]) == (48 / 1024, 50 / 1024)
    webb = wild_bootstrap(*given, cluster=data.firm.to_numpy(), kind="webb")
    assert webb.p == close(0.0472, 0.006)  # 9 999 draws: three Monte Carlo errors


@row("O31")
def test_enterprise_zones_and_unemployment_claims_with_fixed_effects():
    data = wool("ezunem")
    y, X = formula(data, "luclms ~ ez + C(city) + C(year)")
    found = ols(y, X)
    assert (found.estimate, found.se) == (close(-0.104415, 1e-5), close(0.055419, 1e-5))
    by_city = {line["errors"]: line["se"] for line in ols(y, X, cluster=data.city.to_numpy()).table}
    assert by_city["cr1s"] == close(0.077249, 1e-5)


@row("O32")
def test_training_grants_and_scrap_rates_with_fixed_effects():
    data = wool("jtrain")[["lscrap", "grant", "grant_1", "d88", "d89", "fcode"]].dropna()
    found = ols(*formula(data, "lscrap ~ grant + grant_1 + d88 + d89 + C(fcode)"))
    terms = found.terms
    assert (terms["grant"].estimate, terms["grant"].se) == (close(-0.252315, 1e-5), close(0.150629, 1e-5))
    assert (terms["grant_1"].estimate, terms["grant_1"].se) == (close(-0.421590, 1e-5), close(0.210200, 1e-5))


@row("O33")
def test_houses_near_the_incinerator_lost_11864_dollars():
    data = wool("kielmc")
    given = (data.nearinc.to_numpy(), data.y81.to_numpy())
    found, log = did(data.rprice.to_numpy(), *given), did(data.lrprice.to_numpy(), *given)
    assert (found.estimate, found.se) == (close(-11863.903, 1e-2), close(7456.646, 1e-2))
    assert (log.estimate, log.se) == (close(-0.062649), close(0.083441))
