"""Commands that move events and facts: import, export."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import rich.progress
import typer
from rich.console import Console

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.cli.steps import many
from footfall.cli.times import read_time
from footfall.errors import InputError
from footfall.transfer import Format, ImportReport, Progress


class What(StrEnum):
    """What can be exported."""

    FACTS = "facts"
    EVENTS = "events"


class FileFormat(StrEnum):
    """Formats of an exported file."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


_FORMATS: Final[dict[FileFormat, Format]] = {
    FileFormat.CSV: "csv",
    FileFormat.JSONL: "jsonl",
    FileFormat.PARQUET: "parquet",
}


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Show a bar on a terminal, and nothing elsewhere."""
    console = Console(stderr=True)
    with rich.progress.Progress(
        rich.progress.SpinnerColumn(),
        rich.progress.TextColumn("{task.description}", markup=False),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda progress: bar.update(
            task, description=progress.what, completed=progress.done, total=progress.total
        )


@app.command("import")
def import_(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(help="JSON lines, CSV, Avro, Parquet, also .gz; - is standard input.")],
    renames: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="Read a field of the file as a column: --map ts=timestamp."),
    ] = None,
    partition: Annotated[str, typer.Option(help="Partition of its own, with its own clock.")] = "import",
    sort: Annotated[bool, typer.Option("--sort", help="Import in the order of time, not of the file.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Import nothing of a file with a broken line.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Import a file that was imported before.")] = False,
) -> None:
    """Import events from files, each exactly once.

    Goes on where an earlier run stopped, and runs beside `footfall up`.

    Example: footfall import clicks-2025.jsonl.gz orders.csv

    Example: zcat old.csv.gz | footfall import - --map ts=timestamp
    """
    columns = {}
    for rename in renames or []:
        field, parted, column = rename.partition("=")
        if not parted or not field or not column:
            raise InputError(f"--map {rename}: expected FIELD=COLUMN, such as ts=timestamp")
        columns[field] = column
    with progress_bar() as show:
        report = wiring.import_files(
            choices_of(context).settings(),
            files,
            partition=partition,
            renames=columns,
            sort=sort,
            strict=strict,
            again=again,
            progress=show,
        )
    _tell(report)
    if report.broken:
        sys.exit(1)


def _tell(report: ImportReport) -> None:
    resumed = f" ({report.resumed:,} of them by an earlier run)" if report.resumed else ""
    print(f"imported {many(report.imported, 'event')} from {many(report.files, 'file')}{resumed}")
    if report.broken:
        print(
            f"set aside as they are broken: {many(report.broken, 'line')}; see: footfall set-aside list",
            file=sys.stderr,
        )
        for place in report.broken_places:
            print(f"  {place}", file=sys.stderr)
    if report.timeless:
        print(
            f"{report.timeless:,} events have no timestamp or no session and will be set aside. "
            "A timestamp is a number of milliseconds since 1970 (a date as text is none). If the file calls them "
            "otherwise, import it with --map FIELD=timestamp or --map FIELD=session.",
            file=sys.stderr,
        )
    if report.early:
        print(
            f"{many(report.early, 'event')} before the year 2000 will be set aside. Are these timestamps seconds? "
            "Expected milliseconds since 1970: 1790000000000, not 1790000000.",
            file=sys.stderr,
        )
    if report.late:
        print(
            f"{report.late:,} events lie over 24 h behind the clock of the partition: their sessions start anew.\n"
            "If the file is not in the order of time, import it with --sort; if it is older than what was imported "
            "before, give it a --partition of its own.",
            file=sys.stderr,
        )


@app.command()
def export(
    context: typer.Context,
    what: Annotated[What, typer.Argument(help="The counted facts, or the events of the log.")],
    format: Annotated[FileFormat, typer.Option("--format", help="Of the file.")] = FileFormat.CSV,
    since: Annotated[
        str | None, typer.Option("--from", help="First moment: ISO 8601, a date, or a Unix second.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Moment after the last.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write.  [default: standard output]")] = None,
) -> None:
    """Write facts or events into a file.

    Example: footfall export facts --format csv --from 2026-11-01 > november.csv
    """
    settings = choices_of(context).settings()
    with progress_bar() as show:
        wiring.export(
            settings,
            what.value,
            _FORMATS[format],
            out,
            since=None if since is None else read_time("--from", since, settings.zone),
            until=None if until is None else read_time("--to", until, settings.zone),
            progress=show,
        )
