"""How long an ongoing spell goes on: survival curves from a moment, and the net days that follow."""

import os

# boosting threads that wait by spinning take 10 times as long on a machine shared with other work;
# libgomp reads this once, when scikit-learn is first imported
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
