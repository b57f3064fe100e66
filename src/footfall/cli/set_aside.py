"""Commands about events that could not be counted, or not even forwarded: list, show, retry."""

import sys
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import typer

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.cli.look import moment, printable, read_position
from footfall.cli.steps import tell_step
from footfall.errors import InputError
from footfall.model.frames import FrameKind, unpack, unpack_line
from footfall.settings import Settings

set_aside = typer.Typer(
    name="set-aside",
    help="Events that could not be counted: list, show, retry.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(set_aside)


class _Event(NamedTuple):
    """An event that waits for a retry."""

    place: str
    """Partition and position, such as `live:1200`."""
    arrival: int
    why: str
    raw: bytes

    @property
    def line(self) -> str:
        """The event in one line."""
        return printable(f"{self.place:<14} {moment(self.arrival)}  {self.why}")


def _events(settings: Settings) -> Iterator[_Event]:
    """Yield what is set aside, by the forwarder and by counting. Raises InputError if nothing was counted here."""
    for journal, kept in wiring.not_forwarded(settings):
        why = f"{kept.reason}: {kept.detail}  (not forwarded)"
        yield _Event(f"{journal}:{kept.position}", kept.arrival, why, kept.raw)
    try:
        yield from _uncounted(settings)
    except InputError:
        if settings.kafka is None:  # else counting may be elsewhere
            raise


def _uncounted(settings: Settings) -> Iterator[_Event]:
    with wiring.existing_store(settings) as store:
        for event in store.set_aside():
            where = f"  {event.origin}" if event.origin else ""
            why = f"{event.reason}: {event.detail}{where}"
            yield _Event(f"{event.partition}:{event.position}", event.arrival, why, event.raw)


@set_aside.command("list")
def list_(context: typer.Context, limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100) -> None:
    """List the events that wait for a retry, with reason and position.

    Example: footfall set-aside list
    """
    found = 0
    for event in _events(choices_of(context).settings()):
        found += 1
        if found <= limit:
            print(event.line)
    print(f"{found:,} set aside" + (f", {limit:,} shown" if found > limit else ""), file=sys.stderr)


@set_aside.command()
def show(context: typer.Context, position: str) -> None:
    """Show one event with its raw form.

    Example: footfall set-aside show live:1200
    """
    partition, number = read_position(position)
    for event in _events(choices_of(context).settings()):
        if event.place == f"{partition}:{number}":
            print(event.line)
            print(_raw(event.raw))
            return
    raise InputError(f"{position}: not set aside; expected one of footfall set-aside list")


def _raw(record: bytes) -> str:
    """Return the raw form: of a file the line, of a request its lines."""
    if not record:
        return "(its raw form was dropped for its age: journal.set_aside_retention)"
    try:
        frame = unpack(record)
        line_of_file = frame.kind in (FrameKind.IMPORTED, FrameKind.BROKEN)
        raw = unpack_line(frame.payload)[1] if line_of_file else frame.payload
    except InputError:
        raw = record
    return "\n".join(printable(line) for line in raw.decode("utf-8", "backslashreplace").split("\n"))


@set_aside.command()
def retry(
    context: typer.Context,
    positions: Annotated[list[str] | None, typer.Argument(help="Which; without any, all.")] = None,
) -> None:
    """Count again what was set aside, after a fix of settings; each is counted once.

    What could not be forwarded, the forwarder sends again, once.

    Example: footfall set-aside retry

    Example: footfall set-aside retry live:1200 live:1207
    """
    settings = choices_of(context).settings()
    chosen: dict[str, list[int]] = {}
    for text in positions or []:
        partition, number = read_position(text)
        chosen.setdefault(partition, []).append(number)
    if settings.kafka is not None:
        asked = wiring.forward_again(settings, chosen if positions else None)
        if asked:
            print(f"the forwarder sends again, within a second if it runs: {asked:,}")
        chosen = {name: found for name, found in chosen.items() if not wiring.is_live(name)}
    if positions and not chosen:
        return
    resolved, left = wiring.retry(settings, chosen or None, tell_step)
    print(f"resolved {resolved:,}; still set aside: {left:,}")
