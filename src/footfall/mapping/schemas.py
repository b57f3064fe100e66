"""The two built-in records: their Avro schemas, and so their fields."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Final, Literal

from footfall.mapping.agents import AGENT_FIELDS

SchemaName = Literal["default", "lab2"]


def _nullable(*types: str) -> dict[str, object]:
    return {"type": ["null", *types], "default": None}


_DEFAULT_FIELDS: Final[dict[str, dict[str, object]]] = {
    "detectedDuplicate": {"type": "boolean"},
    "detectedCorruption": {"type": "boolean"},
    "firstInSession": {"type": "boolean"},
    "timestamp": {"type": "long"},
    "clientTimestamp": {"type": "long"},
    "remoteHost": {"type": "string"},
    "referer": _nullable("string"),
    "location": _nullable("string"),
    "viewportPixelWidth": _nullable("int"),
    "viewportPixelHeight": _nullable("int"),
    "screenPixelWidth": _nullable("int"),
    "screenPixelHeight": _nullable("int"),
    "partyId": _nullable("string"),
    "sessionId": _nullable("string"),
    "pageViewId": _nullable("string"),
    "eventType": {"type": "string", "default": "unknown"},
    "userAgentString": _nullable("string"),
    **{name: _nullable("string") for name in AGENT_FIELDS},
    "eventId": _nullable("string"),
    "price": _nullable("string", "double"),
    "amount": _nullable("string", "double"),
    "currency": _nullable("string"),
    "itemId": _nullable("string"),
}
"""Divolte's default record (divolte.md 5.7) with the five fields that counting needs besides."""

_LAB2_FIELDS: Final[dict[str, dict[str, object]]] = {
    "timestamp": {"type": "long"},
    "eventType": _nullable("string"),
    "location": _nullable("string"),
    "sessionId": _nullable("string"),
    "price": _nullable("string"),
    "amount": _nullable("string"),
}
"""The six fields of a shop that follows the tutorial Footfall grew from."""

_RECORDS: Final[Mapping[SchemaName, tuple[str, str, dict[str, dict[str, object]]]]] = {
    "default": ("io.divolte.record", "DefaultEventRecord", _DEFAULT_FIELDS),
    "lab2": ("io.divolte.examples.record", "lab2_event", _LAB2_FIELDS),
}


def avro_schema(schema: SchemaName) -> dict[str, object]:
    """Return the record's Avro schema."""
    namespace, name, fields = _RECORDS[schema]
    members = [{"name": field, **deepcopy(about)} for field, about in fields.items()]
    return {"namespace": namespace, "type": "record", "name": name, "fields": members}


def field_names(schema: SchemaName) -> tuple[str, ...]:
    """Return the record's fields in their order."""
    return tuple(_RECORDS[schema][2])
