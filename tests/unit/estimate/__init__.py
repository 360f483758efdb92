"""The verb estimate."""
