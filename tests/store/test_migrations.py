"""Migrations make the tables that the code knows, on both databases."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Text, inspect
from tests.postgres import Server
from tests.store.places import Place, change, rows
from tests.store.steps import dump, fact, step

from footfall.store import migrate, open_store, tables
from footfall.store.sql import SqlStore

PART = re.compile(r"minute_(facts|values)_\d{4}_\d{2}")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return tmp_path / "store.db"
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    with closing(open_store(place)) as store:
        assert isinstance(store, SqlStore)
        store.commit(step(store.position("live"), facts=[fact()]))
        yield store


def test_the_tables_are_those_that_the_code_knows(store: SqlStore) -> None:
    def ours(_: object, name: str | None, kind: str, *__: object) -> bool:
        return not (kind == "table" and name and (PART.fullmatch(name) or name == "alembic_version"))

    with store._database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True, "compare_server_default": False}
        )
        assert compare_metadata(context, tables.metadata) == []
        found = inspect(connection)
        for table in tables.metadata.sorted_tables:
            key = found.get_pk_constraint(table.name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key]


def test_a_table_that_the_code_does_not_know_is_seen(place: Place, store: SqlStore) -> None:
    """The negative control."""
    change(place, "ALTER TABLE meta ADD COLUMN more INTEGER")

    with pytest.raises(AssertionError, match="more"):
        test_the_tables_are_those_that_the_code_knows(store)


def test_the_layout_has_the_version_that_the_code_knows(place: Place, store: SqlStore) -> None:
    assert store.version() == migrate.VERSION
    assert rows(place, "SELECT version_num FROM alembic_version") == [(f"{migrate.VERSION:04}",)]
    versions = Path(migrate.__file__).parent / "migrations" / "versions"
    assert max(int(path.name[:4]) for path in versions.glob("[0-9]*.py")) == migrate.VERSION


def test_all_texts_are_compared_by_their_bytes(postgres: Server) -> None:
    address = postgres.new_store()
    query = "SELECT table_name, column_name, collation_name FROM information_schema.columns WHERE data_type = 'text'"
    collations = {(table, column): collation for table, column, collation in rows(address, query)}

    texts = {(table.name, column.name) for table in tables.metadata.sorted_tables for column in table.c}
    texts = {
        (table, column) for table, column in texts if isinstance(tables.metadata.tables[table].c[column].type, Text)
    }
    assert len(texts) > 20
    assert {place for place in texts if collations[place] != "C"} == set()


def test_to_open_again_changes_nothing(place: Place, store: SqlStore) -> None:
    held = dump(store)

    with closing(open_store(place)) as again:
        assert dump(again) == held
