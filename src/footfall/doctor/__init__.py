"""Checks of settings, ports, disk, clock and data, each finding with what to do."""
