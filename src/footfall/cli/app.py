"""The command line's root: global options, and errors as one clear line."""

import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import typer.core

from footfall import __version__
from footfall.cli.choices import Choices, LogFormat, LogLevel
from footfall.cli.logs import configure
from footfall.errors import FootfallError

_ORDER: Final = (
    *("demo", "up", "init", "tag", "doctor"),
    *("collect", "forward", "count", "serve"),
    *("import", "export", "events", "ledger", "set-aside", "topics"),
)
"""Of the commands in `--help`: what one begins with comes first."""


class _Ordered(typer.core.TyperGroup):
    """Lists the commands in that order."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=_ORDER.index)


app = typer.Typer(
    name="footfall",
    cls=_Ordered,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"footfall {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the journals and the store.  [default: footfall-data]")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(envvar="FOOTFALL_CONFIG", help="Settings file.  [default: footfall.toml, if it is there]"),
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option(envvar="FOOTFALL_LOG_LEVEL", help="How much is logged.")
    ] = LogLevel.INFO,
    log_format: Annotated[
        LogFormat, typer.Option(envvar="FOOTFALL_LOG_FORMAT", help="How a log line looks.")
    ] = LogFormat.TEXT,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Product analytics for online shops, counted exactly once.

    Every setting is also a key of footfall.toml and a variable (FOOTFALL_COLLECTOR__PORT);
    a flag wins over a variable, a variable over the file.

    Example: footfall demo
    """
    configure(log_level, log_format)
    context.obj = Choices(data, config, log_level, log_format)


def main() -> None:
    """Run the command line; leave with 0, or with the exit code of the error told in one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 is no reason to fail
    try:
        app()
    except FootfallError as error:
        print(f"footfall: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `footfall events | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python's last flush finds no pipe
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
