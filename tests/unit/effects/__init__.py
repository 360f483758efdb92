"""Estimators of an effect, by numbers worked out by hand."""
