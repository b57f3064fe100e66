"""Commands to look at what is there: events, ledger."""

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.cli.times import read_time
from footfall.errors import InputError
from footfall.log import Record
from footfall.model.steps import Tally
from footfall.store import LedgerEntry, Store

_POSITION = "a position such as live:1200 or import:7"


_POSITION_LIKE: Final = re.compile(r"[^:]*[A-Za-z][^:]*:[0-9]+(?<!T[0-9]{2}:[0-9]{2})", re.ASCII).fullmatch
"""A name and a number; a moment such as 2026-11-01T09:30 is none."""


def read_position(text: str) -> tuple[str, int]:
    """Return partition and position of `live:1200`. Raises InputError."""
    partition, parted, number = text.rpartition(":")
    if not parted or not partition or not (number.isascii() and number.isdigit()):
        raise InputError(f"{text}: expected {_POSITION}")
    return partition, int(number)


def moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def printable(text: str) -> str:
    """Return the text with control characters escaped: what a visitor sends must not steer the operator's terminal."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else str(value)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def show_record(partition: str, record: Record, *, as_json: bool) -> str:
    """Return one line for a record."""
    position = f"{partition}:{record.position}"
    if as_json:
        fields = dict(record.fields) if record.fields is not None else {"problem": record.problem}
        return json.dumps({"position": position, **fields}, ensure_ascii=False, default=_plain)
    if record.fields is None:
        return printable(f"{position:<14} {moment(record.arrival)}  undecodable: {record.problem}")
    known = record.fields
    extra = [f"{name}={_shown(known[name])}" for name in ("price", "amount") if known.get(name) is not None]
    place = known.get("location") or known.get("itemId") or "-"
    kind = str(known.get("eventType") or "-")
    return printable(f"{position:<14} {moment(record.arrival)}  {kind:<18} {place}  {' '.join(extra)}".rstrip())


@app.command()
def events(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    start: Annotated[
        str | None, typer.Option("--from", help="Where to begin: live:1200, or a time.", show_default=False)
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="At most so many.")] = None,
) -> None:
    """Show the events in the log, in log order.

    Example: footfall events --json --limit 3

    Example: footfall events --follow
    """
    settings = choices_of(context).settings()
    log = wiring.existing_log(settings)
    only, after, starts = None, None, dict[str, int]()
    if start is not None and _POSITION_LIKE(start):
        only, position = read_position(start)
        if only not in log.partitions():
            raise InputError(f"--from {start}: no partition {only}; expected one of {', '.join(log.partitions())}")
        starts[only] = position
    elif start is not None:
        after = read_time("--from", start, settings.zone)
    left = sys.maxsize if limit is None else limit
    while True:
        for partition in log.partitions():
            if only not in (None, partition):
                continue
            for record in log.records(partition, starts.get(partition, 0)):
                if left <= 0:
                    return
                starts[partition] = record.position + 1
                if after is None or record.arrival >= after:
                    print(show_record(partition, record, as_json=as_json), flush=follow)
                    left -= 1
        if not follow or left <= 0:
            return
        time.sleep(0.2)


@app.command()
def ledger(
    context: typer.Context,
    verify: Annotated[bool, typer.Option("--verify", help="Recount every step and the chain of positions.")] = False,
    last: Annotated[int, typer.Option(min=1, help="Show so many steps.")] = 20,
) -> None:
    """Show the steps and how their events ended.

    --verify recounts every step and the chain of positions: it proves that no event is missing or counted twice.

    Example: footfall ledger --verify
    """
    with wiring.existing_store(choices_of(context).settings()) as store:
        problems = wiring.verify(store) if verify else []
        for problem in problems:
            print(problem, file=sys.stderr)
        if problems:
            sys.exit(1)
        entries = list(store.ledger(last=last))
        Console(highlight=False, width=max(Console().width, _WIDTH)).print(_steps(store, entries))
        for line in _reasons(entries):
            print(line)
    if verify:
        print("verified: read = counted + ignored + duplicate + corrupt + bot + set aside in every step; no gap")


_WIDTH: Final = 120
"""Characters that the table of steps needs; a narrower terminal wraps them rather than hide a digit."""

_COLUMNS: Final = ("step", "partition", "from", "to", *(part.name.replace("_", " ") for part in fields(Tally)))


def _steps(store: Store, entries: Sequence[LedgerEntry]) -> Table:
    """Return these steps, and the sums of all."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name == "partition" else "right", no_wrap=True)
    for entry in entries:
        what = entry.partition + (" (retry)" if entry.resolves else "")
        table.add_row(str(entry.step), what, f"{entry.first:,}", f"{entry.next:,}", *_figures(entry.tally))
    table.add_section()
    steps = sum(position.steps for position in store.positions())
    table.add_row("", f"all {steps:,}", "", "", *_figures(store.tally()), style="bold")
    return table


def _reasons(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """Yield why events of these steps were ignored or set aside, the most frequent reason first."""
    found: Counter[str] = Counter()
    for entry in entries:
        found.update({str(reason): count for reason, count in entry.reasons.items()})
    if found:
        yield "why, in these steps: " + ", ".join(f"{reason} {count:,}" for reason, count in found.most_common())


def _figures(tally: Tally) -> list[str]:
    return [f"{number:,}" for number in asdict(tally).values()]
