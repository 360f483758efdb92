"""Estimators of a study: arrays in, an `Effect` out. Nothing here reads a file or knows a region."""
