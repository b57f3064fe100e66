"""`footfall` without one of the things that keep its promise: the negative controls, as a process of their own.

`python -m tests.job.faulty FAULT --data DIR count`
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace

from footfall.cli import main
from footfall.errors import FencedError
from footfall.model.steps import Step, Tally
from footfall.store.sql import SqlStore

Commit = Callable[[SqlStore, Step], int]

_commit: Commit = SqlStore.commit


def unguarded(store: SqlStore, step: Step) -> int:
    """Commit without compare-and-set: wherever the position stands by now."""
    while True:
        now = store.position(step.before.partition)
        clocks = [clock for clock in (now.clock, step.clock) if clock is not None]
        try:
            return _commit(
                store, replace(step, before=now, next=max(now.next, step.next), clock=max(clocks, default=None))
            )
        except FencedError:
            continue


def halved(store: SqlStore, step: Step) -> int:
    """Commit in two transactions: the position first, the facts a moment later."""
    number = _commit(store, replace(step, facts=(), values=()))
    time.sleep(0.5)
    after = store.position(step.before.partition)
    _commit(store, Step(after, after.next, after.clock, Tally(), facts=step.facts, values=step.values))
    return number


FAULTS: dict[str, Commit] = {"unguarded": unguarded, "halved": halved}

if __name__ == "__main__":
    SqlStore.commit = FAULTS[sys.argv.pop(1)]  # type: ignore[method-assign, assignment]
    main()
