"""Reading mapped records from positions of the event log. A position is never guessed."""

from footfall.log.batch import ARROW_SCHEMA, Batch, Limits, Record, Span, batch_of
from footfall.log.protocol import EventLog
from footfall.model.values import Kind

__all__ = ["ARROW_SCHEMA", "Batch", "EventLog", "Kind", "Limits", "Record", "Span", "batch_of"]
