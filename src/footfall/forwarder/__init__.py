"""From the journal into Kafka, exactly once."""

from footfall.forwarder.convert import Converter, Unfit, is_schema
from footfall.forwarder.forward import Forwarder
from footfall.forwarder.serve import serve

__all__ = ["Converter", "Forwarder", "Unfit", "is_schema", "serve"]
