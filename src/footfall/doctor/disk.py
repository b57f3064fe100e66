"""The data folder: can it be written, and is there room."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from footfall.doctor.finding import Finding, Level
from footfall.settings import Settings

_LITTLE: Final = 1_000_000_000
_NEXT_TO_NOTHING: Final = 100_000_000
"""Bytes free. A journal of a million events takes about 700 MB."""

_NEARLY: Final = 0.8
"""Share of journal.max_bytes from which it is worth a word."""


def disk(settings: Settings, journals: Path) -> Iterator[Finding]:
    """Look at the data folder, its room and the journals' size."""
    folder = settings.data
    try:
        there = folder.exists()
    except OSError as error:  # a name that is too long, a folder above it that may not be entered
        yield Finding("fail", f"{folder}: cannot be looked at: {error.strerror}", "name another folder by --data")
        return
    if not there:
        yield Finding("warn", f"{folder}: no such folder yet", "footfall up makes it; or name another by --data")
        return
    yield _writable(folder)
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:,.1f} GB free in {folder}"
    if free < _LITTLE:
        level: Level = "fail" if free < _NEXT_TO_NOTHING else "warn"
        yield Finding(level, text, "make room: without any, the collector answers 503 and browsers keep their events")
    else:
        yield Finding("ok", text)
    size = sum(path.stat().st_size for path in journals.glob("*.db*"))
    limit = settings.journal.max_bytes
    text = f"journals take {size / 1e6:,.1f} MB of at most {limit / 1e6:,.0f} MB each"
    if size > _NEARLY * limit:
        yield Finding("warn", text, "raise journal.max_bytes, or shorten journal.retention")
    else:
        yield Finding("ok", text)


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            os.fsync(file.fileno())
    except OSError as error:
        full = error.errno == errno.ENOSPC
        own = "let the user that runs Footfall own the folder, and see that the disk is not read-only"
        return Finding("fail", f"{folder}: cannot be written: {error.strerror}", "make room" if full else own)
    return Finding("ok", f"{folder} can be written")
