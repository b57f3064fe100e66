"""The HTTP API: v1.0 as in the seed, health and metrics. No number that answers does not give."""
