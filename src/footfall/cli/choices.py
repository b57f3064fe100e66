"""What is typed before the command: where the settings are and how to log."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from footfall.settings import Settings, load


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line looks."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Choices:
    """The global options of one call."""

    data: Path | None
    config: Path | None
    log_level: LogLevel
    log_format: LogFormat

    def settings(self, flags: Mapping[str, Any] | None = None) -> Settings:
        """Return the settings with these flags (dotted keys; None is left out) and `--data` on top."""
        return load(self.config, flags={"data": self.data, **(flags or {})})


def choices_of(context: typer.Context) -> Choices:
    """Return the global options of this call."""
    choices = context.find_object(Choices)
    assert choices is not None, "the callback of the app sets them"
    return choices
