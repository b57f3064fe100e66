"""The forwarder as a process: wait for the journal, forward it until asked to end."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from footfall.errors import UnavailableError
from footfall.forwarder.convert import Convert
from footfall.forwarder.forward import Forwarder
from footfall.journal import JournalReader, Notebook, notes_of
from footfall.sinks import KafkaSink, Target

Ready = Callable[[str], None]
"""Called once, with what is forwarded where."""

_LOOK: Final = 0.1
"""Seconds between two looks for a journal that its collector has yet to make."""

_SILENT: Final = 20
"""Looks before it is worth a word: beside its collector, a forwarder starts a little too early."""

_log: Final = structlog.get_logger("footfall.forwarder")


def serve(journal: Path, target: Target, convert: Convert, keep: int, stop: threading.Event, ready: Ready) -> None:
    """Forward the journal until `stop` is set. `keep`: how long records that were set aside are kept, ms.

    Raises HeldError: another forwarder took over; InputError: the position in Kafka is not of this journal, or would be
    forgotten; VersionError: the journal is newer.
    """
    ready(f"{journal.stem} to {target.topic} on {target.servers}")
    reader = _opened(journal, stop)
    if reader is None:
        return
    try:
        notebook = Notebook(notes_of(journal), reader.uuid)
        sink = KafkaSink(target, reader.uuid, stop.is_set)
        try:
            Forwarder(reader, convert, sink, notebook, keep).run(stop)
        finally:
            sink.close()
            notebook.close()
    finally:
        reader.close()


def _opened(path: Path, stop: threading.Event) -> JournalReader | None:
    """Return a reader of the journal, once it is there; None if the process is asked to end first."""
    problem, since = "there is none yet; footfall collect makes it", 0
    while not stop.is_set():
        if path.exists():
            try:
                reader = JournalReader(path)
                if reader.uuid:
                    return reader
                reader.close()
            except UnavailableError as error:
                problem = str(error)
        if since == _SILENT:
            _log.warning("waiting for the journal", path=str(path), problem=problem)
        since += 1
        stop.wait(_LOOK)
    return None
