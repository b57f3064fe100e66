"""Where mapped records go: a Kafka topic, exactly once."""

from footfall.sinks.framing import framing
from footfall.sinks.kafka import KafkaSink, Outgoing, Refusal
from footfall.sinks.positions import Position, positions_topic
from footfall.sinks.registry import register
from footfall.sinks.target import Target
from footfall.sinks.topics import Partition, Topic, Wanted, brokers, create, describe

__all__ = [
    "KafkaSink",
    "Outgoing",
    "Partition",
    "Position",
    "Refusal",
    "Target",
    "Topic",
    "Wanted",
    "brokers",
    "create",
    "describe",
    "framing",
    "positions_topic",
    "register",
]
