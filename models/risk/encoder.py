"""From a table of features to the numbers a model reads."""

from __future__ import annotations

import numpy as np
import polars as pl

FEWEST_PERSONS = 5
OTHER = 0  # the code of a level that was rare or unseen when the encoder was fitted


class FrameEncoder:
    """Text columns become categorical codes, numbers become float32, null becomes missing.

    Parameters
    ----------
    max_levels : most frequent levels kept per text column; the rest, and levels first seen later, share
        one code. At most 254: the boosting keeps 255 bins a column.

    Attributes
    ----------
    names_ : columns in order. categorical_ : bool per column. levels_ : text column -> its kept levels.

    >>> frame = pl.DataFrame({"id": [7, 8], "sex": ["F", None], "age_years": [40, 51]})
    >>> FrameEncoder().fit(frame, skip=("id",)).transform(frame).tolist()
    [[1.0, 40.0], [nan, 51.0]]
    """

    def __init__(self, max_levels: int = 250) -> None:
        self.max_levels = max_levels

    def fit(
        self, frame: pl.DataFrame, skip: tuple[str, ...] = (), persons: pl.Series | None = None
    ) -> FrameEncoder:
        """Learn names and levels. Columns in `skip`, and those neither text, number nor bool, are left out.

        persons : (n,) who each row is about; then a level is kept only where at least FEWEST_PERSONS share it, so that
            what is written to disk singles nobody out.
        """
        if self.max_levels > 254:
            raise ValueError("max_levels must be at most 254")
        usable = {n: t for n, t in frame.schema.items() if n not in skip and _kind(t)}
        self.names_ = tuple(usable)
        self.categorical_ = np.array([_kind(t) == "text" for t in usable.values()], dtype=bool)
        self.levels_ = {name: self._levels(frame[name], persons) for name, t in usable.items() if _kind(t) == "text"}
        return self

    def _levels(self, column: pl.Series, persons: pl.Series | None) -> tuple[str, ...]:
        held = pl.DataFrame([column.cast(pl.String), pl.Series("_person", range(len(column)) if persons is None else persons)])
        counts = held.drop_nulls().group_by(column.name).agg(n=pl.len(), persons=pl.col("_person").n_unique())
        if persons is not None:
            counts = counts.filter(pl.col("persons") >= FEWEST_PERSONS)
        # ties by name, so that a rerun on the same rows gives the same codes
        kept = counts.sort("n", column.name, descending=[True, False]).head(self.max_levels)
        return tuple(kept[column.name].to_list())

    def transform(self, frame: pl.DataFrame) -> np.ndarray:
        """(n, features) float32; categorical columns hold codes >= 0 (0 = rare or unseen), NaN = missing.

        Raises ValueError naming the columns when `frame` lacks one that was fitted.
        """
        if missing := [name for name in self.names_ if name not in frame.columns]:
            raise ValueError(f"features lack {', '.join(missing)}")
        out = np.empty((frame.height, len(self.names_)), dtype=np.float32)
        for place, name in enumerate(self.names_):
            if name in self.levels_:
                codes = {level: code for code, level in enumerate(self.levels_[name], start=1)}
                column = frame[name].cast(pl.String)
                coded = column.replace_strict(codes, default=OTHER, return_dtype=pl.Float32)
                coded = coded.to_frame().select(pl.when(column.is_not_null()).then(pl.first())).to_series()
            else:
                coded = frame[name].cast(pl.Float32)
            out[:, place] = coded.fill_null(np.nan).to_numpy()
        return out

    def to_dict(self) -> dict:
        """All that was learned, ready for JSON."""
        return {
            "max_levels": self.max_levels,
            "names": list(self.names_),
            "categorical": self.categorical_.tolist(),
            "levels": {name: list(levels) for name, levels in self.levels_.items()},
        }

    @classmethod
    def from_dict(cls, kept: dict) -> FrameEncoder:
        """The encoder that `to_dict` was called on."""
        made = cls(kept["max_levels"])
        made.names_ = tuple(kept["names"])
        made.categorical_ = np.array(kept["categorical"], dtype=bool)
        made.levels_ = {name: tuple(levels) for name, levels in kept["levels"].items()}
        return made


def _kind(dtype: pl.DataType) -> str:
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "text"
    return "number" if dtype.is_numeric() or dtype == pl.Boolean else ""
