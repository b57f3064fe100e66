"""Product analytics for online shops, counted exactly once."""

__version__ = "0.1.0"
