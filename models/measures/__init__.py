"""How well predictions hold: discrimination, accuracy, calibration, usefulness, each with its paper."""
