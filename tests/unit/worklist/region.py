"""One invented unit's list, for the tests of what is written and read back."""

import datetime as dt

import polars as pl

AS_OF = dt.date(2026, 1, 12)
UNIT = "SE2321000099-03E8"


def entries(n=4, unit=UNIT, reason="Sjukskriven tidigare, 48 dagar på två år"):
    """n rows of worklist.entries, the first two within capacity, the third without age, group and reasons."""
    frame = pl.DataFrame(
        {
            "spell_id": [f"{at}-20260101" for at in range(n)],
            "person_key": pl.Series(range(n), dtype=pl.Int64),
            "as_of": [AS_OF] * n,
            "list_unit_id": [unit] * n,
            "list_unit_name": ["Vårdcentralen Åsen"] * n,
            "rank": range(1, n + 1),
            "within_capacity": [at < 2 for at in range(n)],
            "change": ["new", "up", "down", "same"][:n] if n <= 4 else ["same"] * n,
            "age": [45, 31, None, 60][:n] if n <= 4 else [45] * n,
            "sex": ["F", "M", None, "F"][:n] if n <= 4 else ["F"] * n,
            "spell_start": [dt.date(2026, 1, 1)] * n,
            "day": [12] * n,
            "degree": [100, 75, 50, 25][:n] if n <= 4 else [100] * n,
            "diagnosis": ["F438A", "M545", "R52", "F321"][:n] if n <= 4 else ["F438A"] * n,
            "target_group": ["mental", "pain", None, "both"][:n] if n <= 4 else ["mental"] * n,
            "certificate_end": [dt.date(2026, 2, 1)] * n,
            "days_to_day_90": [78, 78, None, 78][:n] if n <= 4 else [78] * n,
            "p_90": [0.62, 0.4, 1.0, 0.05][:n] if n <= 4 else [0.5] * n,
            "p_180": [0.31, 0.2, 0.45, 0.01][:n] if n <= 4 else [0.2] * n,
            "net_days_left": [88.26, 60.0, 120.5, 10.0][:n] if n <= 4 else [50.0] * n,
            "preventable_days": [6.63, 4.0, 0.0, -0.5][:n] if n <= 4 else [3.0] * n,
            "preventable_low": [-34.9] * n,
            "preventable_high": [36.4] * n,
            "reason_1": [reason] * n,
            "reason_2": ["F43.8A"] * n,
            "reason_3": [None] * n,
        },
        schema_overrides={"reason_3": pl.String, "age": pl.Int64, "days_to_day_90": pl.Int64},
    )
    return frame


def identities(n=4, name="Åsa Öst"):
    """Invented persons of the series kept for tests (birth numbers 980-999)."""
    return pl.DataFrame(
        {
            "person_key": pl.Series(range(n), dtype=pl.Int64),
            "identity": [f"1980010198{at:02}" for at in range(n)],
            "name": [name] * n,
        }
    )
