"""Records that were set aside are sent again when asked for, exactly once."""

from collections.abc import Sequence
from typing import Final

import structlog

from footfall.forwarder.convert import Convert, Unfit
from footfall.journal import Aside, Notebook
from footfall.sinks import KafkaSink, Outgoing

_MOST: Final = 1_000
"""Records at once: Kafka's record of the position names them all."""

_log: Final = structlog.get_logger("footfall.forwarder")


def send_again(notebook: Notebook, convert: Convert, sink: KafkaSink, next: int, arrival: int) -> None:
    """Send what a retry was asked of, and forget it.

    The transaction's position names the records; if we die before they are forgotten, whoever starts next forgets them.
    `next`, `arrival`: the journal's position, which stays. Raises UnavailableError.
    """
    asked = notebook.asked(_MOST)
    if not asked:
        return
    left = _sent(asked, notebook, convert, sink, next, arrival)
    for record in left:  # one of them is refused, or several
        left_of_one = _sent([record], notebook, convert, sink, next, arrival)
        if left_of_one:
            notebook.set_aside([record])  # no longer asked for
    _log.info("sent again what was set aside", asked=len(asked))


def _sent(
    asked: Sequence[Aside], notebook: Notebook, convert: Convert, sink: KafkaSink, next: int, arrival: int
) -> Sequence[Aside]:
    """Send the records that can be; return those that must be sent one by one."""
    records: list[Outgoing] = []
    fit: list[Aside] = []
    for one in asked:
        made = convert(one.raw)
        if isinstance(made, Unfit):
            notebook.set_aside([one._replace(reason="undecodable", detail=made.problem)])
        else:
            records.append(made)
            fit.append(one)
    if not fit:
        return ()
    places = [one.position for one in fit]
    if sink.send(records, next, arrival, places) is not None:
        return fit
    notebook.resolve(places)
    return ()
