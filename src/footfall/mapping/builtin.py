"""The built-in mapping: a raw record of the journal becomes the fields of one of the two built-in records."""

from collections.abc import Collection, Sequence
from typing import Protocol

from footfall.errors import InputError
from footfall.mapping import events, lab2, posted
from footfall.mapping.objects import read_object
from footfall.mapping.schemas import SchemaName, field_names
from footfall.model.frames import FrameKind, unpack, unpack_line, unpack_request


class Mapping(Protocol):
    """How a raw record becomes fields. Compiled once; keeps nothing from one record to the next."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it computes, in the record's order. An imported record brings its own."""
        ...

    def map(self, raw: bytes) -> dict[str, object]:
        """Return field name -> value: text without lone surrogates, numbers, booleans, None, lists and objects.

        Raises InputError if the record is undecodable; the message says why. It raises nothing else.
        """
        ...


class BuiltinMapping:
    """One of the two built-in records, or some of its fields."""

    def __init__(self, schema: SchemaName, only: Collection[str] | None = None, also: Sequence[str] = ()) -> None:
        """Compile the mapping for the record's fields, or for those of them that `only` names, and `also` these."""
        own = tuple(field for field in field_names(schema) if only is None or field in only)
        self.fields = own + tuple(field for field in also if field not in own)
        event_getters, posted_getters = events.GETTERS, posted.GETTERS
        if schema == "lab2":
            event_getters, posted_getters = event_getters | lab2.EVENTS, posted_getters | lab2.POSTED
        self._event = [(field, event_getters[field]) for field in self.fields]
        self._posted = [(field, posted_getters[field]) for field in self.fields]

    def map(self, raw: bytes) -> dict[str, object]:
        """Return the fields of one record. Raises InputError if it is undecodable."""
        frame = unpack(raw)
        if frame.kind is FrameKind.EVENT:
            event = events.read_event(frame.arrival, unpack_request(frame.payload))
            return {field: get(event) for field, get in self._event}
        if frame.kind is FrameKind.POSTED:
            members = posted.read_posted(frame.arrival, unpack_request(frame.payload))
            return {field: get(members) for field, get in self._posted}
        _, body, problem = unpack_line(frame.payload)
        if frame.kind is FrameKind.BROKEN:
            raise InputError(problem)
        return read_object(body)


def builtin(schema: SchemaName, only: Collection[str] | None = None, also: Sequence[str] = ()) -> Mapping:
    """Return the built-in mapping; `only`: compute just these fields (counting needs few, and is twice as fast).

    `also`: of the default record's fields these besides, whether the record has them or not.
    """
    return BuiltinMapping(schema, only, also)
