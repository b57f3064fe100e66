"""The topics of a Kafka log: are they there, safe, and kept long enough."""

from collections.abc import Iterator, Mapping
from typing import Final

from footfall.doctor.finding import Finding
from footfall.sinks import Topic, positions_topic

_WEEK: Final = 7 * 86_400_000
"""ms. A shop whose counting breaks on a holiday has that long to mend it."""

_ROOM: Final = 500_000
"""Bytes: a visitor's longest request fits, and its record."""

_FOREVER: Final = -1
"""Of retention.ms and retention.bytes: nothing is ever deleted."""


def topics(
    topic: str, brokers: int, events: Topic | None, positions: Topic | None, counted: Mapping[str, int]
) -> Iterator[Finding]:
    """Look at the topic of events and that of positions, on a cluster of so many brokers.

    `counted`: by partition (`online_store-0`), how far it is counted.
    """
    for name, found in ((topic, events), (positions_topic(topic), positions)):
        if found is None:
            yield Finding("fail", f"{name}: no such topic", "make it: footfall topics create")
        else:
            yield from _replicas(found, brokers)
    if events is not None:
        yield from _kept(events)
        yield from _taken(events)
        yield from _counted(events, counted)
    if positions is not None:
        yield _remembered(positions)


def _replicas(topic: Topic, brokers: int) -> Iterator[Finding]:
    name = topic.name
    leaderless = [partition.number for partition in topic.partitions if partition.leader < 0]
    behind = [partition.number for partition in topic.partitions if len(partition.isr) < len(partition.replicas)]
    copies = min(len(partition.replicas) for partition in topic.partitions)
    insync = int(topic.config.get("min.insync.replicas", 1))
    if leaderless:
        yield Finding("fail", f"{name}: no leader of partitions {_listed(leaderless)}", "see which brokers are down")
    if behind:
        yield Finding("warn", f"{name}: replicas behind in partitions {_listed(behind)}", "see which brokers are down")
    if copies == 1:
        advice = "add brokers and replicas: 3, of which 2 must have a record (min.insync.replicas)"
        if brokers > 1:
            advice = "give it more replicas (kafka-reassign-partitions): 3, with min.insync.replicas = 2"
        yield Finding("warn", f"{name}: one replica: what is on that broker's disk is the only copy", advice)
    elif insync < 2:
        yield Finding(
            "warn",
            f"{name}: min.insync.replicas = {insync}: a record is acknowledged that is on one disk only",
            "set it to 2",
        )
    elif insync >= copies:
        yield Finding(
            "warn",
            f"{name}: min.insync.replicas = {insync} of {copies} replicas: one broker down stops forwarding",
            f"set it to {copies - 1}, or add a replica",
        )
    elif not leaderless and not behind:
        yield Finding("ok", f"{name}: {_many(topic)}, {copies} replicas, {insync} of them before it is acknowledged")


def _kept(topic: Topic) -> Iterator[Finding]:
    name, config = topic.name, topic.config
    if not config:
        yield Finding("warn", f"{name}: the cluster does not tell its settings", "let this user describe configs")
        return
    if "compact" in config.get("cleanup.policy", "delete"):
        yield Finding(
            "fail",
            f"{name}: cleanup.policy = {config['cleanup.policy']}: of each visitor only the last event is kept",
            "set cleanup.policy to delete",
        )
    retention, size = int(config.get("retention.ms", _FOREVER)), int(config.get("retention.bytes", _FOREVER))
    if retention != _FOREVER and retention <= _WEEK:
        yield Finding(
            "warn",
            f"{name}: events are kept {retention / 86_400_000:g} days: if counting stands longer, they are lost",
            "set retention.ms to more than a week",
        )
    else:
        kept = "for ever" if retention == _FOREVER else f"{retention / 86_400_000:g} days"
        yield Finding("ok", f"{name}: events are kept {kept}")
    if size != _FOREVER:
        yield Finding(
            "warn",
            f"{name}: retention.bytes = {size:,}: events may be deleted before they are counted",
            "set retention.bytes to -1",
        )
    if config.get("unclean.leader.election.enable") == "true":
        yield Finding(
            "warn",
            f"{name}: unclean.leader.election.enable: acknowledged events may be lost",
            "set it to false",
        )


def _taken(topic: Topic) -> Iterator[Finding]:
    """Look at what the topic would refuse, or change."""
    name, config = topic.name, topic.config
    largest = int(config.get("max.message.bytes", _ROOM))
    if largest < _ROOM:
        yield Finding(
            "warn",
            f"{name}: max.message.bytes = {largest:,}: longer events are set aside",
            "set it to 1000000",
        )
    oldest = int(config.get("message.timestamp.before.max.ms", _WEEK))
    if oldest < _WEEK:
        yield Finding(
            "warn",
            f"{name}: message.timestamp.before.max.ms = {oldest:,}: after a long pause events are set aside",
            "set it to more than a week",
        )
    if config.get("message.timestamp.type") == "LogAppendTime":
        yield Finding(
            "warn",
            f"{name}: message.timestamp.type = LogAppendTime: when an event was received is not kept",
            "set it to CreateTime",
        )


def _counted(topic: Topic, counted: Mapping[str, int]) -> Iterator[Finding]:
    """Compare what is there with what is counted."""
    behind = 0
    for partition in topic.partitions:
        name = f"{topic.name}-{partition.number}"
        next = counted.get(name, 0)
        if counted and next < partition.first:
            yield Finding(
                "fail",
                f"{name}: {partition.first - next:,} records were deleted before they were counted",
                "see footfall ledger; footfall count --accept-loss goes on behind them",
            )
        elif max(next, partition.first) < partition.old:
            yield Finding(
                "fail",
                f"{name}: {partition.old - max(next, partition.first):,} records are deleted soon and not counted",
                "start counting (footfall count), or lengthen retention.ms now",
            )
        behind += max(0, partition.end - max(next, partition.first))
    if counted:
        yield Finding("ok", f"{topic.name}: counted" + (f", {behind:,} records behind at most" if behind else ""))
    elif behind:
        yield Finding("warn", f"{topic.name}: {behind:,} records, none counted here yet", "start it: footfall count")


def _remembered(topic: Topic) -> Finding:
    policy = topic.config.get("cleanup.policy", "compact")
    if policy != "compact":
        return Finding(
            "fail",
            f"{topic.name}: cleanup.policy = {policy}: Kafka would forget how far the journals are forwarded",
            "set cleanup.policy to compact",
        )
    return Finding("ok", f"{topic.name}: positions are kept")


def _many(topic: Topic) -> str:
    return f"{len(topic.partitions)} partition" + ("" if len(topic.partitions) == 1 else "s")


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
