"""A collector without one of its guarantees, for negative controls: python -m tests.collector.broken WHICH ARGUMENTS...

What breaks is named by a function here; the rest is `footfall` as it is.
"""

import sys
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


if __name__ == "__main__":
    which = sys.argv.pop(1)
    {"hasty": hasty, "unsynced": unsynced, "greedy": greedy}[which]()
    main()
