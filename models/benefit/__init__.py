"""How many net sick-leave days coordination is expected to save."""
