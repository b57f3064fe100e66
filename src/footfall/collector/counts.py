"""What the collector counts about itself, for `/metrics`."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS: Final = tuple(
    round(base * scale, 6) for scale in (0.0001, 0.001, 0.01, 0.1, 1) for base in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
)
"""Bounds close enough together for a median to be read from them."""

_GROUP: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


class Counts:
    """All metrics of one collector, in a registry of their own."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        accepted = Counter(
            "footfall_collector_accepted", "Events on disk, by the way they came.", ["kind"], registry=registry
        )
        self._got, self._posted = accepted.labels("get"), accepted.labels("post")
        self.refused: Final = Counter(
            "footfall_collector_refused",
            "Requests and posted events refused, by reason.",
            ["reason"],
            registry=registry,
        )
        self.unchanged: Final = Counter(
            "footfall_collector_unchanged", "Events answered 304: the browser only checked.", registry=registry
        )
        self._commit = Histogram(
            "footfall_collector_commit_seconds",
            "A group commit: from its first event to the disk, gathering included.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._group = Histogram(
            "footfall_collector_group_events", "Events in a group commit.", registry=registry, buckets=_GROUP
        )
        self.failed: Final = Counter(
            "footfall_collector_commit_failures", "Group commits that failed.", registry=registry
        )
        self.waiting: Final = Gauge(
            "footfall_collector_waiting_bytes", "Bytes waiting for the disk or for the rest of their request.",
            registry=registry,
        )  # fmt: skip
        self.connections: Final = Gauge("footfall_collector_connections", "Open connections.", registry=registry)
        self.journal_bytes: Final = Gauge(
            "footfall_collector_journal_bytes", "Bytes that the journal takes.", registry=registry
        )
        self.journal_end: Final = Gauge("footfall_collector_journal_end", "The next position.", registry=registry)
        self.journal_behind: Final = Gauge(
            "footfall_collector_journal_behind",
            "Events of the journal that wait for counting; with a Kafka log, for being forwarded.",
            registry=registry,
        )

    def written(self, events: int, posted: int, seconds: float) -> None:
        """Note a group commit: its events, those of them that were posted, and how long it took."""
        self._got.inc(events - posted)
        self._posted.inc(posted)
        self._commit.observe(seconds)
        self._group.observe(events)

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)
