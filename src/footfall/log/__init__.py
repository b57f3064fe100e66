"""Reading mapped records from positions of the event log. A position is never guessed."""

from footfall.log.batch import ARROW_SCHEMA, Batch, Limits, Record, Span
from footfall.log.columns import Fields, batch_of
from footfall.log.journal import JournalLog
from footfall.log.memory import MemoryLog
from footfall.log.protocol import EventLog
from footfall.model.values import Kind

__all__ = [
    "ARROW_SCHEMA",
    "Batch",
    "EventLog",
    "Fields",
    "JournalLog",
    "Kind",
    "Limits",
    "MemoryLog",
    "Record",
    "Span",
    "batch_of",
]
