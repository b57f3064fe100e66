"""The Kafka topic of the settings: made, looked at, and what did not get there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from footfall.doctor import Finding
from footfall.errors import InputError, SettingsError
from footfall.journal import Aside, ask_again, kept_aside
from footfall.settings import Settings
from footfall.wiring.places import live_journals
from footfall.wiring.stores import counted_positions

if TYPE_CHECKING:
    from footfall import sinks


def target(settings: Settings) -> "sinks.Target":
    """Return the Kafka topic of the settings. Raises SettingsError if there is none."""
    address = settings.kafka
    if address is None:
        raise SettingsError(f"log = {settings.log!r}: expected kafka://HOST:PORT[,HOST:PORT]/TOPIC")
    try:
        from footfall import sinks
        from footfall.log.kafka_client import client_options
    except ImportError as error:
        raise SettingsError(f"log = {address}: {error}; expected footfall[kafka] to be installed") from error
    return sinks.Target(address.topic, client_options(address))


def create_topics(settings: Settings, partitions: int, replication: int, retention: int) -> list[str]:
    """Make the topics of the settings; return those that were not there. `replication`: 0 takes what the cluster can.

    `retention`: ms.
    """
    into = target(settings)
    from footfall import sinks

    copies = replication or min(3, sinks.brokers(into))
    return sinks.create(into, sinks.Wanted(partitions, copies, max(1, copies - 1), retention))


def check_topics(settings: Settings) -> list[Finding]:
    """Return what is found on looking at the topics."""
    into = target(settings)
    from footfall import sinks
    from footfall.doctor.topics import topics

    events, positions = (sinks.describe(into, name) for name in (into.topic, sinks.positions_topic(into.topic)))
    return list(topics(into.topic, sinks.brokers(into), events, positions, counted_positions(settings)))


def describe_topics(settings: Settings) -> Iterator[tuple[str, ...]]:
    """Yield a row for each partition of the topic: name, leader, replicas, in sync, first, end, counted, behind.

    Raises InputError if there is no such topic.
    """
    into = target(settings)
    from footfall import sinks

    topic = sinks.describe(into, into.topic)
    if topic is None:
        raise InputError(f"{into.topic}: no such topic on {into.servers}; footfall topics create makes it")
    counted = counted_positions(settings)
    for partition in topic.partitions:
        name = f"{topic.name}-{partition.number}"
        next = counted.get(name, partition.first)
        replicas, isr = (",".join(map(str, numbers)) for numbers in (partition.replicas, partition.isr))
        figures = (partition.first, partition.end, next, max(0, partition.end - next))
        yield name, str(partition.leader), replicas, isr, *(f"{figure:,}" for figure in figures)


def not_forwarded(settings: Settings) -> Iterator[tuple[str, Aside]]:
    """Yield what could not be forwarded into Kafka, with its journal; nothing where the journals are the log."""
    for path in live_journals(settings) if settings.kafka else ():
        yield from ((path.stem, aside) for aside in kept_aside(path))


def forward_again(settings: Settings, chosen: Mapping[str, Sequence[int]] | None) -> int:
    """Ask the forwarders to send again what was set aside, all or what is chosen by journal; return how many."""
    if chosen is None:
        return sum(ask_again(path) for path in live_journals(settings))
    return sum(ask_again(path, chosen[path.stem]) for path in live_journals(settings) if path.stem in chosen)
