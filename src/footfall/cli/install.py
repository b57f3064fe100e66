"""Commands that make files for the machine: systemd units, nginx, cron."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.errors import InputError

install = typer.Typer(
    name="install",
    help="Files for the machine: systemd, nginx, cron.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(install)

_Write = Annotated[Path | None, typer.Option("--write", metavar="DIR", help="Write the files there.")]
_Print = Annotated[bool, typer.Option("--print", help="Print the files (the default).")]
_Program = Annotated[Path | None, typer.Option(help="Where the command footfall lies.")]
_User = Annotated[str, typer.Option(help="User that runs the services.")]


@install.command()
def systemd(
    context: typer.Context,
    print_: _Print = False,
    write: _Write = None,
    program: _Program = None,
    user: _User = "footfall",
) -> None:
    """Make a hardened unit for each service.

    Example: footfall install systemd --print

    Example: footfall install systemd --write /etc/systemd/system
    """
    choices = choices_of(context)
    settings = choices.settings()
    _hand_over(wiring.systemd_files(settings, wiring.machine(settings, choices.config, program, user)), write)


@install.command()
def nginx(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Name under which browsers reach the collector.")],
    print_: _Print = False,
    write: _Write = None,
) -> None:
    """Make nginx's configuration: events and API under one name.

    Example: footfall install nginx --host stats.example.com --print
    """
    settings = choices_of(context).settings()
    _hand_over(wiring.nginx_files(settings, wiring.machine(settings, None, None, "footfall", host)), write)


@install.command()
def cron(
    context: typer.Context,
    print_: _Print = False,
    write: _Write = None,
    program: _Program = None,
    user: _User = "footfall",
) -> None:
    """Make a crontab that counts every half hour, and the rotation of its log.

    Example: footfall install cron --print
    """
    choices = choices_of(context)
    settings = choices.settings()
    _hand_over(wiring.cron_files(wiring.machine(settings, choices.config, program, user)), write)


def _hand_over(files: Mapping[str, str], folder: Path | None) -> None:
    """Print the files, or write those that are not there yet: none, if one of them is there and says another thing."""
    if folder is None:
        print("\n".join(files.values()), end="")
        return
    for name, text in files.items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise InputError(f"{path}: is there already and says another thing; expected a folder without it")
    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}") from error
        print(f"wrote {path}")
