"""Commands about the topics of a Kafka log: create, check, describe."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.cli.start import show_findings, tell_findings
from footfall.errors import InputError
from footfall.settings.units import read_duration

topics = typer.Typer(
    name="topics",
    help="The topics of a Kafka log: create, check, describe.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(topics)


@topics.command()
def create(
    context: typer.Context,
    partitions: Annotated[
        int,
        typer.Option(min=1, max=10_000, help="As many as workers may ever count: to add more later moves sessions."),
    ] = 4,
    replication: Annotated[
        int, typer.Option(min=0, max=100, help="Copies of each record; 0: three, or as many as there are brokers.")
    ] = 0,
    retention: Annotated[
        str, typer.Option(help="How long events are kept; longer than counting may ever stand.")
    ] = "30d",
) -> None:
    """Make the topic of events, and that of the positions of the journals.

    Topics that are there stay as they are.

    Example: footfall topics create --partitions 8 --retention 30d
    """
    try:
        kept = read_duration(retention)
    except ValueError as error:
        raise InputError(f"--retention {retention}: {error}") from error
    settings = choices_of(context).settings()
    made = wiring.create_topics(settings, partitions, replication, kept)
    print(f"made {' and '.join(made)}" if made else "nothing to make: the topics are there")
    show_findings(wiring.check_topics(settings))


@topics.command()
def check(context: typer.Context) -> None:
    """Look whether the topics are there, safe, and kept long enough; say what to do.

    Example: footfall topics check
    """
    findings = wiring.check_topics(choices_of(context).settings())
    tell_findings(findings)


@topics.command()
def describe(context: typer.Context) -> None:
    """Show each partition: leader, replicas, offsets, and how many records wait to be counted.

    Example: footfall topics describe
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("partition", "leader", "replicas", "in sync", "first", "end", "counted", "behind"):
        table.add_column(name, justify="left" if name == "partition" else "right", no_wrap=True)
    for row in wiring.describe_topics(choices_of(context).settings()):
        table.add_row(*row)
    Console(highlight=False, width=max(Console().width, 120)).print(table)
