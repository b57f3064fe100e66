"""Commands about the store's database: upgrade, check, roles, copy."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.cli.files import progress_bar
from footfall.cli.start import tell_findings
from footfall.cli.steps import many
from footfall.errors import InputError

db = typer.Typer(
    name="db",
    help="The store's database: upgrade, check, roles, copy.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(db)


class Source(StrEnum):
    """What can be copied from."""

    SQLITE = "sqlite"


@db.command()
def upgrade(context: typer.Context) -> None:
    """Make the tables, or bring them to the layout of this Footfall.

    Counting and answering do so by themselves if their user may. What was counted stays.

    Example: footfall db upgrade
    """
    name, before, after = wiring.upgrade_store(choices_of(context).settings())
    print(f"{name}: layout {after}" + ("" if before == after else f", was {before or 'empty'}"))


@db.command()
def check(context: typer.Context) -> None:
    """Look at the database: layout, safety, rights; then prove its ledger. Exit 1 if something is wrong.

    Example: footfall db check
    """
    findings = wiring.check_store(choices_of(context).settings())
    tell_findings(findings)


@db.command()
def roles(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--print", help="Print the SQL; nothing else is done.")] = False,
) -> None:
    """Print the SQL of two roles for PostgreSQL: footfall_writer counts, footfall_reader answers.

    Each has the least rights that it needs. It may be run again after each upgrade.

    Example: footfall db roles --print
    """
    if not show:
        raise InputError("footfall db roles: expected --print; run what it prints as the owner of the tables")
    print(wiring.roles_sql(), end="")


@db.command()
def copy(
    context: typer.Context,
    source: Annotated[Source, typer.Option("--from", help="What kind of store to copy from.")],
    file: Annotated[Path | None, typer.Option(help="Its file.  [default: store.db of the data folder]")] = None,
) -> None:
    """Take over all that an SQLite store holds into the PostgreSQL of the settings, without counting it again.

    Facts, sessions, positions, ledger, set-aside events: all or nothing. Stop counting first; then it goes on in
    PostgreSQL from where it stood.

    Example: FOOTFALL_STORE=postgresql://footfall@db.example/online_shop footfall db copy --from sqlite
    """
    settings = choices_of(context).settings()
    with progress_bar() as show:
        copied = wiring.copy_store(settings, file, show)
    for name, rows in copied.items():
        print(f"{name:<16} {many(rows, 'row')}")
