"""Where an export goes: a file that appears when it is whole, or standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from footfall.errors import InputError


@contextmanager
def target(path: Path | None) -> Iterator[BinaryIO]:
    """Yield what to write to; None is standard output. A file takes its name only once it is whole.

    Raises InputError if it cannot be written.
    """
    if path is None:
        if sys.stdout is None:
            raise InputError("standard output is closed; expected an open one, or --out FILE")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = path.resolve()  # a link stays a link
    if path.exists() and not path.is_file():
        with _into(path) as file:  # a device or a pipe: nothing may take its place
            yield file
        return
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _into(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
