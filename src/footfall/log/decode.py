"""A raw record becomes a mapped one, whatever is in it."""

from typing import Final

from footfall.errors import InputError
from footfall.log.batch import Record
from footfall.mapping import Mapping
from footfall.model.frames import FrameKind, arrival_of, unpack, unpack_line

_OF_A_FILE: Final = frozenset({FrameKind.IMPORTED.value, FrameKind.BROKEN.value})


def decode(mapping: Mapping, position: int, raw: bytes) -> Record:
    """Return the record. If it is undecodable, its fields are None and `problem` says why; nothing is raised."""
    fields, problem = None, None
    try:
        fields = mapping.map(raw)
    except InputError as error:
        problem = str(error)
    except Exception as error:  # a fault of a mapping must not stop the log at one record for ever
        problem = f"the mapping failed: {type(error).__name__}: {error}"
    return Record(position, arrival_of(raw), fields, problem, raw, _origin(raw))


def _origin(raw: bytes) -> str:
    if raw[:1] and raw[0] in _OF_A_FILE:
        try:
            return unpack_line(unpack(raw).payload)[0]
        except InputError:
            pass  # the mapping has said so
    return ""
