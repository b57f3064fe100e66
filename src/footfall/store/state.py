"""What state a store's database is in: its layout, how safe it keeps what is written, what this user may do."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from footfall.store import tables
from footfall.store.address import is_postgres
from footfall.store.migrate import VERSION, check_version
from footfall.store.opening import open_database
from footfall.store.roles import READER, WRITER

_SAFE: Final = ("fsync", "full_page_writes")
"""Settings of PostgreSQL that must be on, or a power cut may take or break what was committed."""


@dataclass(frozen=True, slots=True)
class State:
    """What is found on looking at a database."""

    name: str
    server: str
    """Program and version."""
    layout: int
    """Version of the layout; 0 for an empty database."""
    known: int
    """The version that this Footfall knows."""
    differences: Sequence[str]
    """Where tables are not as this Footfall knows them."""
    unsafe: Sequence[str]
    """Settings of the server that may cost what was committed."""
    counts: Sequence[str]
    """Rights that are missing to count."""
    reads: Sequence[str]
    """Rights that are missing to answer."""


def state_of(place: Path | str) -> State:
    """Look at the database; nothing is changed. Raises as `open_store` does."""
    with closing(open_database(place)) as database, database.reading() as connection:
        layout, remote = check_version(database.name, connection), is_postgres(place)
        current = layout == VERSION
        return State(
            name=database.name,
            server=_server(connection),
            layout=layout,
            known=VERSION,
            differences=list(_differences(connection)) if current else [],
            unsafe=list(_unsafe(connection)) if remote else [],
            counts=list(_lacking(connection, WRITER)) if remote and current else [],
            reads=list(_lacking(connection, READER)) if remote and current else [],
        )


def _server(connection: Connection) -> str:
    version = ".".join(str(part) for part in connection.dialect.server_version_info or ())
    return f"{'PostgreSQL' if connection.dialect.name == 'postgresql' else 'SQLite'} {version}"


def _differences(connection: Connection) -> Iterator[str]:
    found = inspect(connection)
    names = set(found.get_table_names())
    for table in tables.metadata.sorted_tables:
        if table.name not in names:
            yield f"table {table.name} is missing"
            continue
        columns, expected = [column["name"] for column in found.get_columns(table.name)], table.c.keys()
        yield from (f"column {table.name}.{name} is missing" for name in expected if name not in columns)
        yield from (f"column {table.name}.{name} is unknown" for name in columns if name not in expected)
        key = found.get_pk_constraint(table.name)["constrained_columns"]
        if key != [column.name for column in table.primary_key]:
            yield f"table {table.name}: its key is {', '.join(key) or 'missing'}"


def _unsafe(connection: Connection) -> Iterator[str]:
    for name in _SAFE:
        if (value := connection.exec_driver_sql(f"SHOW {name}").scalar()) != "on":
            yield f"{name} = {value}"


def _lacking(connection: Connection, rights: Mapping[str, str]) -> Iterator[str]:
    for name, granted in rights.items():
        for right in granted.partition(" (")[0].split(", "):
            asked = "has_any_column_privilege" if "(" in granted else "has_table_privilege"
            query = text(f"SELECT {asked}(to_regclass(:name), :right)")
            if not connection.execute(query, {"name": name, "right": right}).scalar():
                yield f"{right} on {name}"
