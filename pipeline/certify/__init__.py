"""Every estimator on simulated studies whose truth is known."""
