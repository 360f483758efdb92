"""The `moment` fixture for every paragraph of this chapter."""

from tests.spec.features.moment import moment

__all__ = ["moment"]
