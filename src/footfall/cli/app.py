"""The command line's root: global options, and errors as one clear line."""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
import typer.core

from footfall import __version__
from footfall.cli.choices import Choices, LogFormat, LogLevel
from footfall.cli.logs import configure
from footfall.errors import FootfallError, UnavailableError

_ORDER: Final = (
    *("demo", "up", "init", "tag", "doctor"),
    *("collect", "forward", "count", "serve"),
    *("import", "export", "events", "ledger", "set-aside", "topics", "db", "install"),
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


_INTERRUPTED: Final = 130
"""128 + SIGINT, as shells have it."""


def _version(wanted: bool) -> None:
    if wanted:
        print(f"footfall {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(readable=False, help="Folder of the journals and the store.  [default: footfall-data]"),
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
        _leave(f"footfall: {error}", error.exit_code)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # `footfall events | head`: typer would make it a failure
            _leave("", 0)
        _flush(end)
    except KeyboardInterrupt:
        _leave("footfall: stopped; what is written stays, and the same command goes on from there", _INTERRUPTED)
    except BrokenPipeError:
        _leave("", 0)
    except OSError as error:  # the disk or the terminal behind standard output; the rooms tell of their own files
        place = f"{error.filename}: " if error.filename else "output: "
        _leave(f"footfall: {place}{error.strerror or error}", UnavailableError.exit_code)


def _flush(end: SystemExit) -> None:
    """Write what is left and leave as the command ended; a disk that is full by now is a failure."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _leave("", 0)
    except OSError as error:
        _leave(f"footfall: output: {error.strerror}", UnavailableError.exit_code)
    raise end


def _leave(message: str, code: int) -> NoReturn:
    """Tell the message and leave; Python's own last flush finds nothing to fail at."""
    if message and sys.stderr is not None:
        print(message, file=sys.stderr)
    if sys.stdout is not None:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
