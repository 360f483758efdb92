# %% [markdown]
# # A look at the spells
#
# What last night made of the certificates: how long spells last, who is on sick leave now, and how a spell's
# degree steps down. Run it cell by cell in an editor, or whole:
#
#     .venv/bin/python notebooks/01_look_at_spells.py --home data --out reports/out/sensitive
#
# Pictures of a real region's spells are personal data when groups are small: they go to the folder named `sensitive`.

# %%
import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import polars as pl

from models.risk.kaplan_meier import weighted_curve
from pipeline.config.home import DEFAULT_HOME, Home

given = argparse.ArgumentParser()
given.add_argument("--home", type=Path, default=DEFAULT_HOME)
given.add_argument("--out", type=Path, default=Path("reports/out/sensitive"))
given = given.parse_args()
lake = Home(given.home).require().lake
given.out.mkdir(parents=True, exist_ok=True)
spells = pl.read_parquet(lake / "spells" / "spells.parquet")
ongoing = pl.read_parquet(lake / "ongoing" / "ongoing.parquet")
print(f"{spells.height} spells as known on {spells['as_of'][0]}, {ongoing.height} of them ongoing")

# %% [markdown]
# ## How long do spells last?
#
# Spells that began in the last three years; the ongoing ones are censored at the night's date. Compare with the
# national figures: of spells longer than 14 days about 40 % pass day 90 and 9 % a year.

# %%
begun = spells.filter(pl.col("start_date") <= pl.col("as_of")).with_columns(
    group=pl.col("diagnosis").str.slice(0, 1).replace_strict({"F": "mental (F)", "M": "musculoskeletal (M)"}, default="other")
)
figure, axes = plt.subplots(figsize=(8, 4.5))
for (name,), part in begun.group_by("group", maintain_order=True):
    reached = part.select(pl.min_horizontal("end_date", "as_of") - pl.col("start_date")).to_series().dt.total_days() + 1
    curve = weighted_curve(reached.to_numpy(), ~part["ongoing"].to_numpy(), np.ones(part.height))
    axes.step(np.arange(len(curve)), curve, where="post", label=f"{name}, n = {part.height}")
for limit in (90, 180, 365):
    axes.axvline(limit, color="0.8", zorder=0)
axes.set(xlim=(0, 400), ylim=(0, 1), xlabel="day of the spell", ylabel="share still on sick leave", title="Length of spells")
axes.legend(frameon=False)
figure.savefig(given.out / "spell_lengths.svg")

# %% [markdown]
# ## Who is on sick leave tonight?

# %%
names = ["1–14", "15–30", "31–60", "61–90", "91–180", "181–365", "> 365"]
reached = np.digitize(ongoing["day"].to_numpy(), [15, 31, 61, 91, 181, 366])
counts = ongoing.select("degree", band=pl.Series(reached)).group_by("band", "degree").len().sort("band", "degree")
print(counts.pivot(on="degree", index="band", values="len").fill_null(0).with_columns(day=pl.col("band").map_elements(names.__getitem__, return_dtype=pl.String)))
figure, axes = plt.subplots(figsize=(8, 4.5))
bottom = np.zeros(len(names))
for degree, colour in ((25, "#c6dbef"), (50, "#9ecae1"), (75, "#4292c6"), (100, "#08519c")):
    heights = np.bincount(reached[ongoing["degree"].to_numpy() == degree], minlength=len(names))
    axes.bar(names, heights, bottom=bottom, color=colour, label=f"{degree} %")
    bottom += heights
axes.set(xlabel="day of the spell", ylabel="ongoing spells", title="Ongoing spells by day reached and degree")
axes.legend(frameon=False)
figure.savefig(given.out / "ongoing.svg")

# %% [markdown]
# ## Which weekday and month do they begin?

# %%
print(begun.group_by(month=pl.col("start_date").dt.month()).len().sort("month"))
