"""Rules of the gate: what it answers in the collector's place."""

import threading
from collections.abc import Callable
from typing import Final

from tests.tag.shops import Answer, Asked

CORS: Final = {"Access-Control-Allow-Origin": "*"}

Rule = Callable[[Asked], Answer | None]


def everything(_: Asked) -> Answer | None:
    """Pass it on."""
    return None


def always(status: int) -> Rule:
    """Return a rule of the gate: answer with this status; 0: hang up."""
    return lambda _: Answer(status, b"", CORS)


def holding(free: threading.Event, chosen: Callable[[Asked], bool]) -> Rule:
    """Return a rule: what is chosen waits until it is free."""

    def rule(asked: Asked) -> Answer | None:
        if chosen(asked):
            free.wait(60)
        return None

    return rule
