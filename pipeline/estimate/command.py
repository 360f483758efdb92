"""The verb `estimate`: one estimator on any CSV, one JSON object out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import InputError
from pipeline.estimate.asked import Asked, names
from pipeline.estimate.reads import hold, table

METHODS_HELP = f"""Estimate one thing from any CSV file and print it as one JSON object.

Keys: treated_value (null without --treated), estimate, se, ci_low, ci_high, p, df, n, terms, table, assumes, fit.
95 % intervals; df null = normal distribution. METHOD, what it needs and what it
may be given besides (anything else is refused):

\b
{table()}
\b
--treated-value goes with --treated everywhere; texts are 1 (treated) and 0 in
  the answer's names.
--formula stands for --covariates (and --outcome) wherever both are named;
  standardise: --formula "y ~ treated*x" is the regression itself.
--cluster makes errors robust: CR2 with Satterthwaite in linear models,
  score residuals in hazard models, influence functions in curves.
--duration is the exposure in negative-binomial; whole periods in discrete-hazard.
--outcome is the gain beside --cost in net-benefit, the scores in rate.
--times are worths of a unit of gain, or thresholds, in net-benefit.
--cluster and --strata are what was allocated, and the blocks, in randomisation.
--tau counts periods in sequential-trials.
"""


def estimate(
    context: typer.Context,
    method: Annotated[str, typer.Argument(help="What to estimate; see the list above.")],
    csv: Annotated[Path, typer.Option("--csv", metavar="FILE", help="CSV with a header; , ; or tab between fields. Rows that lack a value asked for are left out and counted.")],
    outcome: Annotated[str | None, typer.Option(metavar="COLUMN", help="The outcome, a number.")] = None,
    treated: Annotated[str | None, typer.Option(metavar="COLUMN", help="The arm: two values. Of numbers the greater is treated; of texts ja, yes, true, treated, intervention… against nej, no, false, control, kontroll…; other texts need --treated-value. In regressions: the coefficient that is the answer.")] = None,
    treated_value: Annotated[str | None, typer.Option("--treated-value", metavar="VALUE", help="Which of the two values of --treated is the treated arm.")] = None,
    duration: Annotated[str | None, typer.Option(metavar="COLUMN", help="Time followed, or the end of a row's time; exposure of negative-binomial.")] = None,
    event: Annotated[str | None, typer.Option(metavar="COLUMN", help="0 = censored; other whole numbers are causes.")] = None,
    entry: Annotated[str | None, typer.Option(metavar="COLUMN", help="Time from which a row is at risk (late entry, recurrent events).")] = None,
    id: Annotated[str | None, typer.Option("--id", metavar="COLUMN", help="Whose row it is.")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="COLUMN", help="Rows that belong together: errors robust to it (CR2 with Satterthwaite in linear models).")] = None,
    covariates: Annotated[str | None, typer.Option(metavar="A,B,C", help="Columns to adjust for; text becomes one indicator a level.")] = None,
    strata: Annotated[str | None, typer.Option(metavar="COLUMN", help="Own baseline hazard each (cox), own curve each (curves, rmst, time-lost).")] = None,
    tau: Annotated[float | None, typer.Option(help="Horizon, in the unit of --duration.")] = None,
    times: Annotated[str | None, typer.Option(metavar="T1,T2", help="Times of a curve's rows; thresholds of net-benefit.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="COLUMN", help="Weight of each row.")] = None,
    cause: Annotated[int | None, typer.Option(help="The event looked at. Default: any (kaplan-meier, rmst, cox), else the least.")] = None,
    formula: Annotated[str | None, typer.Option(metavar="TEXT", help='As "y ~ a*b + C(d)" in place of --outcome and --covariates; the answer is --treated, else the last interaction, else the first term.')] = None,
    se: Annotated[str | None, typer.Option(metavar="KIND", help="classical, hc0-hc3, cr0, cr1, cr1s, cr2, cr3. ipw: stacked (default) counts the weights' estimation in; hc1 takes them as known (as published, wide).")] = None,
    ties: Annotated[str, typer.Option(help="efron or breslow.")] = "efron",
    period: Annotated[str | None, typer.Option(metavar="COLUMN", help="did: 0 before and 1 after; or the period, with --first and --id. sequential-trials: the moment, whole numbers.")] = None,
    first: Annotated[str | None, typer.Option(metavar="COLUMN", help="did: the period of a unit's first treatment, empty or 0 = never.")] = None,
    exact: Annotated[str | None, typer.Option(metavar="A,B", help="match: columns that must be equal.")] = None,
    caliper: Annotated[float | None, typer.Option(help="match: greatest distance, in standard deviations of the propensity's logit.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="match: a control may serve several treated.")] = False,
    estimand: Annotated[str | None, typer.Option(help="ate or att; ipw, aipw and standardise: ate by default.")] = None,
    learner: Annotated[str, typer.Option(help="aipw and rate: linear (least squares and logistic) or boosting.")] = "linear",
    folds: Annotated[int | None, typer.Option(help="aipw and rate: folds of cross-fitting; default 1 for linear, 5 for boosting.")] = None,
    cost: Annotated[str | None, typer.Option(metavar="COLUMN", help="net-benefit: cost of each row; --outcome is the gain.")] = None,
    priority: Annotated[str | None, typer.Option(metavar="COLUMN", help="rate: who comes first, highest first; net-benefit: the predicted chance.")] = None,
    draws: Annotated[int, typer.Option(help="Draws of a bootstrap or a randomisation; 0 = the method's own number.")] = 0,
    boot: Annotated[str, typer.Option(help="wild-bootstrap: rademacher (all sign vectors up to 12 clusters) or webb.")] = "rademacher",
    seed: Annotated[int, typer.Option(help="Same seed, same answer.")] = 1,
    side: Annotated[str, typer.Option(help="match: nearest, or below to pair as MatchIt 4.5.1 does.")] = "nearest",
    shape: Annotated[str, typer.Option(help="aft: weibull or lognormal.")] = "weibull",
) -> None:  # fmt: skip
    asked = Asked(
        method, csv, outcome, treated, treated_value, duration, event, entry, id, cluster, names(covariates), strata, tau, names(times),
        weights, cause, formula, se, ties, period, first, names(exact), caliper, replace, estimand, learner, folds, cost,
        priority, draws, boot, seed, side, shape,
    )  # fmt: skip
    typed = [name for name in context.params if str(context.get_parameter_source(name)).endswith("COMMANDLINE")]
    typer.echo(answer(asked, [name for name in typed if name not in ("method", "csv")]))


def answer(asked: Asked, given: list[str]) -> str:
    """The JSON text; `given` names the options that were asked with.

    Raises UsageError when the file or the question cannot be used.
    """
    import json
    import warnings

    import numpy as np

    from models.effects.design import CannotEstimate
    from pipeline.estimate.columns import Columns
    from pipeline.estimate.methods import method

    chosen = method(asked.method)
    hold(asked, given)
    asked.hold()
    columns = Columns(asked)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = chosen(asked, columns)
    except CannotEstimate as fault:
        raise InputError(
            f"{asked.method} on {asked.csv.name}: {fault}", remedy="mend the column or the option and ask again"
        ) from None
    except np.linalg.LinAlgError:
        raise InputError(
            f"{asked.method} on {asked.csv.name}: the columns say the same thing twice",
            remedy="leave out a covariate that the others already say",
        ) from None
    told = {"method": asked.method, "treated_value": columns.treated_value, **found.as_json()}
    told["fit"]["rows_left_out"] = columns.dropped
    return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False)
