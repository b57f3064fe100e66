"""What every client of a Kafka topic needs: the options of its address, and errors that say what to do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from footfall.errors import SettingsError, UnavailableError
from footfall.settings import KafkaAddress

Option = str | int | float | bool

_OURS: Final = frozenset(
    {
        *("bootstrap.servers", "metadata.broker.list", "isolation.level", "auto.offset.reset", "enable.partition.eof"),
        *("enable.auto.commit", "enable.auto.offset.store", "partition.assignment.strategy", "transactional.id"),
        *("enable.idempotence", "acks", "request.required.acks", "partitioner"),
    }
)
"""Options that the promises rest on: a file cannot change them."""

REGISTRY_USER: Final = "basic.auth.user.info"
"""NAME:PASSWORD for a schema registry, as Confluent's own clients call it. librdkafka does not know it."""


def read_options(address: KafkaAddress) -> Mapping[str, str]:
    """Return the options of the address's file; none without one. Raises SettingsError, which shows no value."""
    path = address.options
    if path is None:
        return {}
    options: dict[str, str] = {}
    for number, line in enumerate(_lines(path), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, parted, value = text.partition("=")
        key = key.strip()
        if not parted or not key:
            raise SettingsError(f"{path}:{number}: expected KEY=VALUE in librdkafka's words, or a # comment")
        if key in _OURS:
            raise SettingsError(f"{path}:{number}: {key}: is Footfall's to choose; expected it not to be there")
        options[key] = value.strip()
    return options


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise SettingsError(f"log: options = {path}: cannot be read: {reason}") from error


def client_options(address: KafkaAddress, **chosen: Option) -> dict[str, Option]:
    """Return what a client of librdkafka is made with; keys of `chosen` are written with `_` for `.`.

    librdkafka writes nothing to standard error: what goes wrong is in our errors. Raises SettingsError for options that
    cannot be read.
    """
    options: dict[str, Option] = {key: value for key, value in read_options(address).items() if key != REGISTRY_USER}
    ours = {key.replace("_", "."): value for key, value in chosen.items()}
    return {"client.id": "footfall", "log_level": 0, **options, **ours, "bootstrap.servers": ",".join(address.servers)}


def refused(address: KafkaAddress, error: Exception) -> SettingsError:
    """Return the error for options that librdkafka does not take."""
    return SettingsError(f"log: options = {address.options}: {_words(error)}")


def unavailable(address: KafkaAddress, what: str, error: object) -> UnavailableError:
    """Return the error for what a broker did not do just now."""
    return UnavailableError(f"{address}: {what}: {_words(error)}")


def _words(error: object) -> str:
    """Return what librdkafka said, for a person."""
    inner = error.args[0] if isinstance(error, Exception) and error.args else error
    said = getattr(inner, "str", None)
    return str(said() if callable(said) else inner)
