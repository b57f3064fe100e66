"""JSON lines: one JSON object a line."""

from collections.abc import Iterator
from typing import BinaryIO

from footfall.errors import InputError
from footfall.mapping import read_object
from footfall.transfer.lines import read_lines, too_long
from footfall.transfer.rows import Row


def json_rows(stream: BinaryIO) -> Iterator[Row]:
    """Yield a row for each line that is not blank."""
    for number, line, whole in read_lines(stream):
        body = line.strip(b" \t\r\n")
        if not body:
            continue
        if not whole:
            yield Row(number, None, body, too_long())
            continue
        try:
            yield Row(number, read_object(body), body, "")
        except InputError as error:
            yield Row(number, None, body, str(error))
