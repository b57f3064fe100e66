"""The pure core: a batch and what is remembered go in, a step comes out. No clock, no disk."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from footfall.job.reading import Reading, Refusal
from footfall.job.sorting import NUMBERS, Sorted, sort_out
from footfall.log import Batch
from footfall.metrics import Columns, Counts
from footfall.model.steps import (
    Carried,
    Fact,
    Position,
    Reason,
    SeenEvent,
    SessionState,
    SetAside,
    Step,
    Tally,
    Value,
)

CarriedOf = Callable[[Sequence[str], Sequence[tuple[str, str]]], Carried]
"""Returns what is remembered of sessions and (session, event id) pairs."""

_NOTHING: Final = Counts((), (), (), (), (), ())
_REASONS: Final = {number: reason for reason, number in NUMBERS.items()}


class Definition(Protocol):
    """What runs the definition: `metrics.Engine`, or the same text on another engine."""

    def run(self, columns: Columns) -> Counts:
        """Return the counts of one batch."""
        ...


def compute(batch: Batch, before: Position, carried_of: CarriedOf, reading: Reading, engine: Definition) -> Step:
    """Return the step that counts a batch, in the order of counting.md, "What is decided".

    What each event says by itself comes first (stage 1, flags, item, price), then the definition, which sees the
    events in log order: clock, duplicates, sessions, sums.
    """
    return count(batch, sort_out(batch, reading), before, carried_of, engine)


def count(batch: Batch, found: Sorted, before: Position, carried_of: CarriedOf, engine: Definition) -> Step:
    """Return the step of events that were sorted out."""
    counts = _NOTHING
    sessions, ids = list(found.sessions), list(found.ids)
    if found.pos:
        carried = carried_of(sessions, ids)
        counts = engine.run(_columns(found, before.clock, carried))
    tally, reasons = _endings(found, counts)
    facts, values = _sums(found, counts)
    refused = list(found.refused.items()) + [(row, found.unreadable[row]) for _, row in counts.kept]
    return Step(
        before=before,
        next=batch.next,
        clock=max((clock for *_, clock in counts.endings), default=before.clock),
        tally=tally,
        reasons=reasons,
        facts=facts,
        values=values,
        sessions=[SessionState(sessions[number], views, latest) for number, views, latest in counts.sessions],
        seen=[SeenEvent(*ids[number], last_seen) for number, last_seen in counts.seen],
        set_aside=_kept(batch, refused),
    )


def _columns(found: Sorted, clock: int | None, carried: Carried) -> Columns:
    """Return the input of the definition; `sql/counting.sql` says what each column holds."""
    views: list[int | None] = [None] * len(found.sessions)
    latest: list[int | None] = [None] * len(found.sessions)
    for state in carried.sessions:
        number = found.sessions[state.session]
        views[number], latest[number] = state.views, state.latest
    seen: list[int | None] = [None] * len(found.ids)
    for event in carried.events:
        seen[found.ids[event.session, event.event]] = event.last_seen
    return {
        "part": [0] * len(found.pos),
        **{name: getattr(found, name) for name in Sorted.COLUMNS},
        "carried_clock": [clock] * len(found.pos),
        "carried_seen": [None if number is None else seen[number] for number in found.event],
        "carried_views": [views[number] for number in found.session],
        "carried_latest": [latest[number] for number in found.session],
    }


def _endings(found: Sorted, counts: Counts) -> tuple[Tally, dict[Reason, int]]:
    """Return how the events ended, and why those that were ignored or set aside were."""
    ended = Counter[str]()
    reasons = Counter(refusal.reason for refusal in found.refused.values())
    for _, verdict, number, n, _ in counts.endings:
        if verdict != "clean":
            ended[verdict] += n
        elif number is None:
            ended["counted"] += n
        else:
            ended["ignored" if number > 0 else "set_aside"] += n
            reasons[_REASONS[number]] += n
    ended["set_aside"] += len(found.refused)
    return Tally(read=ended.total(), **ended), dict(reasons)


def _sums(found: Sorted, counts: Counts) -> tuple[list[Fact], list[Value]]:
    """Return facts and values with the texts that the numbers stand for."""
    places, currencies = list(found.places), list(found.currencies)
    return (
        [Fact(*places[place], *rest) for place, *rest in counts.facts],
        [
            Value(*places[place], minute, currencies[currency], high, low)
            for place, minute, currency, high, low in counts.money
        ],
    )


def _kept(batch: Batch, refused: Iterable[tuple[int, Refusal]]) -> list[SetAside]:
    """Return the events of a batch that are set aside: (row, why)."""
    positions, arrivals = batch.events["position"].to_pylist(), batch.events["arrival"].to_pylist()
    return [
        SetAside(
            partition=batch.partition,
            position=positions[row],
            arrival=arrivals[row],
            reason=refusal.reason,
            detail=refusal.detail,
            raw=batch.raws[row],
            origin=batch.origins[row],
        )
        for row, refusal in sorted(refused)
    ]
