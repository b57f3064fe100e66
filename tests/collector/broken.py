"""A collector without one of its guarantees, for negative controls: python -m tests.collector.broken WHICH ARGUMENTS...

What breaks is named by a function here; the rest is `footfall` as it is.
"""

import itertools
import sys
from collections.abc import Sequence
from typing import Any

from footfall.cli import main
from footfall.collector import commit, connection
from footfall.journal import Journal


def hasty() -> None:
    """Answer before the commit."""
    add = commit.Commit.add

    class Deaf:
        def settle(self, problem: str | None) -> None:
            """Hear it too late."""

    def add_hastily(self: commit.Commit, record: bytes, waiter: commit.Waiter) -> bool:
        taken = add(self, record, Deaf())
        if taken:
            waiter.settle(None)
        return taken

    commit.Commit.add = add_hastily  # type: ignore[method-assign]


def unsynced() -> None:
    """Write without waiting for the disk."""
    init: Any = Journal.__init__

    def init_unsynced(self: Journal, *arguments: Any, **named: Any) -> None:
        init(self, *arguments, **{**named, "synchronous": "OFF"})

    Journal.__init__ = init_unsynced  # type: ignore[method-assign]


def greedy() -> None:
    """Take in all that comes, however little of the answers is read."""
    connection.Connection._crowded = lambda self: False  # type: ignore[method-assign]


def leaky() -> None:
    """Keep something of each connection for ever."""
    made, kept = connection.Connection.connection_made, []

    def made_leaky(self: connection.Connection, transport: Any) -> None:
        kept.append(bytearray(8192))
        made(self, transport)

    connection.Connection.connection_made = made_leaky  # type: ignore[method-assign]


def forgetful() -> None:
    """Write all but one of a hundred records, and say that all are written."""
    append: Any = Journal.append
    count = itertools.count(1)

    def append_most(self: Journal, records: Sequence[bytes], *rest: Any) -> Any:
        return append(self, [record for record in records if next(count) % 100], *rest)

    Journal.append = append_most  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    which = sys.argv.pop(1)
    {each.__name__: each for each in (hasty, unsynced, greedy, leaky, forgetful)}[which]()
    main()
