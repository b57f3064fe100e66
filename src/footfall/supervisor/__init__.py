"""Running collector, counting and API together, restarted when they die."""
