"""Names of partitions. One that can be deleted and made anew bears a mark: `PLACE~MARK`, so that no name means two."""

from typing import Final

_MARK: Final = "~"


def partition_name(place: str, mark: str) -> str:
    """Return the name of what lies at a place; without a mark it is the place itself."""
    return f"{place}{_MARK}{mark}" if mark else place


def place_of(name: str) -> str:
    """Return where a partition lies, whichever of those that ever lay there it is."""
    return name.partition(_MARK)[0]


def mark_of(name: str) -> str:
    """Return the mark of a name; the empty text if it has none."""
    return name.partition(_MARK)[2]
