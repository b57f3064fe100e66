"""Where a Kafka log lies: `kafka://HOST:PORT[,HOST:PORT]/TOPIC`, read from one line of the settings."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

SCHEME: Final = "kafka://"

_EXPECTED: Final = "expected kafka://HOST:PORT[,HOST:PORT]/TOPIC"
_SERVER: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]]+):(?:[0-9]{1,5})").fullmatch
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}").fullmatch
"""What Kafka allows (KIP and `Topic.validate`); `.` and `..` are forbidden as well."""

_PARAMETERS: Final = ("schema", "registry", "confluent_id", "options")


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """A topic of a Kafka cluster, and how its records are written. Secrets are not here but in the options' file."""

    servers: tuple[str, ...]
    """Brokers to begin with, as HOST:PORT."""
    topic: str
    schema: Path | None = None
    """File with the Avro schema of the records. None: that of the setting `schema`, or the registry's."""
    registry: str = ""
    """Address of a schema registry: records are framed as Confluent does, each naming its schema."""
    confluent_id: int | None = None
    """Records are framed as Confluent does, all with this id; the schema comes from `schema`."""
    options: Path | None = None
    """File of further options, `KEY=VALUE` a line, in librdkafka's own words (security above all)."""

    def __str__(self) -> str:
        return f"{SCHEME}{','.join(self.servers)}/{self.topic}"


def read_kafka_address(text: str) -> KafkaAddress:
    """Return the address. Raises ValueError; the message says what is wrong and what was expected."""
    if not text.startswith(SCHEME):
        raise ValueError(f"{_EXPECTED}, or nothing for the journals of the data folder")
    place, _, query = text.removeprefix(SCHEME).partition("?")
    names, parted, topic = place.partition("/")
    servers = tuple(name.strip() for name in names.split(","))
    if "@" in names:
        raise ValueError(f"a name or a password in the address; expected it in a file (?options=FILE); {_EXPECTED}")
    wrong = next((server for server in servers if not _is_server(server)), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no HOST:PORT; {_EXPECTED}")
    if not parted or not _TOPIC(topic) or topic in (".", ".."):
        raise ValueError(f"{topic!r} is no topic (letters, digits, '.', '_' and '-'); {_EXPECTED}")
    return _with_parameters(KafkaAddress(servers, topic), query)


def _is_server(text: str) -> bool:
    return _SERVER(text) is not None and 0 < int(text.rpartition(":")[2]) < 65_536


def _with_parameters(address: KafkaAddress, query: str) -> KafkaAddress:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _PARAMETERS:
            raise ValueError(f"unknown parameter {name!r}; expected one of {', '.join(_PARAMETERS)}")
        if name in found or not value:
            raise ValueError(f"parameter {name}: expected one value")
        found[name] = value
    if "registry" in found and ("schema" in found or "confluent_id" in found):
        raise ValueError("parameter registry: it gives the schema of each record; expected no schema, no confluent_id")
    return KafkaAddress(
        address.servers,
        address.topic,
        Path(found["schema"]) if "schema" in found else None,
        _registry(found.get("registry", "")),
        _confluent_id(found.get("confluent_id")),
        Path(found["options"]) if "options" in found else None,
    )


def _registry(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("parameter registry: expected http://HOST[:PORT] or https://HOST[:PORT]")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "parameter registry: holds a name or a password; expected it in the file of the parameter options, "
            "as basic.auth.user.info=NAME:PASSWORD"
        )
    return text.rstrip("/")


def _confluent_id(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**31:
        raise ValueError(f"parameter confluent_id: {text!r}; expected a number from 0 to 2147483647")
    return int(text)
