"""When a region has too short a past to learn from."""

from pipeline.errors import UsageError


class TooLittleData(UsageError):
    """Too few moments or ends of spells; the shipped national figures serve instead."""
