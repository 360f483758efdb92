# %% [markdown]
# # Run a study again
#
# From a protocol file to what a paper would print: the flow, a table of outcomes, one figure with four panels. When new
# data have come, run it again. The home must hold the clean tables of `rehabrisk ingest` and the study's enrolments.
#
#     .venv/bin/python notebooks/02_rerun_a_study.py --home HOME --study sll-2012 --out reports/out/sensitive
#
# Nothing is estimated here: every number is one of results.json, where small cells are already hidden.

# %%
import argparse
import json
import textwrap
from datetime import datetime
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import polars as pl

from pipeline.config.home import DEFAULT_HOME, Home
from pipeline.console import Console
from pipeline.evaluate.figures import all_figures
from pipeline.evaluate.protocol_file import find, read_protocol
from pipeline.evaluate.sentences import sentences
from pipeline.evaluate.words import Speech
from pipeline.run import Session
from pipeline.run_evaluation import evaluate

given = argparse.ArgumentParser()
given.add_argument("--home", type=Path, default=DEFAULT_HOME)
given.add_argument("--study", default="sll-2012")
given.add_argument("--out", type=Path, default=Path("reports/out/sensitive"))
given = given.parse_args()
given.out.mkdir(parents=True, exist_ok=True)
home, say = Home(given.home).require(), Speech("en")
read = read_protocol(find(given.study))
print(f"{read.protocol.question.en}\nFixed on {read.protocol.registered}, SHA-256 {read.sha256[:12]}")

# %% [markdown]
# ## Before any outcome is read
#
# Who is in it, and what the study could detect. Look here first; a protocol changed after the next cell is told so in the report.

# %%
report = evaluate(Session(home, None, Console(quiet=True), datetime.now()), given.study, True, given.out / given.study, "en")
plan = json.loads((report.parent / "results.json").read_text(encoding="utf-8"))
n = plan["n"]
print(f"{n['all']}: {n['treated']} treated, {n['control']} controls; least detectable {plan['power']['least_detectable']:.0f} days")

# %% [markdown]
# ## The study

# %%
report = evaluate(Session(home, None, Console(quiet=True), datetime.now()), given.study, False, given.out / given.study, "en")
r = json.loads((report.parent / "results.json").read_text(encoding="utf-8"))
said = sentences(r, say)
print(said["answer"], said["conclusion"], said["sure"], sep="\n")
columns = ("name", "treated", "control", "estimate", "ci_low", "ci_high", "p")
outcomes = pl.DataFrame([{name: row.get(name) for name in columns} for row in said["outcomes"]], infer_schema_length=None)
outcomes.write_csv(given.out / "table_2_outcomes.csv")
print(outcomes)
all_figures(r, say)["flow"].savefig(given.out / "figure_1_flow.svg")

# %% [markdown]
# ## Figure 2
#
# A: the degree of sick leave around time zero. B: still on sick leave. C: the primary outcome whole, by subgroup and
# by other ways to count. D: among the published.

# %%
figure, panels = plt.subplots(2, 2, figsize=(11, 9), layout="constrained")
for arm, colour in (("treated", "#0b6fb8"), ("control", "#c8560b")):
    months = r["secondary"]["degree"]["months"]
    panels[0, 0].plot([row["month"] for row in months], [row[arm]["mean"] for row in months], color=colour, label=r["arms"][arm]["en"])
    curve = [row for row in r["secondary"]["return"]["curve"] if row["arm"] == arm]
    panels[0, 1].plot([row["day"] for row in curve], [100 * row["value"] for row in curve], color=colour)
panels[0, 0].set(title="A", xlabel="months from time zero", ylabel="mean degree of sick leave (%)")
panels[0, 1].set(title="B", xlabel="days from time zero", ylabel="still on sick leave (%)", ylim=(0, 100))
panels[0, 0].legend(frameon=False)
splits = [(f"{split['name']['en']}: {row['level']}", row["estimate"]) for split in r["subgroups"] for row in split["levels"] if "estimate" in row]
others = [(say(f"methods_short.{row['name']}"), row) for row in r["sensitivity"]["methods"]]
own = [("All", r["primary"]["estimate"]), *splits, *others]
known = [(row["label"], row | {"estimate": row["percent"]}) for row in said["published"]]
for panel, rows in ((panels[1, 0], own), (panels[1, 1], known)):
    for place, (_, row) in enumerate(reversed(rows)):
        panel.plot([row["ci_low"] or row["estimate"], row["ci_high"] or row["estimate"]], [place, place], color="#1f2933")
        panel.plot(row["estimate"], place, "s", color="#1f2933", markersize=4)
    panel.set_yticks(range(len(rows)), [textwrap.fill(name, 32) for name, _ in reversed(rows)], fontsize=7)
    panel.axvline(0, color="0.7", zorder=0)
panels[1, 0].set(title="C", xlabel="difference in net sick days")
panels[1, 1].set(title="D", xlabel="% of the days without coordination", xlim=(-80, 80))
figure.savefig(given.out / "figure_2.svg")
print(f"The whole report: {report}")
