"""What passes at the counting seam: an Arrow table of canonical columns, one row a record, in log order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arro3.core import DataType, Field, Schema, Table

from footfall.model.steps import Lost

ARROW_SCHEMA = Schema(
    [
        Field("position", DataType.int64(), nullable=False),
        Field("arrival", DataType.int64(), nullable=False),
        Field("problem", DataType.string()),
        Field("timestamp", DataType.int64()),
        Field("event_type", DataType.string()),
        Field("location", DataType.string()),
        Field("session", DataType.string()),
        Field("event", DataType.string()),
        Field("duplicate", DataType.bool(), nullable=False),
        Field("corrupt", DataType.bool(), nullable=False),
        Field("price", DataType.string()),
        Field("price_kind", DataType.int8(), nullable=False),
        Field("amount", DataType.string()),
        Field("amount_kind", DataType.int8(), nullable=False),
        Field("currency", DataType.string()),
        Field("item", DataType.string()),
        Field("user_agent", DataType.string()),
    ]
)
"""`problem` is null for a record that was decoded; otherwise it says why not, and the other columns are null or false.

Values are read by the rules of counting.md, "How values are read": a null timestamp or session is a missing one.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one read may take."""

    events: int = 20_000
    bytes: int = 32_000_000
    """Of raw records. A single larger record is read all the same."""


@dataclass(frozen=True, slots=True)
class Span:
    """Positions `first <= p < end` of a partition."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition in log order."""

    partition: str
    start: int
    """The position asked for."""
    next: int
    """Where to go on. `next == start`: nothing new."""
    events: Table
    """Rows by `ARROW_SCHEMA`."""
    raws: Sequence[bytes]
    """The record of each row as it lies in the log."""
    origins: Sequence[str]
    """`FILE:LINE` of each imported row, else the empty text."""
    lost: Lost | None = None
    """What lay from `start` on and is gone: the rows begin behind it. None: nothing but gaps that the log means."""


class Record(NamedTuple):
    """One mapped record with all its fields."""

    position: int
    arrival: int
    """When it was received or imported, ms."""
    fields: Mapping[str, object] | None
    """By the schema's field names. None: it could not be decoded."""
    problem: str | None
    raw: bytes
    origin: str = ""
