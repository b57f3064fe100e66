"""The canonical columns of an event and the fields they come from (counting.md, "The events it reads")."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Column = Literal[
    "timestamp",
    "event_type",
    "location",
    "session",
    "party",
    "event",
    "duplicate",
    "corrupt",
    "price",
    "amount",
    "currency",
    "item",
    "user_agent",
]

COLUMNS: Final[tuple[Column, ...]] = get_args(Column)

DEFAULT_FIELDS: Final[Mapping[Column, tuple[str, ...]]] = {
    "timestamp": ("timestamp",),
    "event_type": ("eventType",),
    "location": ("location",),
    "session": ("sessionId",),
    "party": ("partyId",),
    "event": ("eventId",),
    "duplicate": ("detectedDuplicate",),
    "corrupt": ("detectedCorruption",),
    "price": ("price",),
    "amount": ("amount",),
    "currency": ("currency",),
    "item": ("itemId",),
    "user_agent": ("userAgentString",),
}
"""Which field feeds which column: the first name that the record has wins."""
