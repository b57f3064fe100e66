"""The one place that builds things from settings."""

import gc
import hashlib
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from footfall import tag
from footfall.doctor import Finding
from footfall.errors import FootfallError, InputError, SettingsError, UnavailableError
from footfall.job import Counter, Share, StepReport, describe, keep_up, upkeep, verify
from footfall.journal import Aside, Journal, JournalReader, ask_again, forwarded, kept_aside
from footfall.log import EventLog, JournalLog, Limits
from footfall.mapping import avro_schema, builtin
from footfall.model.partitions import place_of
from footfall.model.rules import Rules
from footfall.settings import ApiSettings, CollectorSettings, KafkaAddress, Settings, listen
from footfall.store import Store, counted_up_to, name_of, open_store, store_exists
from footfall.supervisor import Ready, Service, supervise
from footfall.transfer import Format, ImportReport, Progress

if TYPE_CHECKING:
    from footfall import sinks
    from footfall.log.kafka import KafkaLog

__all__ = ["Ready", "Report", "Service", "verify"]

LIVE = "live"
"""The partition that the collector writes."""

Report = Callable[[StepReport], None]


def rules_of(settings: Settings) -> Rules:
    """Return the counting rules of the settings."""
    counting = settings.counting
    return Rules(
        patterns=settings.items.patterns,
        shops=settings.shops,
        page_views=frozenset(counting.page_views),
        cart_events=frozenset(counting.cart_events),
        decimal_mark=counting.decimal_mark,
        currency=counting.currency,
        max_price=counting.max_price,
        max_amount=counting.max_amount,
        session_timeout=counting.session_timeout,
        session_memory=counting.session_memory,
        fields=counting.fields,
    )


def journals(settings: Settings) -> Path:
    """Return the folder of the journals."""
    return settings.data / "journal"


def store_place(settings: Settings) -> Path | str:
    """Return the file of the store, or the address of its database."""
    return settings.store or settings.data / "store.db"


def existing_log(settings: Settings) -> EventLog:
    """Return the event log with all fields. Raises InputError if there is none."""
    if settings.kafka is None and not any(journals(settings).glob("*.db")):
        raise InputError(
            f"{settings.data}: no events are here; expected the data folder of footfall up (name it by --data)"
        )
    return open_log(settings, complete=True)


def open_log(settings: Settings, *, complete: bool) -> EventLog:
    """Return the event log: with all fields of a record, or just those that counting needs."""
    if settings.kafka is not None:
        return _kafka_log(settings, settings.kafka)
    fields = settings.counting.fields
    needed = None if complete else frozenset(name for names in fields.values() for name in names)
    return JournalLog(journals(settings), builtin(settings.schema_name, only=needed), fields)


def _kafka_log(settings: Settings, address: KafkaAddress) -> "KafkaLog":
    try:
        from footfall.log.kafka import KafkaLog
    except ImportError as error:
        raise SettingsError(f"log = {address}: {error}; expected footfall[kafka] to be installed") from error
    return KafkaLog(address, avro_schema(settings.schema_name), settings.counting.fields)


@contextmanager
def opened_store(settings: Settings, *, choose_zone: bool = True) -> Iterator[Store]:
    """Open the store, making it if it is not there; close it at the end.

    `choose_zone`: sum its days anew if the settings name another time zone. Who only looks leaves them as they are.
    Raises SettingsError for a folder that cannot be made, UnavailableError.
    """
    if not settings.store:
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"data = {settings.data}: the folder cannot be made: {error.strerror}") from error
    zone = settings.timezone if choose_zone else None
    store = open_store(store_place(settings), timezone=zone, session_memory=settings.counting.session_memory)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def existing_store(settings: Settings) -> Iterator[Store]:
    """Open the store to look at it. Raises InputError if there is none: looking makes no folders."""
    if not store_exists(store_place(settings)):
        if settings.store:
            raise InputError(f"{name_of(settings.store)}: nothing was counted here; footfall count makes the tables")
        raise InputError(
            f"{settings.data}: nothing was counted here; expected the data folder of footfall up (name it by --data)"
        )
    with opened_store(settings, choose_zone=False) as store:
        yield store


def counter_of(settings: Settings, store: Store, report: Report) -> Counter:
    """Return a counter of what is new in the log."""
    return _counter(settings, store, open_log(settings, complete=False), report)


@contextmanager
def _worker(settings: Settings, store: Store, report: Report) -> Iterator[Counter]:
    """Give a counter that shares the log's partitions with others of its kind. What fails for now is tried again."""
    with ExitStack() as stack:
        share = None
        if settings.kafka is None:
            log = open_log(settings, complete=False)
        else:
            log = stack.enter_context(closing(_kafka_log(settings, settings.kafka)))
            from footfall.log.kafka_group import KafkaGroup

            share = stack.enter_context(closing(KafkaGroup(settings.kafka, _group(settings), log.release)))
        yield stack.enter_context(closing(_counter(settings, store, log, report, Troubles(), share)))


def _counter(
    settings: Settings,
    store: Store,
    log: EventLog,
    report: Report,
    trouble: Callable[[FootfallError], None] | None = None,
    share: Share | None = None,
) -> Counter:
    counting = settings.counting
    limits = Limits(counting.step_events, counting.step_bytes)
    accepts = counting.on_loss == "accept"
    return Counter(log, store, rules_of(settings), limits, report, trouble, share=share, accepts_loss=accepts)


def _group(settings: Settings) -> str:
    """Return the name of the consumer group: one for each store, for each counts all of the topic."""
    place = store_place(settings)
    store = name_of(place) if settings.store else f"{socket.gethostname()}:{Path(place).resolve()}"
    return f"footfall-{hashlib.sha256(store.encode()).hexdigest()[:8]}"


class Troubles:
    """Logs what keeps counting waiting: at once, and again each minute while it lasts."""

    _EVERY = 60.0

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._told: dict[str, float] = {}

    def __call__(self, error: FootfallError) -> None:
        text, now = str(error), self._now()
        if now - self._told.get(text, -self._EVERY) < self._EVERY:
            return
        self._told = {known: since for known, since in self._told.items() if now - since < self._EVERY} | {text: now}
        structlog.get_logger().error("counting waits", problem=text)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def collect(settings: Settings, ready: Ready) -> None:
    """Run the collector until SIGTERM, all its workers."""
    _together(collectors(settings), ready)


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
        Service(_numbered("collector", number), partial(_collect_held, held, with_port, _numbered(LIVE, number)))
        for number in range(1, workers + 1)
    ]


def _collect_held(held: Sequence[socket.socket], settings: Settings, name: str, ready: Ready) -> None:
    _collect(settings, name, ready)
    for sock in held:
        sock.close()


def _numbered(name: str, number: int) -> str:
    """Return `live`, `live-2`, `live-3`."""
    return name if number == 1 else f"{name}-{number}"


def _together(services: Sequence[Service], ready: Ready) -> None:
    """Run services until SIGTERM: one here, more in processes of their own; ready is what the first is ready for."""
    if len(services) == 1:
        services[0].run(ready)
        return

    def say(name: str, what: str) -> None:
        structlog.get_logger().info(what, service=name)

    code = supervise(services, say=say, all_ready=lambda messages: ready(messages[services[0].name]))
    if code:
        sys.exit(code)


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
        counted=partial(counted_up_to, store, LIVE) if kafka is None else partial(_forwarded, journal, kafka.topic),
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


def _forwarded(journal: Journal, topic: str) -> int:
    """Return the first position of the journal that is not in the topic, as far as is noted."""
    noted = forwarded(journal.path)
    return noted.next if noted is not None and noted.topic == topic else 0


def count_once(settings: Settings, report: Report) -> None:
    """Count what is new, then return; SIGTERM and SIGINT end it after the step under way."""
    stop = stop_on_signals()
    _collect_garbage_rarely()
    with opened_store(settings) as store, closing(counter_of(settings, store, report)) as counter:
        counter.once(stop)
    _upkeep(settings)


def _collect_garbage_rarely() -> None:
    """Look for cycles once in a few steps: a step makes many tuples and no cycle. Looking took a fifth of its time."""
    gc.set_threshold(200_000, 20, 100)


def accept_loss(settings: Settings, partition: str, report: Report) -> str:
    """Enter into the ledger what the log has lost of a partition, so that counting goes on; return what it is."""
    with opened_store(settings) as store, closing(counter_of(settings, store, report)) as counter:
        return describe(counter.accept(partition))


def count(settings: Settings, ready: Ready, report: Report, schedule: int | None = None) -> None:
    """Count until SIGTERM or SIGINT: continuously, or every `schedule` ms, aligned to the clock."""
    stop = stop_on_signals()
    _collect_garbage_rarely()
    with opened_store(settings) as store, _worker(settings, store, report) as counter:
        ready("on a schedule" if schedule else "continuously")
        keeper = threading.Thread(target=keep_up, args=(partial(_upkeep, settings), stop), daemon=True)
        keeper.start()
        if schedule:
            counter.schedule(stop, schedule)
        else:
            counter.run(stop, settings.counting.every)


def _upkeep(settings: Settings) -> None:
    with opened_store(settings, choose_zone=False) as store:
        upkeep(store, journals(settings), LIVE, settings.journal, round(time.time() * 1000))


def serve(settings: Settings, ready: Ready) -> None:
    """Run the API until SIGTERM."""
    from footfall import api
    from footfall.answers import Answers

    with opened_store(settings) as store:
        api.serve(settings, Answers(store, log_ends(settings), time.time), ready=ready)


def log_ends(settings: Settings) -> Callable[[], Mapping[str, int]]:
    """Return what tells one past the last position of each partition of the log."""
    if settings.kafka is None:
        return partial(_journal_ends, settings)
    from footfall.log.kafka_topic import KafkaTopic

    return KafkaTopic(settings.kafka).named_ends


def _journal_ends(settings: Settings) -> Mapping[str, int]:
    ends = {}
    for path in sorted(journals(settings).glob("*.db")):
        reader = JournalReader(path)
        try:
            ends[path.stem] = reader.span()[1]
        finally:
            reader.close()
    return ends


def services(settings: Settings, report: Report) -> list[Service]:
    """Return what `up` runs."""
    return [
        *collectors(settings),
        *(forwarders(settings) if settings.kafka else ()),
        Service("counting", lambda ready: count(settings, ready, report)),
        Service("api", lambda ready: serve(settings, ready)),
    ]


_DEMO_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class DemoShop:
    """The demo's settings and the port of its shop."""

    settings: Settings
    port: int

    @property
    def address(self) -> str:
        """Where the shop is."""
        return _url(_DEMO_HOST, self.port)


def demo_shop(chosen: Settings, data: Path, port: int) -> DemoShop:
    """Claim folder and ports of the demo. Of the settings chosen it takes ports and time zone, the rest by default."""
    from footfall import demo

    flags = ("--collector-port", "--api-port", "--shop-port")
    wanted = dict(zip(flags, (chosen.collector.port, chosen.api.port, port), strict=True))
    collector, api, shop = demo.find_ports(_DEMO_HOST, wanted).values()
    demo.claim(data)
    origins = (_url(_DEMO_HOST, shop), _url("localhost", shop))  # its pages show the numbers
    settings = Settings(
        data=data,
        timezone=chosen.timezone,
        collector=CollectorSettings(host=_DEMO_HOST, port=collector),
        api=ApiSettings(host=_DEMO_HOST, port=api, cors_origins=origins),
    )
    return DemoShop(settings, shop)


def demo_history(shop: DemoShop, show: Callable[[str, int, int], None]) -> None:
    """Write the demo's month of history, if it is not there, and count it; tell how far it is."""
    from footfall import demo

    settings, read = shop.settings, 0
    now = round(time.time() * 1000)
    events = demo.write_history(settings.data, now, partial(show, "Writing a month of history"), settings.timezone)

    def report(step: StepReport) -> None:
        nonlocal read
        read += step.tally.read
        show("Counting it", read, events)

    with opened_store(settings) as store, closing(counter_of(settings, store, report)) as counter:
        counter.once()


def demo_services(shop: DemoShop, visitors: int, report: Report) -> list[Service]:
    """Return what `demo` runs: what `up` does, the shop, and visitors if there are any."""
    from footfall import demo

    settings = shop.settings
    collector, api = _url(_DEMO_HOST, settings.collector.port), _url(_DEMO_HOST, settings.api.port)
    found = [
        *services(settings, report),
        Service("shop", lambda ready: demo.serve_shop(_DEMO_HOST, shop.port, collector, api, ready)),
    ]
    if visitors:
        found.append(Service("visitors", lambda ready: demo.visit(visitors, collector, shop.address, ready)))
    return found


def retry(settings: Settings, chosen: Mapping[str, Sequence[int]] | None, report: Report) -> tuple[int, int]:
    """Retry set-aside events, all or those chosen; return how many were resolved and how many are left."""
    with existing_store(settings) as store, closing(counter_of(settings, store, report)) as counter:
        if chosen is None:
            resolved = counter.retry()
        else:
            resolved = sum(counter.retry(partition, positions) for partition, positions in chosen.items())
        return resolved, store.waiting()


def import_files(
    settings: Settings,
    files: Sequence[str],
    *,
    partition: str,
    renames: Mapping[str, str],
    sort: bool,
    strict: bool,
    again: bool,
    progress: Callable[[Progress], None],
) -> ImportReport:
    """Write the events of files into a partition of their own."""
    from footfall import transfer

    return transfer.import_files(
        files,
        folder=journals(settings),
        partition=partition,
        renames=renames,
        sort=sort,
        strict=strict,
        again=again,
        progress=progress,
        fields=settings.counting.fields,
        max_bytes=settings.journal.max_bytes,
        begin=_counted_before(settings, partition),
    )


def export(
    settings: Settings,
    what: str,
    format: Format,
    out: Path | None,
    *,
    since: int | None,
    until: int | None,
    progress: Callable[[Progress], None],
) -> None:
    """Write `facts` or `events` of `since <= moment < until` (ms) into the file `out`, or to standard output."""
    from footfall import transfer

    if what == "facts":
        with existing_store(settings) as store, transfer.target(out) as file:
            transfer.export_facts(store, format, file, since=since, until=until, progress=progress)
        return
    log = existing_log(settings)
    with transfer.target(out) as file:
        report = transfer.export_events(
            log,
            format,
            file,
            since=since,
            until=until,
            fields=settings.counting.fields,
            schema=settings.schema_name,
            progress=progress,
        )
    if report.undecodable:
        structlog.get_logger().warning("undecodable records are not exported", count=report.undecodable)


def tag_text(settings: Settings, address: str, preset: str) -> str:
    """Return the lines to paste into the shop's pages; `address`: of the collector, empty for that of the settings."""
    api, collector = settings.api, settings.collector
    return tag.snippet(address or _url(collector.host, collector.port), _url(api.host, api.port), preset)


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def examine(settings: Settings) -> list[Finding]:
    """Return what is found on looking at settings, ports, disk, clock, database and counting."""
    from footfall import doctor

    return doctor.examine(settings, journals(settings), store_place(settings), partial(check_topics, settings))


def upgrade_store(settings: Settings) -> tuple[str, int, int]:
    """Bring the store to the layout of this Footfall; return its name, and its layout before and after."""
    from footfall.store.state import state_of

    place = store_place(settings)
    before = state_of(place).layout if store_exists(place) else 0
    with opened_store(settings) as store:
        return name_of(place), before, store.version()


def check_store(settings: Settings) -> list[Finding]:
    """Return what is found on looking at the store's database, and on proving its ledger."""
    from footfall.doctor.database import database
    from footfall.store.state import state_of

    place = store_place(settings)
    if not settings.store and not store_exists(place):
        raise InputError(f"{place}: no store is here; footfall db upgrade makes one")
    state = state_of(place)
    findings = list(database(state))
    if state.layout == state.known and not state.reads and not state.differences:
        with opened_store(settings, choose_zone=False) as store:
            problems = verify(store)
        findings += [Finding("fail", problem, "count into a new store, or restore a copy") for problem in problems]
        findings += [] if problems else [Finding("ok", "ledger, positions, minutes, hours and days agree")]
    return findings


def roles_sql() -> str:
    """Return the SQL of the roles that count and answer in PostgreSQL."""
    from footfall.store import roles

    return roles.roles_sql()


def copy_store(settings: Settings, file: Path | None, progress: Callable[[Progress], None]) -> Mapping[str, int]:
    """Take over an SQLite store into the PostgreSQL of the settings; return the rows by table."""
    from footfall.store.copying import copy_store

    source = file or settings.data / "store.db"
    return copy_store(source, settings.store, lambda table, done, total: progress(Progress(table, done, total)))


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


def forward(settings: Settings, ready: Ready) -> None:
    """Forward the collector's journals into Kafka until SIGTERM or SIGINT."""
    _together(forwarders(settings), ready)


def forwarders(settings: Settings) -> list[Service]:
    """Return a forwarder for each of the collector's journals. Raises SettingsError without a Kafka log."""
    into = target(settings)
    return [
        Service(path.stem.replace(LIVE, "forwarder"), partial(_forward, settings, path, into))
        for path in live_journals(settings)
    ]


def live_journals(settings: Settings) -> list[Path]:
    """Return the journals that the collector's workers write, and those that more of them have left behind."""
    folder = journals(settings)
    names = {_numbered(LIVE, number) for number in range(1, settings.collector.workers + 1)}
    names |= {path.stem for path in folder.glob(f"{LIVE}-*.db") if is_live(path.stem)}
    return [folder / f"{name}.db" for name in sorted(names, key=lambda name: (len(name), name))]


def is_live(name: str) -> bool:
    """Say whether a journal of this name is a collector's."""
    return re.fullmatch(rf"{LIVE}(-[0-9]+)?", name) is not None


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


def not_forwarded(settings: Settings) -> Iterator[tuple[str, Aside]]:
    """Yield what could not be forwarded into Kafka, with its journal; nothing where the journals are the log."""
    for path in live_journals(settings) if settings.kafka else ():
        yield from ((path.stem, aside) for aside in kept_aside(path))


def forward_again(settings: Settings, chosen: Mapping[str, Sequence[int]] | None) -> int:
    """Ask the forwarders to send again what was set aside, all or what is chosen by journal; return how many."""
    if chosen is None:
        return sum(ask_again(path) for path in live_journals(settings))
    return sum(ask_again(path, chosen[path.stem]) for path in live_journals(settings) if path.stem in chosen)


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
    return list(topics(into.topic, sinks.brokers(into), events, positions, _counted(settings)))


def describe_topics(settings: Settings) -> Iterator[tuple[str, ...]]:
    """Yield a row for each partition of the topic: name, leader, replicas, in sync, first, end, counted, behind.

    Raises InputError if there is no such topic.
    """
    into = target(settings)
    from footfall import sinks

    topic = sinks.describe(into, into.topic)
    if topic is None:
        raise InputError(f"{into.topic}: no such topic on {into.servers}; footfall topics create makes it")
    counted = _counted(settings)
    for partition in topic.partitions:
        name = f"{topic.name}-{partition.number}"
        next = counted.get(name, partition.first)
        replicas, isr = (",".join(map(str, numbers)) for numbers in (partition.replicas, partition.isr))
        figures = (partition.first, partition.end, next, max(0, partition.end - next))
        yield name, str(partition.leader), replicas, isr, *(f"{figure:,}" for figure in figures)


def _counted(settings: Settings) -> Mapping[str, int]:
    """Return how far each partition is counted, by the place where it lies; nothing while there is no store."""
    if not store_exists(store_place(settings)):
        return {}
    with opened_store(settings, choose_zone=False) as store:
        return {place_of(position.partition): position.next for position in store.positions()}
