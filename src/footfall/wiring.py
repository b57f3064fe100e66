"""The one place that builds things from settings."""
