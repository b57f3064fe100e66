"""CSV (RFC 4180) with a header, parted by comma, semicolon or tab; every value is text."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

from footfall.errors import InputError
from footfall.transfer.lines import LONGEST, Line, read_lines, too_long
from footfall.transfer.rows import Row

_DELIMITERS: Final = ",;\t"

_MOST_LINES: Final = 100
"""Lines that one record may span: a quote that is never closed must not swallow the rest of the file."""

csv.field_size_limit(LONGEST)  # the module's own limit is 131,072: less than a long address


def csv_header(name: str, stream: BinaryIO) -> list[str]:
    """Return the header's names. Raises InputError if there is no usable one."""
    return _header(name, read_lines(stream))[0]


def csv_rows(name: str, stream: BinaryIO) -> Iterator[Row]:
    """Yield a row for each record. A broken one costs its first line only: reading goes on with the next."""
    lines = read_lines(stream)
    names, delimiter = _header(name, lines)
    waiting: deque[Line] = deque()
    while line := _next(waiting, lines):
        if not line.body.strip():
            continue
        record = [line]
        cells = _cells(record, delimiter)
        if isinstance(cells, str) and _odd(line):
            while record[-1].whole and len(record) < _MOST_LINES and (more := _next(waiting, lines)):
                record.append(more)
                if _odd(more):
                    break
            cells = _cells(record, delimiter)
        problem = cells if isinstance(cells, str) else ""
        if not problem and len(cells) != len(names):
            problem = f"{len(cells)} cells; expected {len(names)}, as in the header"
        if problem:
            waiting.extendleft(reversed(record[1:]))
            yield Row(line.number, None, line.body, problem)
        else:
            fields: dict[str, object] = dict(zip(names, cells, strict=True))
            fields.pop("", None)  # a column without a name, as spreadsheets and data frames leave behind
            yield Row(line.number, fields, b"", "")


def _header(name: str, lines: Iterator[Line]) -> tuple[list[str], str]:
    line = next((line for line in lines if line.body.strip()), None)
    if line is None:
        raise InputError(f"{name}: is empty; expected a header")
    place = f"{name}:{line.number}"
    delimiter = max(_DELIMITERS, key=lambda mark: line.body.count(mark.encode()))
    cells = _cells([line], delimiter)
    if isinstance(cells, str):
        raise InputError(f"{place}: {cells}; expected a header of CSV")
    names = [cell.strip() for cell in cells]
    twice = {known for known in names if known and names.count(known) > 1}
    if twice:
        raise InputError(f"{place}: two columns are named {min(twice)}; expected different names")
    return names, delimiter


def _next(waiting: deque[Line], lines: Iterator[Line]) -> Line | None:
    return waiting.popleft() if waiting else next(lines, None)


def _odd(line: Line) -> bool:
    """Say whether a quote that the line opens or closes has its fellow on another line."""
    return line.body.count(b'"') % 2 == 1


def _cells(record: list[Line], delimiter: str) -> list[str] | str:
    """Return the cells of one record, or what is wrong with it."""
    if not all(line.whole for line in record):
        return too_long()
    body = b"\n".join([line.body for line in record])
    try:
        text = body.decode()
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except UnicodeDecodeError as error:
        return f"no UTF-8: {body[error.start : error.start + 4]!r} at byte {error.start + 1}"
    except csv.Error as error:
        return f"no CSV: {error}"
