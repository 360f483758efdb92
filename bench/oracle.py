"""What nobody could forecast better, in a simulated region: the curves its own truth gives at a moment.

Two of them. `truth`: the hazard that drew the spell, with the frailty nothing records, given that the spell lasts to the
certified end; it does not look at the certificates. `knowable`: the frailty is not known but inferred, as from the data it
could be at best: Bayes over length and frailty, with the chances by which the simulator cut the certificates and wrote the
prognoses. Both know the person's education, which no extract holds, and neither knows of coordination to come.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import ndtr

from models.risk.person_period import HORIZON
from pipeline.config.home import Home
from pipeline.privacy.pseudonyms import Keyring
from pipeline.privacy.vault import Vault
from pipeline.simulate import figures as simulated
from pipeline.simulate.certificates import LONGEST_WEEKS, WORDS

BATCH = 400
STRAYS = 21  # days that a wrongly long certificate may go on past the spell
# the simulator's figures of certificates.py: share of inner ends moved, and by at most so many days
MOVED_SHARE, MOST_MOVED = 0.4, 3
NODES = 9  # of the frailty


def with_truth(rows: pl.DataFrame, home: Home) -> pl.DataFrame:
    """The rows whose spell the truth knows, with its columns beside them, prefixed `true_`."""
    persons = Vault(home, Keyring.open(home.vault)).identities().select("person_key", patient_id="identity")
    truth = pl.read_parquet(home.truth / "spells.parquet").join(persons, on="patient_id")
    truth = truth.drop("patient_id", "person").rename(lambda name: name if name == "person_key" else f"true_{name}")
    found = rows.sort("as_of").join_asof(
        truth.sort("true_start_date").with_columns(as_of=pl.col("true_start_date")),
        on="as_of", by="person_key", check_sortedness=False,
    )  # fmt: skip
    ends = pl.col("true_end_date") + pl.duration(days=STRAYS)
    return found.filter(pl.col("as_of") <= ends).with_columns(
        true_day=(pl.col("as_of") - pl.col("true_start_date")).dt.total_days() + 1
    )


def prognoses(rows: pl.DataFrame, home: Home) -> pl.DataFrame:
    """place (row of `rows`), last (day of spell), word, days: what the certificates known at each moment foretold."""
    periods = pl.read_parquet(home.lake / "certificate_periods" / "certificate_periods.parquet")
    ends = periods.group_by("certificate_id").agg(pl.col("end_date").max())
    known = (
        pl.read_parquet(home.lake / "certificates" / "certificates.parquet")
        .join(ends, on="certificate_id")
        .select("person_key", "known_from", "known_until", "end_date", "prognosis", "prognosis_days")
    )
    asked = rows.with_row_index("place").select("place", "person_key", "as_of", "true_start_date")
    found = asked.join(known, on="person_key").filter(
        pl.col("known_from") <= pl.col("as_of"),
        pl.col("known_until").is_null() | (pl.col("known_until") > pl.col("as_of")),  # one replaced or revoked by then repeats another's words
        pl.col("end_date") >= pl.col("true_start_date"),
    )
    last = (pl.col("end_date") - pl.col("true_start_date")).dt.total_days() + 1
    return found.select("place", last=last, word=pl.col("prognosis").fill_null(""), days="prognosis_days").sort("place", "last")


class Oracle:
    """The simulator's chances; `curves` gives S(t) of moments, t = 0..365 days on."""

    def __init__(self, home: Home) -> None:
        self.home = home
        table = pl.read_parquet(home.truth / "hazards.parquet")
        names = table["diagnosis"].unique(maintain_order=True).to_list()
        self.place = {name: at for at, name in enumerate(names)}
        self.cumulative = table["cumulative"].to_numpy().reshape(len(names), -1)
        care = simulated.load().raw["care"]
        self.frailty_sd = simulated.load().raw["effects"]["frailty_sd"]
        first, later = care["first_weeks"], care["later_weeks"]
        self.renewal = np.zeros(LONGEST_WEEKS + 400)
        self.renewal[0] = 1.0
        for n in range(1, len(self.renewal)):
            self.renewal[n] = sum(g * self.renewal[n - at] for at, g in enumerate(later, start=1) if at <= n)
        self.first_total = np.array(
            [sum(g * self.renewal[n - at] for at, g in enumerate(first, start=1) if at <= n) for n in range(len(self.renewal))]
        )

    def truth(self, rows: pl.DataFrame) -> np.ndarray:
        """(n, HORIZON + 1) by the hazard alone, frailty known, from the certified end on."""
        out = np.empty((rows.height, HORIZON + 1), dtype=np.float32)
        for start in range(0, rows.height, BATCH):
            some = rows[start : start + BATCH]
            rise = self._rise(some, np.maximum(_end(some) - 1, 14))
            out[start : start + BATCH] = np.exp(-np.exp(some["true_log_hazard"].to_numpy())[:, None] * rise)
        return self._short(rows, out)

    def knowable(self, rows: pl.DataFrame) -> np.ndarray:
        """(n, HORIZON + 1) given all that the extracts tell of the spell."""
        words = prognoses(rows, self.home)
        nodes, mass = np.polynomial.hermite_e.hermegauss(NODES)
        out = np.empty((rows.height, HORIZON + 1), dtype=np.float32)
        for start in range(0, rows.height, BATCH):
            some = rows[start : start + BATCH]
            said = words.filter(pl.col("place").is_between(start, start + BATCH, closed="left"))
            out[start : start + BATCH] = self._posterior(some, said, start, nodes * self.frailty_sd, mass)
        return self._short(rows, out)

    def _posterior(self, rows, said, start, nodes, mass) -> np.ndarray:
        end, day = _end(rows), rows["true_day"].to_numpy()
        wide = self.cumulative.shape[1]
        length = np.arange(wide)  # T, the last day of the spell
        row = np.array([self.place.get(code[:3], 0) for code in rows["true_diagnosis"]])
        known = (rows["true_log_hazard"] - rows["true_frailty"]).to_numpy()
        base = self._slowed(rows, row)
        pattern = self._pattern(end)
        total = np.zeros((rows.height, wide))
        place = said["place"].to_numpy() - start
        for node, share in zip(nodes, mass, strict=True):
            left = np.exp(-np.exp(known + node)[:, None] * base)
            drop = -np.diff(left, axis=1, prepend=1.0)
            log = np.zeros((rows.height, wide))
            np.add.at(log, place, _log_words(said, length, (known + node)[place]))
            total += share * drop * np.exp(log) * pattern
        after = np.cumsum(total[:, ::-1], axis=1)[:, ::-1]  # weight of T >= t
        at = np.minimum(day[:, None] + np.arange(HORIZON + 1) + 1, wide - 1)
        return np.take_along_axis(after, at, axis=1) / np.maximum(after[:, :1], 1e-300)

    def _pattern(self, end: np.ndarray) -> np.ndarray:
        """(n, lengths) chance of a certificate ending on `end`, by the spell's last day; see certificates.cut."""
        wide = self.cumulative.shape[1]
        length = np.arange(wide)[None, :]
        weeks, spare = length // 7, length % 7
        out = np.zeros((len(end), wide))
        for moved in range(-MOST_MOVED, MOST_MOVED + 1):
            odds = (MOVED_SHARE / (2 * MOST_MOVED + 1)) + (1 - MOVED_SHARE) * (moved == 0)
            cut = end[:, None] - moved
            early = (cut % 7 == spare) & (length > cut)
            late = (cut % 7 == 0) & (weeks > cut // 7)
            out += odds * 0.5 * np.where(early | late, self.renewal[np.maximum(weeks - cut // 7, 0)], 0) * (1.0 * early + late)
        out[np.arange(len(end)), np.minimum(end, wide - 1)] += 1.0
        return np.where(length >= end[:, None], out / np.maximum(self.first_total[weeks], 1e-12), 0)

    def _slowed(self, rows: pl.DataFrame, row: np.ndarray) -> np.ndarray:
        """(n, days) base cumulative hazard, faster from the day coordination began where it had by the moment."""
        base = self.cumulative[row]
        from_day = rows["true_coordinated_day"].fill_null(10**6).to_numpy()
        begun = from_day <= rows["true_day"].to_numpy()
        at = np.where(begun, np.minimum(from_day, base.shape[1] - 1), base.shape[1] - 1)
        before = np.take_along_axis(base, at[:, None], axis=1)
        return base + np.maximum(base - before, 0) * (rows["true_effect"].to_numpy() - 1)[:, None]

    def _rise(self, rows: pl.DataFrame, from_day: np.ndarray) -> np.ndarray:
        row = np.array([self.place.get(code[:3], 0) for code in rows["true_diagnosis"]])
        base = self._slowed(rows, row)
        last = base.shape[1] - 1
        at = np.minimum(rows["true_day"].to_numpy()[:, None] + np.arange(HORIZON + 1), last)
        begun = np.take_along_axis(base, np.minimum(from_day, last)[:, None], axis=1)
        return np.maximum(np.take_along_axis(base, at, axis=1) - begun, 0)

    @staticmethod
    def _short(rows: pl.DataFrame, curves: np.ndarray) -> np.ndarray:
        """Spells of 14 days or less have one certificate, and end with it."""
        short = ~rows["true_long"].to_numpy()
        ahead = np.maximum(rows["certified_days_ahead"].fill_null(0).to_numpy(), 1)
        on = np.arange(HORIZON + 1)[None, :] < ahead[:, None]
        return np.where(short[:, None], on, np.where(on, 1.0, curves)).astype(np.float32)


def _end(rows: pl.DataFrame) -> np.ndarray:
    """Day of spell of the certified end."""
    return (rows["true_day"] + rows["certified_days_ahead"].fill_null(0)).to_numpy().astype(int)


def _log_words(said: pl.DataFrame, length: np.ndarray, log_hazard: np.ndarray) -> np.ndarray:
    """(c, lengths) log chance of each prognosis; see certificates._prognosis."""
    rest = np.maximum(length[None, :] - said["last"].to_numpy()[:, None], 0)
    mean = 0.16 * np.log1p(rest) - 0.35 * log_hazard[:, None]
    word = np.array([WORDS.index(text) if text in WORDS else 0 for text in said["word"]])
    low = np.array([0, -np.inf, 0.3, 1.0, 2.2])[word][:, None]
    high = np.array([0, 0.3, 1.0, 2.2, np.inf])[word][:, None]
    seen = 0.85 * (ndtr((high - mean) / 1.1) - ndtr((low - mean) / 1.1)) + 0.15 * (word == 3)[:, None]
    stated = said["days"].fill_null(0).to_numpy()
    centre = np.log(75.0) + 0.35 * np.log((rest + 14) / 75)
    edges = {30: (0, 45), 60: (45, 75), 90: (75, 130), 180: (130, 260), 365: (260, np.inf)}
    with np.errstate(divide="ignore"):
        under = np.log([edges.get(int(days), (1, 1))[0] for days in stated])[:, None]
        over = np.log([edges.get(int(days), (1, 1))[1] for days in stated])[:, None]
    guess = np.where((word == 2)[:, None] & (stated > 0)[:, None], ndtr((over - centre) / 0.8) - ndtr((under - centre) / 0.8), 1.0)
    return np.where((word == 0)[:, None], 0.0, np.log(np.maximum(seen, 1e-12)) + np.log(np.maximum(guess, 1e-12)))

