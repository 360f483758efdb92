"""Put chances, days and reasons on every ongoing spell, with the current model."""
