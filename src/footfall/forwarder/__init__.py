"""From the journal into Kafka, exactly once."""

from footfall.forwarder.convert import Converter, Unfit
from footfall.forwarder.forward import Forwarder

__all__ = ["Converter", "Forwarder", "Unfit"]
