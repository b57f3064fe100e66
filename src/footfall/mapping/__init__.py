"""A raw request becomes a record. Pure; compiled once at start."""

from footfall.mapping.builtin import Mapping, builtin
from footfall.mapping.moments import read_moment
from footfall.mapping.objects import read_object
from footfall.mapping.schemas import SchemaName, avro_schema

__all__ = ["Mapping", "SchemaName", "avro_schema", "builtin", "read_moment", "read_object"]
