"""Which topic, and how librdkafka reaches the brokers that have it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_SILENT: Final = logging.getLogger("footfall.librdkafka")
"""librdkafka writes a line for each attempt to reach a broker, some twenty a second. We say what is wrong ourselves."""
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


@dataclass(frozen=True, slots=True)
class Target:
    """A topic on a cluster."""

    topic: str
    client: Mapping[str, object]
    """librdkafka's settings, in its own words: `bootstrap.servers`, and what TLS or a login need."""

    @property
    def servers(self) -> str:
        """The brokers that are asked first."""
        return str(self.client.get("bootstrap.servers", ""))

    def config(self, ours: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a client, `ours` over those of the target."""
        return {**self.client, "logger": _SILENT, **ours}
