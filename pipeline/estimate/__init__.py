"""One estimator of models/effects on any CSV file."""
