"""Counting what is new, once or as a service, and again."""

import gc
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import structlog

from footfall.errors import FootfallError
from footfall.job import Counter, Share, describe, keep_up, upkeep
from footfall.log import EventLog, Limits
from footfall.model.rules import Rules
from footfall.settings import Settings
from footfall.store import Store, name_of
from footfall.supervisor import Ready
from footfall.wiring.logs import kafka_log, open_log
from footfall.wiring.places import LIVE, Report, journals, store_place
from footfall.wiring.stopping import stop_on_signals
from footfall.wiring.stores import existing_store, opened_store


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
            log = stack.enter_context(closing(kafka_log(settings, settings.kafka)))
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


def retry(settings: Settings, chosen: Mapping[str, Sequence[int]] | None, report: Report) -> tuple[int, int]:
    """Retry set-aside events, all or those chosen; return how many were resolved and how many are left."""
    with existing_store(settings) as store, closing(counter_of(settings, store, report)) as counter:
        if chosen is None:
            resolved = counter.retry()
        else:
            resolved = sum(counter.retry(partition, positions) for partition, positions in chosen.items())
        return resolved, store.waiting()
