"""How a schema is named before each value: not at all ("naked"), or as Confluent's clients do."""

import struct

from footfall.errors import SettingsError

_MAGIC = b"\0"


def framing(schema_id: int | None) -> bytes:
    """Return the bytes before each value: none, or the magic byte and the schema's id. Raises SettingsError."""
    if schema_id is None:
        return b""
    try:
        return _MAGIC + struct.pack(">i", schema_id)
    except struct.error as error:
        raise SettingsError(f"schema id {schema_id}: expected a number of 32 bits") from error
