"""How fast the service is, as ratios to a yardstick in the same run: ``python -m bench``."""
