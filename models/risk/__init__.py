"""How long an ongoing spell goes on: survival curves from a moment, and the net days that follow."""
