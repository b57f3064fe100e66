"""A store that lives in memory: the second implementation, for tests and for trying things out."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from footfall.model.steps import Carried, Fact, Position, SeenEvent, SessionState, SetAside, Step, Tally, Value
from footfall.store.checks import MEMORY, check_step, fenced, not_waiting, printable
from footfall.store.protocol import LedgerEntry, Sums, Total

_Key = TypeVar("_Key", tuple[int, str, str], tuple[int, str, str, str])


class MemoryStore:
    """Everything of `Store` but the disk."""

    def __init__(self, *, session_memory: int = MEMORY) -> None:
        """Make an empty store that remembers sessions and event ids for `session_memory` ms."""
        self._memory = session_memory
        self._lock = threading.RLock()
        self._positions: dict[str, Position] = {}
        self._sessions: dict[str, dict[str, SessionState]] = defaultdict(dict)
        self._seen: dict[str, dict[tuple[str, str], SeenEvent]] = defaultdict(dict)
        self._swept: dict[str, int] = {}
        self._facts: dict[tuple[int, str, str], Fact] = {}
        self._values: dict[tuple[int, str, str, str], Value] = {}
        self._ledger: list[LedgerEntry] = []
        self._set_aside: dict[tuple[str, int], SetAside] = {}

    def position(self, partition: str) -> Position:
        with self._lock:
            return self._positions.get(partition, Position(partition))

    def positions(self) -> Sequence[Position]:
        with self._lock:
            return [self._positions[name] for name in sorted(self._positions)]

    def carried(self, partition: str, sessions: Sequence[str], events: Sequence[tuple[str, str]]) -> Carried:
        with self._lock:
            known, seen = self._sessions[partition], self._seen[partition]
            return Carried(
                [known[session] for session in dict.fromkeys(sessions) if session in known],
                [seen[event] for event in dict.fromkeys(events) if event in seen],
            )

    def commit(self, step: Step) -> int:
        check_step(step)
        partition = step.before.partition
        with self._lock:
            self._fence(step)
            self._positions[partition] = Position(partition, step.next, step.clock, step.before.steps + 1)
            self._add(step)
            self._remember(step)
            for position in step.resolves:
                del self._set_aside[partition, position]
            for event in step.set_aside:
                self._set_aside[partition, event.position] = replace(
                    event, detail=printable(event.detail), origin=printable(event.origin)
                )
            self._ledger.append(_entry(len(self._ledger) + 1, step))
            return len(self._ledger)

    def _fence(self, step: Step) -> None:
        found = self.position(step.before.partition)
        if (found.next, found.steps) != (step.before.next, step.before.steps):
            raise fenced(step.before, found)
        missing = [p for p in step.resolves if (step.before.partition, p) not in self._set_aside]
        if missing:
            raise not_waiting(step.before.partition, missing)

    def _add(self, step: Step) -> None:
        for fact in step.facts:
            place = (fact.minute, fact.shop, fact.item)
            known = self._facts.get(place)
            self._facts[place] = fact if known is None else _sum_of(known, fact)
        for value in step.values:
            purse = (value.minute, value.shop, value.item, value.currency)
            held = self._values.get(purse)
            self._values[purse] = (
                value if held is None else replace(held, high=held.high + value.high, low=held.low + value.low)
            )

    def _remember(self, step: Step) -> None:
        partition = step.before.partition
        sessions, seen = self._sessions[partition], self._seen[partition]
        sessions.update((state.session, state) for state in step.sessions)
        seen.update(((event.session, event.event), event) for event in step.seen)
        if step.clock is None or step.clock < self._swept.get(partition, step.clock) + self._memory // 24:
            self._swept.setdefault(partition, step.clock or 0)
            return
        self._swept[partition] = step.clock
        passed = step.clock - self._memory
        self._sessions[partition] = {name: state for name, state in sessions.items() if state.latest > passed}
        self._seen[partition] = {name: event for name, event in seen.items() if event.last_seen > passed}

    def ledger(self, partition: str | None = None, last: int | None = None) -> Iterator[LedgerEntry]:
        with self._lock:
            entries = [entry for entry in self._ledger if partition in (None, entry.partition)]
        yield from entries if last is None else entries[max(len(entries) - last, 0) :]

    def tally(self, partition: str | None = None) -> Tally:
        tallies = [entry.tally for entry in self.ledger(partition)]
        return Tally(**{part.name: sum(getattr(tally, part.name) for tally in tallies) for part in fields(Tally)})

    def set_aside(self, partition: str | None = None) -> Iterator[SetAside]:
        with self._lock:
            waiting = sorted(self._set_aside.items())
        yield from (event for (name, _), event in waiting if partition in (None, name))

    def waiting(self) -> int:
        with self._lock:
            return len(self._set_aside)

    def drop_raw(self, before: int) -> int:
        with self._lock:
            old = [key for key, event in self._set_aside.items() if event.raw and event.arrival < before]
            for key in old:
                self._set_aside[key] = replace(self._set_aside[key], raw=b"")
            return len(old)

    def totals(self, since: int, until: int | None = None) -> Sequence[Total]:
        with self._lock:
            facts, values = list(self.facts(since, until)), list(self.values(since, until))
        sums: dict[tuple[str, str], Fact] = {}
        for fact in facts:
            known = sums.get((fact.shop, fact.item))
            sums[fact.shop, fact.item] = fact if known is None else _sum_of(known, fact)
        money: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for value in values:
            money[value.shop, value.item][value.currency] += value.high * 10**9 + value.low
        return [_total(sums[place], money.get(place, {})) for place in sorted(sums)]

    def sums(self) -> Mapping[str, Sums]:
        with self._lock:
            facts, values = self._facts.values(), self._values.values()
            added = {part.name: sum(getattr(fact, part.name) for fact in facts) for part in fields(Sums)[:4]}
            money = {part.name: sum(getattr(value, part.name) for value in values) for part in fields(Sums)[4:]}
        return {"minute": Sums(**added, **money)}

    def facts(self, since: int | None = None, until: int | None = None) -> Iterator[Fact]:
        with self._lock:
            keys = _within(self._facts, since, until)
            chosen = [self._facts[key] for key in keys]
        yield from chosen

    def values(self, since: int | None = None, until: int | None = None) -> Iterator[Value]:
        with self._lock:
            keys = _within(self._values, since, until)
            chosen = [self._values[key] for key in keys]
        yield from chosen

    def newest(self) -> int | None:
        with self._lock:
            return max((p.clock for p in self._positions.values() if p.clock is not None), default=None)

    def version(self) -> int:
        return 0

    def size(self) -> int:
        return 0

    def close(self) -> None:
        pass


def _within(keys: Iterable[_Key], since: int | None, until: int | None) -> list[_Key]:
    return sorted(k for k in keys if (since is None or since <= k[0]) and (until is None or k[0] < until))


def _sum_of(one: Fact, other: Fact) -> Fact:
    return replace(
        one,
        views=one.views + other.views,
        depth_sum=one.depth_sum + other.depth_sum,
        quantity=one.quantity + other.quantity,
        clicks=one.clicks + other.clicks,
    )


def _total(sums: Fact, money: Mapping[str, int]) -> Total:
    values = {currency: money[currency] for currency in sorted(money)}
    return Total(sums.shop, sums.item, sums.views, sums.depth_sum, sums.quantity, sums.clicks, values)


def _entry(number: int, step: Step) -> LedgerEntry:
    return LedgerEntry(
        step=number,
        partition=step.before.partition,
        first=step.before.next,
        next=step.next,
        tally=step.tally,
        reasons=dict(step.reasons),
        rules=step.rules,
        started=step.started,
        took=step.took,
        resolves=tuple(step.resolves),
        lost=step.lost,
    )
