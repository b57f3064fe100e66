"""What a reader of files yields: one row a record, whole or broken, with the place where it stood."""

from dataclasses import dataclass
from typing import NamedTuple


class Row(NamedTuple):
    """One record of a file."""

    place: int
    """Line of a text file, number of the record in any other; both begin with 1."""
    fields: dict[str, object] | None
    """None: it could not be read."""
    body: bytes
    """The line as it stood, or what is left of a broken record; empty for a record that was never text."""
    problem: str
    """Why it could not be read; empty if it could."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    what: str
    """What is being done, and with which file: `reading clicks.csv`."""
    done: int
    total: int | None
    """None: not known beforehand."""
