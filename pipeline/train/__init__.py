"""Learn from past moments, measure on later ones, write a model and its card; never make it current."""
