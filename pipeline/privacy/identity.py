"""Identity numbers: every spelling of one number becomes one canonical text of twelve characters.

Rules: Folkbokföringslagen 18 §, Skatteverket SKV 704 (personnummer) and SKV 707 (samordningsnummer).
Reserve numbers are each region's own: see `KNOWN_RESERVE_NUMBERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.config.region import ReserveNumber

SPELLING = r"^((?:18|19|20)?)([0-9]{2})([0-9]{2})([0-9]{2})([-+ ]?)([0-9]{4})$"
SCHEMA = {
    "text": pl.String,
    "identity": pl.String,
    "kind": pl.String,
    "birth_date": pl.Date,
    "sex": pl.String,
    "problem": pl.String,
}
NO_DATE = pl.lit(None, dtype=pl.Date)
NO_SEX = pl.lit(None, dtype=pl.String)


def passes_luhn(digits: pl.Expr, length: int = 10) -> pl.Expr:
    """Whether the last digit is the check digit of those before it (weights 2, 1, 2, 1 … from the second last).

    `digits` is text of exactly `length` digits; anything else gives null.
    """
    number = digits.cast(pl.Int64, strict=False)
    total = pl.lit(0, dtype=pl.Int64)
    for place in range(length):
        digit = number // 10**place % 10
        total = total + (digit * 2 - 9 * (digit > 4).cast(pl.Int64) if place % 2 else digit)
    return total % 10 == 0


def _date_in_front(text: pl.Expr) -> pl.Expr:
    return text.str.slice(0, 8).str.to_date("%Y%m%d", strict=False)


def _sex_of(digit: pl.Expr) -> pl.Expr:
    odd = digit.cast(pl.Int64, strict=False) % 2
    return pl.when(odd == 1).then(pl.lit("M")).when(odd == 0).then(pl.lit("F"))


def _vgr_check(text: pl.Expr) -> pl.Expr:
    return passes_luhn(text.str.slice(2).str.replace_many(["K", "M", "X"], ["5", "7", "8"]))


def _vgr_sex(text: pl.Expr) -> pl.Expr:
    told = text.str.slice(9, 2).cast(pl.Int64, strict=False) < 80
    return pl.when(told).then(_sex_of(text.str.slice(10, 1)))


def _nrid_date(text: pl.Expr) -> pl.Expr:
    # the century is sent as itself plus a multiple of three, so its rest by three tells which of 18, 19 and 20 it was
    sent = text.str.slice(0, 2).cast(pl.Int64, strict=False)
    century = pl.when(sent > 0).then(sent % 3 + 18).cast(pl.String)
    return (century + text.str.slice(2, 6)).str.to_date("%Y%m%d", strict=False)


@dataclass(frozen=True)
class ReserveScheme:
    """How one region builds its reserve numbers. `dated`: the number must begin with a real date."""

    pattern: str
    check: Callable[[pl.Expr], pl.Expr] | None = None
    birth_date: Callable[[pl.Expr], pl.Expr] | None = None
    sex: Callable[[pl.Expr], pl.Expr] | None = None
    dated: bool = False


# Name in region.toml -> scheme. Sources: inera.atlassian.net "Lokala reservid", antwork (Skåne), cgiostersund (national).
#   stockholm  99yyyyNNNNNC, C Luhn over places 5-11; no birth date or sex in it
#   vgr        yyyymmddGggC, G one of K M X, gg 06-79 odd = man, 80-89 sex unknown, C Luhn with K=5 M=7 X=8
#   varmland   yyyymmddABNC, A = S; how C is computed is not published, so not checked
#   skane      yyyymmdd and four characters of which at least one a letter; no check digit
#   nrid       XXYYMMDDNNGC, XX century + 3k or 00 unknown, N letters but I O Q V W; check with letters not published
#   inera      yyyymmxxNNNC, xx 32-59 in place of the day, C Luhn on the last ten
KNOWN_RESERVE_NUMBERS: dict[str, ReserveScheme] = {
    "stockholm": ReserveScheme("99[0-9]{10}", check=lambda text: passes_luhn(text.str.slice(4), 8)),
    "vgr": ReserveScheme(
        "(18|19|20)[0-9]{6}[KMX](0[6-9]|[1-8][0-9])[0-9]", _vgr_check, _date_in_front, _vgr_sex, dated=True
    ),
    "varmland": ReserveScheme("(18|19|20)[0-9]{6}S[A-Z0-9][0-9]{2}", birth_date=_date_in_front, dated=True),
    "skane": ReserveScheme(
        "(18|19|20)[0-9]{6}([A-Z][A-Z0-9]{3}|[0-9][A-Z][A-Z0-9]{2}|[0-9]{2}[A-Z][A-Z0-9]|[0-9]{3}[A-Z])",
        birth_date=_date_in_front,
        dated=True,
    ),
    "nrid": ReserveScheme(
        "(00|2[2-9]|[3-8][0-9]|9[0-7])[0-9]{6}[A-HJ-NPR-UX-Z]{2}[0-9]{2}",
        birth_date=_nrid_date,
        sex=lambda text: _sex_of(text.str.slice(10, 1)),
    ),
    "inera": ReserveScheme(
        "(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(3[2-9]|[45][0-9])[0-9]{4}",
        check=lambda text: passes_luhn(text.str.slice(2)),
    ),
}


def normalise(texts: pl.Series, on: date, reserve_numbers: tuple[ReserveNumber, ...] = ()) -> pl.DataFrame:
    """Read identity numbers in any spelling.

    Parameters
    ----------
    texts : identity numbers as sent: twelve digits, or ten with the century resolved as the latest that is not after
        `on`; hyphen, plus or one blank before the last four; blanks around. '+' before the last four of ten digits:
        born at least a hundred calendar years before the year of `on`.
    on : the day the numbers are read as of; a later birth date is impossible.
    reserve_numbers : the region's own numbers. `name` found in KNOWN_RESERVE_NUMBERS takes its rules from there, and its
        pattern too where none is given; any other name: `pattern` over the text without blanks and separators, in capitals,
        and when `checked` a Luhn digit on the last ten. `checked=False` leaves the check digit unread.

    Returns
    -------
    One row a value, in order: text (as sent), identity (canonical, or null), kind (personnummer / samordningsnummer /
    reserve:<name>), birth_date, sex (F / M / null), problem (null, "format", "impossible date" or "check digit").

    >>> normalise(pl.Series(["121212-1212"]), date(2026, 11, 20))["identity"].to_list()
    ['201212121212']
    """
    read = _personal_numbers(pl.DataFrame({"text": texts.cast(pl.String)}), on)
    if not reserve_numbers or read["problem"].null_count() == read.height:
        return read
    # only what is no personal number is tried against the region's own patterns
    read = read.with_row_index("row")
    tried = read.filter(pl.col("problem").is_not_null())
    left = tried
    found = []
    for number in reserve_numbers:
        hits = _reserve_numbers(left, number, on)
        found.append(hits)
        left = left.join(hits, on="row", how="anti")
    hits = pl.concat(found)
    rest = read.join(hits, on="row", how="anti")
    return pl.concat([rest, hits]).sort("row").select(list(SCHEMA))


def _personal_numbers(frame: pl.DataFrame, on: date) -> pl.DataFrame:
    group = pl.col("text").str.strip_chars().str.extract_groups(SPELLING)
    parts = frame.with_columns(
        group.struct.rename_fields(["century", "yy", "mm", "dd", "sign", "tail"]).alias("part")
    ).unnest("part")
    yy, mm, dd = (pl.col(name).cast(pl.Int64, strict=False) for name in ("yy", "mm", "dd"))
    coordination = dd > 60
    day = pl.when(coordination).then(dd - 60).otherwise(dd)
    after_year_start = mm * 100 + day
    latest = on.year - (on.year - yy) % 100
    # a day later this year belongs to the century before
    latest = latest - 100 * ((latest == on.year) & (after_year_start > on.month * 100 + on.day)).cast(
        pl.Int64
    )
    aged = on.year - 100 - (on.year - yy) % 100
    year = (
        pl.when(pl.col("century") != "")
        .then(pl.col("century").cast(pl.Int64, strict=False) * 100 + yy)
        .when(pl.col("sign") == "+")
        .then(aged)
        .otherwise(latest)
    )
    digits = pl.col("yy") + pl.col("mm") + pl.col("dd") + pl.col("tail")
    read = parts.with_columns(
        coordination=coordination,
        year=year,
        birth_date=(year * 10000 + after_year_start).cast(pl.String).str.to_date("%Y%m%d", strict=False),
        checked=passes_luhn(digits),
        digits=digits,
    )
    problem = (
        pl.when(pl.col("digits").is_null())
        .then(pl.lit("format"))
        .when(pl.col("birth_date").is_null() | (pl.col("birth_date") > on))
        .then(pl.lit("impossible date"))
        .when(~pl.col("checked"))
        .then(pl.lit("check digit"))
    )
    read = read.with_columns(problem=problem)
    good = pl.col("problem").is_null()
    kind = pl.when(pl.col("coordination")).then(pl.lit("samordningsnummer")).otherwise(pl.lit("personnummer"))
    return read.select(
        "text",
        identity=pl.when(good).then((pl.col("year") // 100).cast(pl.String) + pl.col("digits")),
        kind=pl.when(good).then(kind),
        birth_date=pl.when(good).then(pl.col("birth_date")),
        sex=pl.when(good).then(_sex_of(pl.col("tail").str.slice(2, 1))),
        problem=pl.col("problem"),
    )


def _reserve_numbers(left: pl.DataFrame, number: ReserveNumber, on: date) -> pl.DataFrame:
    """The rows of `left` that have the form of this reserve number, good or not."""
    scheme = KNOWN_RESERVE_NUMBERS.get(number.name)
    pattern = number.pattern or (scheme.pattern if scheme else "")
    if not pattern:
        raise UsageError(
            f"region.toml: reserve number '{number.name}' has no pattern and is none of the known ones",
            remedy=f"give it a pattern, or one of the names {', '.join(KNOWN_RESERVE_NUMBERS)}",
        )
    scheme = scheme or ReserveScheme(pattern, check=lambda text: passes_luhn(text.str.slice(-10)))
    bare = pl.col("bare")
    try:
        hits = left.with_columns(
            bare=pl.col("text").str.to_uppercase().str.replace_all(r"[-+\s]", "")
        ).filter(bare.str.contains(f"^(?:{pattern})$"))
    except pl.exceptions.ComputeError as error:
        raise UsageError(
            f"region.toml: the pattern of reserve number '{number.name}' is not a regular expression",
            remedy="write it without look-ahead or back references (Rust regex syntax)",
        ) from error
    born = scheme.birth_date(bare) if scheme.birth_date else NO_DATE
    # a null verdict (a letter where the check wants a digit) is no pass
    wrong_digit = ~scheme.check(bare).fill_null(False) if scheme.check and number.checked else pl.lit(False)
    wrong_date = (born.is_null() & scheme.dated) | (born > on).fill_null(False)
    problem = (
        pl.when(wrong_date).then(pl.lit("impossible date")).when(wrong_digit).then(pl.lit("check digit"))
    )
    hits = hits.with_columns(problem=problem)
    good = pl.col("problem").is_null()
    return hits.select(
        "row",
        "text",
        identity=pl.when(good).then(bare),
        kind=pl.when(good).then(pl.lit(f"reserve:{number.name}")),
        birth_date=pl.when(good).then(born),
        sex=pl.when(good).then(scheme.sex(bare) if scheme.sex else NO_SEX),
        problem=pl.col("problem").cast(pl.String),
    )
