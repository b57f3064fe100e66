"""How far counting is, and what waits for a person."""

from collections.abc import Iterator, Mapping
from typing import Final

from footfall.doctor.finding import Finding
from footfall.model.partitions import place_of
from footfall.store import Store

_STALLED: Final = 60.0
"""Seconds without a step, events waiting: then it is worth a word."""


def counted(store: Store, ends: Mapping[str, int], now: float) -> Iterator[Finding]:
    """Compare the store's positions with the ends of the journals; `now` in seconds since epoch."""
    positions = {position.partition: position for position in store.positions()}
    last = next(iter(store.ledger(last=1)), None)
    idle = None if last is None else now - (last.started + last.took) / 1000
    for name, end in ends.items():
        behind = end - (positions[name].next if name in positions else 0)
        if behind < 0:
            yield Finding(
                "fail",
                f"{name}: counted up to {positions[name].next:,}, but its journal ends at {end:,}",
                "the journal is older than the store: was a copy restored? Restore the store of the same day",
            )
        elif behind and (idle is None or idle > _STALLED):
            since = "nothing was counted yet" if idle is None else f"the last step was {idle:,.0f} s ago"
            advice = "start counting: footfall up, or footfall count (on a schedule that is as it should be)"
            yield Finding("warn", f"{name}: {behind:,} events wait, and {since}", advice)
        else:
            yield Finding("ok", f"{name}: counted up to {end - behind:,}" + (f", {behind:,} behind" if behind else ""))
    for name in sorted(positions.keys() - ends.keys()):
        if place_of(name) == name:  # a partition of Kafka bears a mark
            yield Finding(
                "warn",
                f"{name}: counted up to {positions[name].next:,}, and its journal is gone",
                "if it was moved away on purpose, nothing is to be done: a new one goes on from there",
            )
    waiting = store.waiting()
    if waiting:
        advice = "look: footfall set-aside list; after a fix of the settings: footfall set-aside retry"
        yield Finding("warn", f"{waiting:,} events are set aside", advice)
    tally = store.tally()
    if tally.read and tally.bot > tally.read / 2:
        yield Finding(
            "warn",
            f"{tally.bot:,} of {tally.read:,} events came from robots",
            "a check by curl or by a headless browser counts as one; look: footfall events",
        )
