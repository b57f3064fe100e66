"""What stands before the Avro of a record: nothing, or Confluent's frame with the number of its schema."""

from collections.abc import Callable
from typing import Final, Protocol

from footfall.errors import InputError
from footfall.log.avro_decode import AvroDecoder

_HEAD: Final = 5
"""Bytes of Confluent's frame: a zero, then the number of the schema, big-endian."""

DecoderOf = Callable[[int], AvroDecoder]
"""Returns the decoder of a schema's number.

Raises InputError if there is no such schema, UnavailableError if that cannot be told just now.
"""


class Framing(Protocol):
    """How values are framed."""

    def open(self, value: bytes) -> tuple[AvroDecoder, bytes]:
        """Return the decoder of a value, and the Avro in it. Raises InputError if it is framed otherwise."""
        ...

    def explain(self, value: bytes, problem: str) -> str:
        """Return the problem of a value that could not be decoded, with what it looks like instead."""
        ...


class Naked:
    """Bare Avro, all of one schema."""

    def __init__(self, decoder: AvroDecoder) -> None:
        self.decoder = decoder

    def open(self, value: bytes) -> tuple[AvroDecoder, bytes]:
        return self.decoder, value

    def explain(self, value: bytes, problem: str) -> str:
        if len(value) > _HEAD and value[0] == 0:
            try:
                self.decoder.fields(value[_HEAD:])
            except InputError:
                return problem
            number = int.from_bytes(value[1:_HEAD], "big")
            return f"framed as Confluent does (schema {number}); expected naked Avro"
        return problem


class Framed:
    """Confluent's frame: each value names its schema."""

    def __init__(self, decoder_of: DecoderOf) -> None:
        self._decoder_of = decoder_of

    def open(self, value: bytes) -> tuple[AvroDecoder, bytes]:
        if len(value) <= _HEAD or value[0] != 0:
            raise InputError(f"no frame of Confluent's: {value[:_HEAD].hex(' ')}; expected 00 and a schema's number")
        return self._decoder_of(int.from_bytes(value[1:_HEAD], "big")), value[_HEAD:]

    def explain(self, value: bytes, problem: str) -> str:
        return f"{problem} (schema {int.from_bytes(value[1:_HEAD], 'big')})"


def only(number: int, decoder: AvroDecoder) -> DecoderOf:
    """Return the decoder of the one schema that there is."""

    def decoder_of(found: int) -> AvroDecoder:
        if found != number:
            raise InputError(f"schema {found}; expected {number}")
        return decoder

    return decoder_of
