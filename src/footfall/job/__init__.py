"""Counting: one step, the loop, the schedule, the retry, and the proof that no event is missing."""

from footfall.job.compute import CarriedOf, Definition, compute
from footfall.job.counter import Counter, StepReport
from footfall.job.reading import Reading
from footfall.job.upkeep import keep_up, upkeep
from footfall.job.verify import verify

__all__ = ["CarriedOf", "Counter", "Definition", "Reading", "StepReport", "compute", "keep_up", "upkeep", "verify"]
