"""Of which kind a file is, told by how it begins and, for text, by its name."""

from enum import StrEnum
from pathlib import PurePath
from typing import Final

from footfall.errors import InputError
from footfall.transfer.lines import BYTE_ORDER_MARK

HEAD: Final = 65_536
"""Bytes of a file by which its kind is told."""

GZIP: Final = b"\x1f\x8b"


class Kind(StrEnum):
    """What can be imported."""

    JSON_LINES = "JSON lines"
    CSV = "CSV"
    AVRO = "an Avro container"
    PARQUET = "Parquet"


_EXPECTED: Final = "expected JSON lines, CSV, an Avro container or Parquet, each also gzipped"

_BEGINNINGS: Final = {b"Obj\x01": Kind.AVRO, b"PAR1": Kind.PARQUET}

_OTHERS: Final = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite format 3\0": "an SQLite database",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\0": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"ORC": "an ORC file",
    b"%PDF": "a PDF file",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    GZIP: "a gzip file within a gzip file",
}

_SUFFIXES: Final = {
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".json": Kind.JSON_LINES,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".avro": Kind.AVRO,
    ".parquet": Kind.PARQUET,
}


def tell_kind(name: str, head: bytes, size: int) -> Kind:
    """Return the kind of a file of so many bytes that begins so.

    Raises InputError that says what it looks like: empty, of another kind, not what its name says.
    """
    for beginning, kind in _BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    for beginning, other in _OTHERS.items():
        if head.startswith(beginning):
            raise InputError(f"{name}: looks like {other}; {_EXPECTED}")
    text = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if not text and size == len(head):
        raise InputError(f"{name}: is empty; {_EXPECTED}")
    claim = _SUFFIXES.get(PurePath(name.removesuffix(".gz")).suffix.lower())
    if claim in (Kind.AVRO, Kind.PARQUET):
        raise InputError(f"{name}: does not begin as {claim} does, but with {head[:12]!r}")
    if b"\0" in head:
        raise InputError(f"{name}: looks like binary data, it begins with {head[:12]!r}; {_EXPECTED}")
    return _tell_text(name, text, claim)


def _tell_text(name: str, text: bytes, claim: Kind | None) -> Kind:
    if text.startswith(b"{"):
        return Kind.JSON_LINES
    if text.startswith(b"[") and claim is not Kind.CSV:
        raise InputError(f"{name}: looks like one JSON array; expected JSON lines: an object on each line, no commas")
    if claim is Kind.JSON_LINES:
        if any(line.lstrip().startswith(b"{") for line in text.splitlines()):
            return claim
        raise InputError(f"{name}: no line of it begins a JSON object, the first is {text[:40]!r}; expected JSON lines")
    header = text.partition(b"\n")[0]
    if claim is Kind.CSV or any(mark in header for mark in b",;\t"):
        return Kind.CSV
    raise InputError(f"{name}: begins with {text[:40]!r}; {_EXPECTED}")
