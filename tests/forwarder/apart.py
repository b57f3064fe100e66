"""A forwarder as it must not be: it commits the journal's position apart from the records, and dies between the two.

python apart.py JOURNAL SERVERS TOPIC before|after NUMBER: the position goes before or after its records; it kills
itself between the two at the transaction of that number.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from footfall.forwarder import Converter, Forwarder
from footfall.journal import JournalReader, Notebook, notes_of
from footfall.sinks import KafkaSink, Outgoing, Refusal, Target


class Apart(KafkaSink):
    """Two transactions for what should be one."""

    def __init__(self, target: Target, source: str, order: str, last: int) -> None:
        super().__init__(target, source)
        self._order, self._left, self._at = order, last, (0, 0)

    def send(self, records: Sequence[Outgoing], next: int, arrival: int, retried: Sequence[int] = ()) -> Refusal | None:
        if not records:
            self._at = next, arrival
            return super().send([], next, arrival)
        self._left -= 1
        if self._order == "before":
            super().send([], next, arrival)
            self._perhaps_die()
            super().send(records, next, arrival)
        else:
            super().send(records, *self._at)
            self._perhaps_die()
            super().send([], next, arrival)
        self._at = next, arrival
        return None

    def _perhaps_die(self) -> None:
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def main(journal: Path, servers: str, topic: str, order: str, last: int) -> None:
    reader = JournalReader(journal)
    sink = Apart(Target(topic, {"bootstrap.servers": servers}), reader.uuid, order, last)
    Forwarder(reader, Converter("default"), sink, Notebook(notes_of(journal), reader.uuid)).run(threading.Event())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
