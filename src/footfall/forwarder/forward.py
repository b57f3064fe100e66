"""A journal goes into a topic: read by position, converted, sent in transactions that hold the position too.

The order is the guarantee. A transaction: 1. what cannot be forwarded is noted, on disk; 2. records and position are
committed in Kafka, together; 3. the position is noted beside the journal, for others to read. A start: 1. Kafka ends
what an earlier forwarder left open; 2. the position is read from Kafka; 3. notes from there on are forgotten; 4. this
forwarder's name is committed. So a crash anywhere is a start from the position in Kafka.
"""

import threading
import time
from collections.abc import Sequence
from typing import Final

from footfall.errors import InputError, UnavailableError
from footfall.forwarder.again import send_again
from footfall.forwarder.convert import Convert, Unfit
from footfall.forwarder.telling import Teller
from footfall.journal import Aside, JournalReader, Notebook
from footfall.model.frames import arrival_of
from footfall.sinks import KafkaSink, Outgoing, Position, Refusal

FULL: Final = 2_000
MOST: Final = 10_000
"""Records a transaction. It costs 10-20 ms: so many are waited for, and so many are taken, where they come in fast."""

LINGER: Final = 0.1
"""Seconds between two transactions of fewer. The first after a silence goes at once."""

_BYTES: Final = 16_000_000
"""Of raw records in a transaction."""

_LOOK: Final = 0.02
"""Seconds between two looks at a journal that is forwarded."""

_NOTE: Final = 1.0
"""Seconds between two notes of the position, and two looks for what is to be sent again."""

_DROP: Final = 3_600.0
"""Seconds between two looks for what was set aside too long ago."""

_PAUSES: Final = (0.0, 0.1, 0.5, 1.0, 5.0)
"""Seconds before the 1st, 2nd ... attempt in a row; the last for all further ones. It never gives up."""


class Forwarder:
    """Forwards one journal, as the only one."""

    def __init__(
        self, journal: JournalReader, convert: Convert, sink: KafkaSink, notebook: Notebook, keep: int = 90 * 86_400_000
    ) -> None:
        """`keep`: how long records that were set aside are kept, ms."""
        self._journal, self._convert, self._sink, self._notebook = journal, convert, sink, notebook
        self._keep, self._dropped = keep, 0.0
        self._next, self._arrival = 0, 0
        self._size = MOST
        self._refused: dict[int, str] = {}
        self._failures = 0
        self._sent = -LINGER
        self._noted = 0.0
        self._teller = Teller()

    def run(self, stop: threading.Event) -> None:
        """Forward until `stop` is set; what fails for now is tried again.

        Raises HeldError: another forwarder took over; InputError: the position in Kafka is not of this journal, or
        would be forgotten.
        """
        while not stop.is_set():
            try:
                self.open()
                while not stop.wait(self.pause(time.monotonic())):
                    self.step()
                    self._look_after()
                self.note()
            except UnavailableError as error:
                self._teller.trouble(error, self._failures, self.behind)
                stop.wait(_PAUSES[min(self._failures, len(_PAUSES) - 1)])
                self._failures += 1
        self._teller.end(self.behind)

    def open(self) -> None:
        """Find out where to go on, and make it known who does."""
        position = self._sink.open()
        first, end = self._journal.span()
        self._check(position, first, end)
        if position is not None:
            self._notebook.resolve(position.retried)
            self._next, self._arrival = position.next, position.arrival
        else:
            self._next, self._arrival = first, 0
        self._notebook.begin(self._sink.cluster, self._sink.topic, self._next, _now())
        if position is None or position.run != self._sink.run:
            refusal = self._sink.send([], self._next, self._arrival)
            if refusal is not None:
                raise InputError(f"{self._sink.topic}: the position is refused: {refusal.why}")
            self._teller.begin(self._next, end)

    def _check(self, position: Position | None, first: int, end: int) -> None:
        noted = self._notebook.known()
        ours = noted is not None and (noted.cluster, noted.topic) == (self._sink.cluster, self._sink.topic)
        if position is None:
            if noted is not None and ours and noted.next > 0:
                raise InputError(
                    f"{self._sink.topic}: Kafka does not know how far this journal is forwarded, but it was up to "
                    f"{noted.next:,}; expected the topic {self._sink.topic}-forwarded as it was. To send the whole "
                    "journal again (counting knows the events of the last 24 hours by their ids), remove its .notes"
                )
            return
        if position.next > end:
            raise InputError(
                f"the journal ends at {end:,}, but {self._sink.topic} has it up to {position.next:,}: was a copy "
                "restored? Expected the journal that was forwarded. All that this one held then is in the topic: move "
                "it away with its .notes, and the collector begins a new one"
            )
        if position.next > first and self._arrival_at(position.next - 1) != position.arrival:
            raise InputError(
                f"the record at {position.next - 1:,} is not the one that {self._sink.topic} has: was a copy of the "
                "journal restored, and written to since? Expected the journal that was forwarded"
            )
        if position.next < first:
            self._teller.lost(position.next, first)
        if noted is not None and ours and noted.next > position.next:
            self._teller.went_back(noted.next, position.next)

    def _arrival_at(self, position: int) -> int:
        found, _ = self._journal.read(position, 1, 1)
        return arrival_of(found[0][1])

    def step(self) -> int:
        """Forward what waits, at most one transaction; return how many records of the journal that settled."""
        found, next = self._journal.read(self._next, self._size, _BYTES)
        if not found:
            return 0
        self._sent = time.monotonic()
        places, records, aside = self._sort(found)
        if aside:
            self._notebook.set_aside(aside)
        arrival = arrival_of(found[-1][1])
        refusal = self._sink.send(records, next, arrival)
        if refusal is not None:
            self._narrow(refusal, places, len(found))
            return 0
        self._next, self._arrival = next, arrival
        self._size = min(MOST, 2 * self._size)
        self._refused.clear()
        self._teller.well(self._failures)
        self._failures = 0
        self._teller.forwarded(len(records), aside, self.behind)
        return len(found)

    def _sort(self, found: Sequence[tuple[int, bytes]]) -> tuple[list[int], list[Outgoing], list[Aside]]:
        convert, refused = self._convert, self._refused
        places: list[int] = []
        records: list[Outgoing] = []
        aside: list[Aside] = []
        for position, raw in found:
            if position in refused:
                aside.append(Aside(position, arrival_of(raw), "refused", refused[position], raw))
                continue
            made = convert(raw)
            if isinstance(made, Unfit):
                aside.append(Aside(position, arrival_of(raw), "undecodable", made.problem, raw))
            else:
                places.append(position)
                records.append(made)
        return places, records, aside

    def _narrow(self, refusal: Refusal, places: Sequence[int], size: int) -> None:
        """Find the record that is refused: where the broker does not name it, by sending half as many."""
        if refusal.index is not None or len(places) == 1:
            self._refused[places[refusal.index or 0]] = refusal.why
        else:
            self._size = max(1, size // 2)
        self._sent = -LINGER

    def pause(self, now: float) -> float:
        """Return how many seconds to wait before the next step."""
        waiting = self.behind
        if not waiting:
            return _LOOK
        return 0.0 if waiting >= FULL or self._refused else max(0.0, self._sent + LINGER - now)

    @property
    def behind(self) -> int:
        """How many records of the journal are not settled."""
        return self._journal.span()[1] - self._next

    def _look_after(self) -> None:
        """Note the position, send again what was asked for, forget what is too old."""
        now = time.monotonic()
        if now - self._dropped >= _DROP:
            self._dropped = now
            self._notebook.drop(_now() - self._keep)
        if now - self._noted >= _NOTE:
            self._noted = now
            self.note()
            send_again(self._notebook, self._convert, self._sink, self._next, self._arrival)

    def note(self) -> None:
        """Note the position, for others to read."""
        self._notebook.note(self._next, _now())


def _now() -> int:
    return time.time_ns() // 1_000_000
