"""Lines of a text file, counted, with a bound on their length."""

from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

LONGEST: Final = 1_000_000
"""Bytes of a line: as many as the collector takes in a body. A file without line ends is no reason to fill memory."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line without its end and the byte-order mark."""

    number: int
    body: bytes
    whole: bool
    """False: it is longer than LONGEST, and cut."""


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """Yield every line, blank ones too, so that numbers are those of an editor."""
    readline = stream.readline
    number = 0
    while line := readline(LONGEST + 2):
        number += 1
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        body = line.rstrip(b"\r\n")
        if len(body) <= LONGEST:
            yield Line(number, body, True)
            continue
        while not line.endswith(b"\n") and (line := readline(LONGEST)):
            pass
        yield Line(number, body, False)


def too_long() -> str:
    """Return why a line was cut."""
    return f"a line of over {LONGEST:,} bytes"
