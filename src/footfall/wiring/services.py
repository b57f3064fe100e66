"""The services that `up` runs, each also alone."""

import socket
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from footfall import tag
from footfall.errors import SettingsError, UnavailableError
from footfall.journal import Journal, forwarded
from footfall.mapping import avro_schema
from footfall.settings import Settings, listen
from footfall.store import counted_up_to
from footfall.supervisor import Ready, Service, supervise
from footfall.wiring.counting import count
from footfall.wiring.logs import log_ends
from footfall.wiring.places import LIVE, Report, journals, live_journals, numbered, store_place
from footfall.wiring.stopping import stop_on_signals
from footfall.wiring.stores import opened_store
from footfall.wiring.topics import target

if TYPE_CHECKING:
    from footfall import sinks


def collect(settings: Settings, ready: Ready) -> None:
    """Run the collector until SIGTERM, all its workers."""
    together(collectors(settings), ready)


def collectors(settings: Settings) -> list[Service]:
    """Return the collector's workers, all on one port, each with a journal of its own. Raises SettingsError."""
    workers = settings.collector.workers
    if workers == 1:
        return [Service("collector", partial(_collect, settings, LIVE))]
    if settings.kafka is None:
        raise SettingsError(
            f"collector.workers = {workers}: the log is the journal, and a visitor's events must be in one; "
            "expected 1, or a Kafka log (log = kafka://...), whose keys bring them together again"
        )
    # Bound, but not listening: it holds the port for them, whichever of them lives, and gets no connection itself.
    held = listen("collector", settings.collector.host, settings.collector.port, shared=True)
    chosen = settings.collector.model_copy(update={"port": held[0].getsockname()[1]})
    with_port = settings.model_copy(update={"collector": chosen})
    return [
        Service(numbered("collector", number), partial(_collect_held, held, with_port, numbered(LIVE, number)))
        for number in range(1, workers + 1)
    ]


def _collect_held(held: Sequence[socket.socket], settings: Settings, name: str, ready: Ready) -> None:
    _collect(settings, name, ready)
    for sock in held:
        sock.close()


def _collect(settings: Settings, name: str, ready: Ready) -> None:
    """Run one worker of the collector, which writes the journal of this name, until SIGTERM."""
    from footfall import collector

    path, store = journals(settings) / f"{name}.db", store_place(settings)
    kafka = settings.kafka
    journal = Journal(path, max_bytes=settings.journal.max_bytes, begin=_counted_before(settings, name))
    collector.serve(
        settings,
        journal,
        tag.render(settings.tag),
        counted=partial(counted_up_to, store, LIVE)
        if kafka is None
        else partial(forwarded_up_to, journal, kafka.topic),
        ready=ready,
    )


def _counted_before(settings: Settings, partition: str) -> int:
    """Return where a journal goes on if it is new while the store has counted an earlier one at its place."""
    if settings.kafka is not None:
        return 0
    try:
        return counted_up_to(store_place(settings), partition)
    except UnavailableError as error:  # events come first; a journal that is not new needs it not
        structlog.get_logger().warning("the store was not asked where the journal goes on", problem=str(error))
        return 0


def forwarded_up_to(journal: Journal, topic: str) -> int:
    """Return the first position of the journal that is not in the topic, as far as is noted."""
    noted = forwarded(journal.path)
    return noted.next if noted is not None and noted.topic == topic else 0


def forward(settings: Settings, ready: Ready) -> None:
    """Forward the collector's journals into Kafka until SIGTERM or SIGINT."""
    together(forwarders(settings), ready)


def forwarders(settings: Settings) -> list[Service]:
    """Return a forwarder for each of the collector's journals. Raises SettingsError without a Kafka log."""
    into = target(settings)
    return [
        Service(path.stem.replace(LIVE, "forwarder"), partial(_forward, settings, path, into))
        for path in live_journals(settings)
    ]


def _forward(settings: Settings, journal: Path, into: "sinks.Target", ready: Ready) -> None:
    from footfall import forwarder, sinks

    convert = forwarder.Converter(settings.schema_name, sinks.framing(_schema_id(settings)))
    forwarder.serve(journal, into, convert, settings.journal.set_aside_retention, stop_on_signals(), ready)


def _schema_id(settings: Settings) -> int | None:
    """Return the number that names the schema of the records written, as Confluent's clients do; None: naked."""
    from footfall import forwarder, sinks
    from footfall.log.kafka_client import REGISTRY_USER, read_options

    address = settings.kafka
    assert address is not None, "target() has seen to it"
    schema = avro_schema(settings.schema_name)
    if address.schema is not None and not forwarder.is_schema(schema, address.schema):
        raise SettingsError(
            f"log: schema = {address.schema}: is not what is written (schema = {settings.schema_name!r}); "
            "expected no schema, or a topic that this Footfall does not write"
        )
    if not address.registry:
        return address.confluent_id
    options = read_options(address)
    user, ca = options.get(REGISTRY_USER, ""), options.get("ssl.ca.location")
    return sinks.register(address.registry, address.topic, schema, user, ca)


def together(services: Sequence[Service], ready: Ready) -> None:
    """Run services until SIGTERM: one here, more in processes of their own; ready is what the first is ready for."""
    if len(services) == 1:
        services[0].run(ready)
        return

    def say(name: str, what: str) -> None:
        structlog.get_logger().info(what, service=name)

    code = supervise(services, say=say, all_ready=lambda messages: ready(messages[services[0].name]))
    if code:
        sys.exit(code)


def serve(settings: Settings, ready: Ready) -> None:
    """Run the API until SIGTERM."""
    from footfall import api
    from footfall.answers import Answers

    with opened_store(settings) as store:
        api.serve(settings, Answers(store, log_ends(settings), time.time), ready=ready)


def services(settings: Settings, report: Report) -> list[Service]:
    """Return what `up` runs."""
    return [
        *collectors(settings),
        *(forwarders(settings) if settings.kafka else ()),
        Service("counting", lambda ready: count(settings, ready, report)),
        Service("api", lambda ready: serve(settings, ready)),
    ]
