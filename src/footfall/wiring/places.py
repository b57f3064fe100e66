"""Where things lie, by the settings."""

import re
from collections.abc import Callable
from pathlib import Path

from footfall.job import StepReport
from footfall.settings import Settings

LIVE = "live"
"""The partition that the collector writes."""


Report = Callable[[StepReport], None]


def journals(settings: Settings) -> Path:
    """Return the folder of the journals."""
    return settings.data / "journal"


def store_place(settings: Settings) -> Path | str:
    """Return the file of the store, or the address of its database."""
    return settings.store or settings.data / "store.db"


def live_journals(settings: Settings) -> list[Path]:
    """Return the journals that the collector's workers write, and those that more of them have left behind."""
    folder = journals(settings)
    names = {numbered(LIVE, number) for number in range(1, settings.collector.workers + 1)}
    names |= {path.stem for path in folder.glob(f"{LIVE}-*.db") if is_live(path.stem)}
    return [folder / f"{name}.db" for name in sorted(names, key=lambda name: (len(name), name))]


def is_live(name: str) -> bool:
    """Say whether a journal of this name is a collector's."""
    return re.fullmatch(rf"{LIVE}(-[0-9]+)?", name) is not None


def url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def numbered(name: str, number: int) -> str:
    """Return `live`, `live-2`, `live-3`."""
    return name if number == 1 else f"{name}-{number}"
