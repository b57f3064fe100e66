"""Raw requests, durable, in order, until mapped and as long as retention says. One writer; readers by position."""

from footfall.journal.journal import Journal, checkpoint
from footfall.journal.reader import JournalReader
from footfall.model.frames import (
    Frame,
    FrameKind,
    Request,
    pack,
    pack_line,
    pack_request,
    unpack,
    unpack_line,
    unpack_request,
)

__all__ = [
    "Frame",
    "FrameKind",
    "Journal",
    "JournalReader",
    "Request",
    "checkpoint",
    "pack",
    "pack_line",
    "pack_request",
    "unpack",
    "unpack_line",
    "unpack_request",
]
