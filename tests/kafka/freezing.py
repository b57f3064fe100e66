"""`footfall` that stops itself by SIGSTOP right before a commit.

`python -m tests.kafka.freezing STEP GUARD --data DIR count`; GUARD is `guarded`, or `unguarded`: then compare-and-set
is off, and the step is written wherever the position stands by now.
"""

import os
import signal
import sys
import time
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from footfall.cli import main
from footfall.model.steps import Step
from footfall.store.sql import SqlStore

_commit: Final = SqlStore.commit
_move: Final = SqlStore._move
_left = 0


def freezing(store: SqlStore, step: Step) -> int:
    """Commit, but before the chosen step stop, with all threads."""
    global _left
    _left -= step.tally.read > 0
    if _left == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0.2)  # the signal may reach this thread a moment later
    return _commit(store, step)


def unguarded(store: SqlStore, connection: Connection, step: Step) -> None:
    """Move the position from wherever it stands."""
    _move(store, connection, replace(step, before=store.position(step.before.partition)))


if __name__ == "__main__":
    _left = int(sys.argv.pop(1))
    SqlStore.commit = freezing  # type: ignore[method-assign, assignment]
    if sys.argv.pop(1) == "unguarded":
        SqlStore._move = unguarded  # type: ignore[method-assign, assignment]
    main()
