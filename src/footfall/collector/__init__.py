"""The HTTP edge: answers only after the journal has it."""

from footfall.collector.serve import serve

__all__ = ["serve"]
