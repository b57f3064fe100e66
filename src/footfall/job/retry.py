"""Counting again what was set aside, after a fix (counting.md, "Retried when asked").

A retry is a step of its own. It is fenced like any other, so an event is counted once however many retries run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from footfall.job.compute import CarriedOf, Definition, count
from footfall.job.reading import OTHER, PAGE_VIEW, Reading
from footfall.job.sorting import CLEAR, NUMBERS, Numbering, Sorted, sort_out
from footfall.log import Batch, Limits
from footfall.model.steps import PRICE_REASONS, Carried, Position, Reason, SetAside, Step

Kept = Mapping[int, SetAside]
"""Events that wait for a retry, by position, in the order of the batch."""


def chunks(waiting: Iterator[SetAside], limits: Limits) -> Iterator[Kept]:
    """Yield the events in parts within the limits. One whose raw form was dropped cannot be retried: it is left out."""
    part: dict[int, SetAside] = {}
    size = 0
    for event in waiting:
        if not event.raw:
            continue
        if part and (len(part) >= limits.events or size + len(event.raw) > limits.bytes):
            yield part
            part, size = {}, 0
        part[event.position] = event
        size += len(event.raw)
    if part:
        yield part


def recount(
    batch: Batch, kept: Kept, before: Position, carried_of: CarriedOf, reading: Reading, engine: Definition
) -> Step:
    """Return the step of events set aside for what they were: they go through all five as if they came now."""
    found = sort_out(batch, reading)
    step = count(batch, found, before, carried_of, engine)
    return _resolving(step, kept, set(kept))


def settle(batch: Batch, kept: Kept, before: Position, reading: Reading, engine: Definition) -> Step:
    """Return the step of events set aside for price or amount: they add their facts and move nothing else.

    They passed the flags and moved their session when they were read first, so neither is looked at again. One that
    cannot be read at all any more waits on as it is; one that is a page view by now can have no depth and is ignored.
    """
    found = sort_out(batch, reading)
    positions = list(kept)
    waiting_on = {positions[row] for row in found.refused}
    _detach(found)
    step = count(batch, found, before, lambda sessions, events: Carried(), engine)
    step = replace(step, clock=before.clock, sessions=(), seen=())
    return _resolving(step, kept, set(kept) - waiting_on)


def is_of_price(event: SetAside) -> bool:
    """Say whether an event was set aside after its session moved."""
    return event.reason in PRICE_REASONS


def _detach(found: Sorted) -> None:
    """Put each event into a session of its own, with no flag, no id, and no depth."""
    found.refused.clear()
    for index, kind in enumerate(found.kind):
        if kind == PAGE_VIEW:
            found.kind[index], found.reason[index] = OTHER, NUMBERS[Reason.KIND]
    many = len(found.pos)
    found.flag, found.event, found.session = [CLEAR] * many, [None] * many, list(range(many))
    found.sessions, found.ids = Numbering({str(number): number for number in range(many)}), Numbering()


def _resolving(step: Step, kept: Kept, looked_at: set[int]) -> Step:
    """Return the step as a retry: those that stay set aside for the same reason are no part of it."""
    changed = [event for event in step.set_aside if _differs(event, kept[event.position])]
    same = [event for event in step.set_aside if not _differs(event, kept[event.position])]
    reasons = dict(step.reasons)
    for event in same:
        reasons[event.reason] -= 1
    tally = replace(step.tally, read=step.tally.read - len(same), set_aside=step.tally.set_aside - len(same))
    return replace(
        step,
        next=step.before.next,
        tally=tally,
        reasons={reason: n for reason, n in reasons.items() if n},
        set_aside=changed,
        resolves=sorted(looked_at - {event.position for event in step.set_aside}),
    )


def _differs(event: SetAside, before: SetAside) -> bool:
    return (event.reason, event.detail) != (before.reason, before.detail)
