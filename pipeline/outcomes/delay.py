"""How long a certificate takes to come: estimated from the region's own, once, for all that follows outcomes to their end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

LONGEST_DAYS = 60  # more would leave training without its newest season
SHARE = 0.99


@dataclass(frozen=True)
class ReportingDelay:
    """days: from the first day a period is for until 99 in 100 had come, at most LONGEST_DAYS; what is certified for days up to
    `as_of - days` is taken to have arrived.

    whole_days: the same without the limit. from_issue_days: 99 in 100, from the signing alone (received - issued). late_share: of the
    periods, came later than LONGEST_DAYS. periods: how many the estimate rests on.
    """

    days: int
    whole_days: int
    from_issue_days: int
    late_share: float
    periods: int

    @property
    def is_cut(self) -> bool:
        """Whether certificates come so late that not all of it is waited for."""
        return self.whole_days > self.days

    def in_words(self) -> str:
        """One sentence for the log, the card and the monitor."""
        told = (
            f"99 in 100 of the last year's {self.periods} certified periods had come {self.whole_days} days after the first day they cover "
            f"({self.from_issue_days} days after they were signed)"
        )
        if not self.is_cut:
            return f"{told}, and so many are waited for"
        return (
            f"{told}, but only {self.days} days are waited for: {self.late_share:.1%} come later, and some ends are only renewals not yet seen; "
            "ask the sender why certificates come so late"
        )

    def last_day(self, as_of: date, max_gap_days: int) -> date:
        """The last day whose outcomes are known (outcomes.remaining): an end by then would have been followed by its renewal."""
        return as_of - timedelta(days=self.days + max_gap_days + 1)


def reporting_delay(con: duckdb.DuckDBPyConnection, as_of: date) -> ReportingDelay:
    """Estimate it from ingest.certificate_periods that came within the last year.

    From the start of the period, not from its signing alone: a renewal signed late and dated back would else look like an end. By the
    day of coming, not of signing: those signed last whose certificates are still on their way would else make it too short.
    """
    found = con.execute(
        """
        with delays as (
            select
                greatest(date_diff('day', start_date, known_from), 0) as days,
                greatest(date_diff('day', cast(issued_at as date), known_from), 0) as from_issue_days
            from ingest.certificate_periods
            where known_from <= $1 and known_from > $1 - 365
        )
        select quantile_disc(days, $2), quantile_disc(from_issue_days, $2), count(*), avg(case when days > $3 then 1.0 else 0.0 end) from delays
        """,
        [as_of, SHARE, LONGEST_DAYS],
    ).fetchall()[0]
    whole, from_issue, periods, beyond = int(found[0] or 0), int(found[1] or 0), int(found[2]), float(found[3] or 0.0)
    return ReportingDelay(min(whole, LONGEST_DAYS), whole, from_issue, beyond, periods)
