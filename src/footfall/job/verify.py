"""The proof of the ledger: every event read is accounted for, none is missing, none counted twice."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Self

from footfall.model.steps import Loss, Lost, Tally
from footfall.store import LedgerEntry, Store, Sums


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the store says beside its ledger."""

    next: Mapping[str, int]
    steps: Mapping[str, int]
    sums: Mapping[str, Sums]
    tally: Tally
    waiting: int

    @classmethod
    def of(cls, store: Store) -> Self:
        """Ask the store. The positions come last: if they do not move, nothing else did since the last time."""
        waiting, tally, sums = store.waiting(), store.tally(), store.sums()
        positions = store.positions()
        return cls(
            next={position.partition: position.next for position in positions},
            steps={position.partition: position.steps for position in positions},
            sums=sums,
            tally=tally,
            waiting=waiting,
        )

    @property
    def counted(self) -> int:
        """Views and clicks in the facts: each counted event is one of either."""
        return self.sums["minute"].views + self.sums["minute"].clicks


class _Ledger:
    """What the ledger says, added up entry by entry."""

    def __init__(self) -> None:
        self.next: dict[str, int] = defaultdict(int)
        self.steps: dict[str, int] = defaultdict(int)
        self.sums: dict[str, int] = {part.name: 0 for part in fields(Tally)}
        self.waiting = 0
        self._last = 0

    def add(self, entry: LedgerEntry) -> Iterator[str]:
        """Take an entry in; yield what is wrong with it."""
        place, tally = f"step {entry.step} of {entry.partition}", entry.tally
        if entry.step <= self._last:
            yield f"{place}: comes after step {self._last}; expected a larger number"
        if not tally.holds:
            yield f"{place}: read {tally.read} is not the sum of the others; {tally}"
        reasons = sum(entry.reasons.values())
        if reasons != tally.ignored + tally.set_aside:
            yield f"{place}: {tally.ignored} ignored and {tally.set_aside} set aside, but reasons for {reasons}"
        if entry.first != self.next[entry.partition]:
            yield f"{place}: begins at {entry.first}; expected {self.next[entry.partition]}, where the one before ended"
        yield from self._positions(entry, place)
        self._last = entry.step
        self.next[entry.partition] = entry.next
        self.steps[entry.partition] += 1
        for name in self.sums:
            self.sums[name] += getattr(tally, name)

    def _positions(self, entry: LedgerEntry, place: str) -> Iterator[str]:
        tally = entry.tally
        if entry.lost is not None:
            self.waiting -= len(entry.resolves)
            if tally.read:
                yield f"{place}: read {tally.read} events and lost positions; expected two steps"
            if not _explains(entry.lost, entry):
                yield f"{place}: from {entry.first} to {entry.next} is not what it says to be lost: {entry.lost}"
            return
        if entry.next > entry.first:
            self.waiting += tally.set_aside
            if tally.read > entry.next - entry.first:
                yield f"{place}: read {tally.read} events of {entry.next - entry.first} positions"
            return
        self.waiting -= len(entry.resolves)
        if entry.next < entry.first:
            yield f"{place}: goes back to {entry.next}"
        if tally.read != len(entry.resolves) + tally.set_aside:
            yield f"{place}: a retry that read {tally.read}, resolved {len(entry.resolves)}, left {tally.set_aside}"


def _explains(lost: Lost, entry: LedgerEntry) -> bool:
    """Say whether what was lost explains where the step begins and ends."""
    match lost.why:
        case Loss.BEFORE | Loss.DELETED:
            return (lost.partition, lost.first, lost.end) == (entry.partition, entry.first, entry.next)
        case Loss.REMADE:
            return lost.partition != entry.partition and entry.first == entry.next
        case Loss.ADDED:
            return lost.partition == entry.partition and entry.first == entry.next
        case Loss.TRUNCATED:
            return (lost.partition, lost.first, lost.end) == (entry.partition, entry.next, entry.first)


def verify(store: Store) -> list[str]:
    """Return what is wrong with the ledger, or between it and the rest of the store; nothing, if all is right.

    Every step's `read = counted + ...`; each partition's steps joined end to start from position 0, and what was lost
    named by a step of its own; their sums equal to
    the store's positions, tally, facts and set-aside events; hours and days equal to their minutes. Counting may go on
    meanwhile.
    """
    before = _Beside.of(store)
    ledger = _Ledger()
    problems = [problem for entry in store.ledger() for problem in ledger.add(entry)]
    after = _Beside.of(store)
    return problems + list(_compare(ledger, before, after)) + list(_compare_grains(after.sums))


def _compare(ledger: _Ledger, before: _Beside, after: _Beside) -> Iterator[str]:
    """Yield where the ledger is not between the sums before it was read and after: they only grow."""
    for name in sorted(ledger.next.keys() | after.next.keys()):
        for what in ("next", "steps"):
            found = getattr(ledger, what).get(name, 0)
            least, most = getattr(before, what).get(name, 0), getattr(after, what).get(name, 0)
            if not least <= found <= most:
                yield f"{name}: {what} is {found} by the ledger, but {most} by the position"
    for name, found in ledger.sums.items():
        if not getattr(before.tally, name) <= found <= getattr(after.tally, name):
            yield f"{name}: {found} by the ledger, but {getattr(after.tally, name)} by the tally"
    if not before.counted <= ledger.sums["counted"] <= after.counted:
        yield f"counted: {ledger.sums['counted']} by the ledger, but {after.counted} views and clicks in the facts"
    if before.steps == after.steps and ledger.waiting != after.waiting:
        yield f"set aside: {ledger.waiting} should wait by the ledger, but {after.waiting} do"


def _compare_grains(sums: Mapping[str, Sums]) -> Iterator[str]:
    for grain, found in sums.items():
        for part in fields(Sums):
            number, expected = getattr(found, part.name), getattr(sums["minute"], part.name)
            if number != expected:
                yield f"{part.name}: {number} by {grain}, but {expected} by minute"
