"""Checks of settings, ports, disk, clock, database and how far counting is behind; each finding with what to do."""

from footfall.doctor.examine import examine
from footfall.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
