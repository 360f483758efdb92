"""Every failure an operator can meet: what happened, where, and what to do about it."""

from __future__ import annotations


class PipelineError(Exception):
    """Base class; shown without a traceback. `exit_code` is what the scheduler sees.

    `what` says what happened and where (file, line, count) and never holds a person's data.
    """

    exit_code = 1

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"{what}\n  -> {remedy}")
        self.what = what
        self.remedy = remedy


class UsageError(PipelineError):
    """Wrong use or wrong input: nothing was changed."""

    exit_code = 2


class SettingsError(UsageError):
    """region.toml says something that cannot be used; the message names the line."""


class InputError(UsageError):
    """A table or file does not have the shape it was promised to have."""


class NightFailed(PipelineError):
    """The run itself failed; yesterday's results are still in place."""

    exit_code = 1


class GateFailed(NightFailed):
    """A table did not meet its suite in data/schemas."""
