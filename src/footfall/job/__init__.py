"""Counting: one step, the loop, the schedule, the retry, and the proof that no event is missing."""

from footfall.job.compute import CarriedOf, Definition, compute
from footfall.job.counter import Counter
from footfall.job.losses import describe
from footfall.job.reading import Reading
from footfall.job.rounds import Share, StepReport
from footfall.job.upkeep import keep_up, upkeep
from footfall.job.verify import verify

__all__ = [
    "CarriedOf",
    "Counter",
    "Definition",
    "Reading",
    "Share",
    "StepReport",
    "compute",
    "describe",
    "keep_up",
    "upkeep",
    "verify",
]
