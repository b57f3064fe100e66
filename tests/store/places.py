"""Ask and change a store's database by SQL, behind the store's back: an SQLite file, or the address of PostgreSQL."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

Place = Path | str


def rows(place: Place, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what the query finds; its parameters are written as ?."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place)) as file:
            return file.execute(query, values).fetchall()
    with closing(psycopg.connect(place)) as db:
        return db.execute(query.replace("?", "%s").encode(), values or None).fetchall()


def change(place: Place, statement: str, *values: object) -> None:
    """Run the statement and commit."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place)) as file, file:
            file.execute(statement, values)
        return
    with psycopg.connect(place) as db:
        db.execute(statement.replace("?", "%s").encode(), values or None)
