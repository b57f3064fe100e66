"""Raw requests, durable, in order, until mapped and as long as retention says. One writer; readers by position."""

from footfall.journal.journal import Journal, checkpoint
from footfall.journal.notebook import Aside, Forwarded, Notebook, ask_again, forwarded, kept_aside, notes_of
from footfall.journal.reader import JournalReader
from footfall.model.frames import (
    Frame,
    FrameKind,
    Request,
    around,
    pack,
    pack_line,
    pack_request,
    unpack,
    unpack_line,
    unpack_request,
)

__all__ = [
    "Aside",
    "Forwarded",
    "Frame",
    "FrameKind",
    "Journal",
    "JournalReader",
    "Notebook",
    "Request",
    "around",
    "ask_again",
    "checkpoint",
    "forwarded",
    "kept_aside",
    "notes_of",
    "pack",
    "pack_line",
    "pack_request",
    "unpack",
    "unpack_line",
    "unpack_request",
]
