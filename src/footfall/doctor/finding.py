"""One thing that was looked at."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]
"""`fail`: events may be lost or numbers stand still until it is mended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen, and what to do about it."""

    level: Level
    what: str
    advice: str = ""
    """Empty where nothing is to be done."""
