"""What the SQL store needs of a database, and where SQLite and PostgreSQL differ.

| | SQLite (`sqlite.py`) | PostgreSQL (`postgres.py`) |
|---|---|---|
| writers | one at a time, by the file's lock | any number; rows wait for each other |
| two steps from one position | the second begins after the first | the second waits for it, then is fenced |
| `alone`, `in_turn` | always so | advisory locks of the transaction |
| a moment to read | a read transaction in WAL mode | repeatable read |
| many rows in | `executemany` of an upsert | COPY into a temporary table, then one upsert in the order of the key |
| many keys asked for | joined with VALUES, 500 at a time | joined with arrays, all at once |
| texts | any; in the order of their bytes | without U+0000, which is escaped in ids; `COLLATE "C"` |
| forgotten rows | at most a third of those remembered: the file stays small | at most as many: looking is dear |
| sums | 64 bits, wide enough | NUMERIC, made an integer again |
| facts of minutes | one table | a partition a month, made before the first fact of it (`make_room`) |
| layout | without rowid: in the order of the key | heaps with room to update in place (`fillfactor`) |

The texts of the migrations that differ stand side by side in `migrations/versions/`.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Table


class Database(Protocol):
    """A database with the tables of `tables.py`.

    Every method raises UnavailableError, naming the database, if it cannot be read or written just now.
    """

    @property
    def name(self) -> str:
        """What error messages call it. It holds no password."""
        ...

    @property
    def sweep(self) -> int:
        """Rows looked at for deletion, by rows written: n keep the forgotten ones below 1/(n-1) of those remembered."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees the state of one moment, that of its first query."""
        ...

    def writing(self, *, alone: bool = False) -> AbstractContextManager[Connection]:
        """Give a connection that may write; commit at the end, or nothing.

        A statement sees what others have committed before it. `alone`: no other writer runs at the same time.
        """
        ...

    def merge(self, connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], *, add: bool) -> None:
        """Write rows, in the order of the table's columns; one whose key is there is added to it, or replaces it.

        Writers take the rows in the order of the key, so they never wait for each other in a circle. The rows are there
        at the latest when `in_turn` or the commit returns, merge after merge.
        """
        ...

    def put_new(
        self, connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> int:
        """Write those rows, of these columns, whose key is not there yet; return how many. Nobody waits in a circle."""
        ...

    def find(
        self, connection: Connection, table: Table, by: Sequence[str], keys: Sequence[tuple[Any, ...]]
    ) -> Iterator[Any]:
        """Yield the rows whose columns `by` hold one of the keys. No key is there twice."""
        ...

    def in_turn(self, connection: Connection) -> None:
        """Wait until no other writer is between here and the end of its transaction."""
        ...

    def make_room(self, starts: Collection[int]) -> None:
        """See that facts of these minutes (Unix seconds) have a place. Not within a transaction."""
        ...

    def size(self) -> int:
        """Return the bytes that it takes on disk."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
