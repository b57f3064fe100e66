"""Which field of a file feeds which column, and how a record of a file becomes one of the log."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from json import dumps
from typing import Final

import orjson

from footfall.errors import InputError
from footfall.model.columns import COLUMNS, Column
from footfall.model.values import read_id, read_timestamp

META: Final = "footfall"
"""The field in which an exported event says where it lay, when it arrived, and what its cells could not hold."""


@dataclass(frozen=True, slots=True)
class Names:
    """The field names of one import."""

    renames: Mapping[str, str]
    """Field of the file -> the default field name of the column it was mapped to."""
    known: frozenset[str]
    """Field names that feed any column, renamed ones included."""
    timestamp: Sequence[str]
    session: Sequence[str]

    def moment(self, fields: Mapping[str, object]) -> int | None:
        """Return the timestamp of a record whose fields bear their final names, ms; None if it is missing."""
        for name in self.timestamp:
            if name in fields:
                return read_timestamp(fields[name])
        return None

    def has_session(self, fields: Mapping[str, object]) -> bool:
        """Say whether a record whose fields bear their final names has a session."""
        for name in self.session:
            if name in fields:
                return read_id(fields[name]) is not None
        return False


def names_of(renames: Mapping[str, str], fields: Mapping[Column, Sequence[str]]) -> Names:
    """Return the names for `renames` (field of the file -> column). Raises InputError for an unknown column."""
    final: dict[str, str] = {}
    for field, column in renames.items():
        if column not in COLUMNS:
            near = get_close_matches(column, COLUMNS, 1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(COLUMNS)}"
            raise InputError(f"--map {field}={column}: no such column; {hint}")
        final[field] = fields[column][0]
    if len(set(final.values())) < len(final):
        raise InputError(f"--map: two fields are mapped to one column in {dict(renames)}; expected one field each")
    known = frozenset(name for column in COLUMNS for name in fields[column])
    return Names(final, known | final.keys() | {META}, fields["timestamp"], fields["session"])


def check_known(names: Names, found: Collection[str], place: str) -> None:
    """Raise InputError if not one of the fields feeds a column: it is a file of something else."""
    if names.known.isdisjoint(found):
        some = ", ".join(sorted(filter(None, found))[:10]) or "none"
        raise InputError(
            f"{place}: no field of an event among: {some}; expected timestamp, sessionId, eventType, location, ... "
            "or, for other names, --map NAME=timestamp --map NAME=session ..."
        )


def renamed(fields: dict[str, object], renames: Mapping[str, str]) -> dict[str, object]:
    """Return the fields under their final names; a renamed one replaces another of that name."""
    moved = {renames[name]: value for name, value in fields.items() if name in renames}
    return {name: value for name, value in fields.items() if name not in renames} | moved


def encode(fields: Mapping[str, object]) -> bytes:
    """Return the record as JSON in which every value keeps its type, and so its meaning (counting.md).

    What JSON cannot say is written so that it is read as what it is: NaN and infinities, which are neither a number nor
    a text, as a list of their name; bytes as an object. Raises ValueError if it cannot be written.
    """
    if any(type(value) is float and not math.isfinite(value) for value in fields.values()):
        fields = {
            name: [repr(value)] if type(value) is float and not math.isfinite(value) else value
            for name, value in fields.items()
        }
    try:
        return orjson.dumps(fields, _plain, orjson.OPT_PASSTHROUGH_DATETIME)
    except orjson.JSONEncodeError:  # an integer of over 64 bits
        return dumps(fields, default=_plain, ensure_ascii=False, allow_nan=False).encode()


def _plain(value: object) -> object:
    match value:
        case datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            return math.floor(aware.timestamp() * 1000)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return {"bytes": value.hex()}
        case _:
            return str(value)
