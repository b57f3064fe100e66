"""One question that the collector asks, without the weight of SQLAlchemy."""

import sqlite3
from pathlib import Path

from footfall.errors import UnavailableError


def counted_up_to(path: Path, partition: str) -> int:
    """Return the first position of the partition that is not counted yet; 0 while there is no store.

    Raises UnavailableError if the store cannot be read.
    """
    if not path.exists():
        return 0
    try:
        connection = sqlite3.connect(path.absolute().as_uri() + "?mode=rw", uri=True, timeout=10)
        try:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'positions'").fetchone() is None:
                return 0  # another process is making it just now
            row = connection.execute("SELECT next FROM positions WHERE partition = ?", (partition,)).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise UnavailableError(f"{path}: the store cannot be read: {error}") from error
    return int(row[0]) if row else 0
