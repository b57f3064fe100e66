"""The command demo: a shop to try everything with."""

import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated

import rich.progress
import typer
from rich.console import Console

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.cli.services import run_together
from footfall.cli.steps import tell_step
from footfall.errors import FootfallError, UnavailableError

Show = Callable[[str, int, int], None]
"""Told of what is being done, how much of it, of how much."""

_FOLDER = Path("footfall-demo")

_BANNER = """\
The demo shop is open.
  shop         {shop}/
  single-page  {shop}/spa/   (with #/ addresses: {shop}/hash/)
  tag          {collector}/divolte.js
  API          {api}/docs
Open a product, press the button to buy it, and within two seconds it is counted:
  curl {api}/api/v1.0/orders
  curl {api}/api/v1.0/users/%d   (the whole month)
Ctrl-C ends it."""

_MONTH = 30 * 86_400
"""Seconds."""


@app.command()
def demo(
    context: typer.Context,
    visitors: Annotated[int, typer.Option(min=0, max=1000, help="Simulated visitors that wander about.")] = 0,
    shop_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the shop; 0 takes a free one.")] = 8080,
    collector_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the collector.")] = None,
    api_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the API.")] = None,
) -> None:
    """Run Footfall with a small shop, a month of history and, if wanted, visitors.

    All of it is in ./footfall-demo, or the folder that --data names; a folder with other data is refused.
    Of your own settings only ports and time zone are used.

    Example: footfall demo --visitors 3
    """
    choices = choices_of(context)
    chosen = choices.settings({"collector.port": collector_port, "api.port": api_port})
    shop = wiring.demo_shop(chosen, choices.data or _FOLDER, shop_port)
    _apart(lambda show: wiring.demo_history(shop, show))
    banner = _BANNER % (time.time() - _MONTH)
    run_together(wiring.demo_services(shop, visitors, tell_step), banner)


def _apart(work: Callable[[Show], None]) -> None:
    """Do the work in a process of its own, with a bar on a terminal.

    What counting loads and starts then is not in the process from which the services are forked.
    """
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_do, args=(work, here, there), daemon=True)
    process.start()
    there.close()
    error = _show(here)
    process.join()
    if error is not None:
        raise error
    if process.exitcode:
        raise UnavailableError(f"the history was not written: its process ended with {process.exitcode}; try again")


def _do(work: Callable[[Show], None], here: Connection, there: Connection) -> None:
    here.close()  # the parent's alone: when that is gone, it is told
    try:
        work(lambda what, done, total: there.send((what, done, total)))
    except FootfallError as error:
        there.send(error)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)  # the parent was interrupted too, or is gone


def _show(here: Connection) -> FootfallError | None:
    """Show how far it is until the other side is closed; return the error that it ended with."""
    console = Console(stderr=True)
    columns = ("{task.description}", rich.progress.BarColumn(), rich.progress.TaskProgressColumn())
    with rich.progress.Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)
        while True:
            try:
                message = here.recv()
            except EOFError:
                return None
            if isinstance(message, FootfallError):
                return message
            what, done, total = message
            bar.update(task, description=what, completed=done, total=total)
