"""The demo's own folder: it is never mixed with a shop's real numbers."""

from pathlib import Path
from typing import Final

from footfall.errors import InputError

MARKER: Final = "footfall-demo.txt"

_TEXT: Final = """\
This folder belongs to `footfall demo`: a shop that is not real. Delete it when you are done; the next demo makes a new
one.
"""


def claim(folder: Path) -> None:
    """Make the folder the demo's, or find that it is. Raises InputError if it holds anything else."""
    marker = folder / MARKER
    try:
        if marker.is_file():
            return
        folder.mkdir(parents=True, exist_ok=True)
        if found := next(folder.iterdir(), None):
            raise InputError(
                f"{folder}: holds {found.name} and is not the demo's; expected a new or an empty folder "
                "(name one: footfall --data DIR demo)"
            )
        marker.write_text(_TEXT, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot be used for the demo: {error.strerror}") from error
