"""The event log of the settings: journals, or a Kafka topic."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from footfall.errors import InputError, SettingsError
from footfall.journal import JournalReader
from footfall.log import EventLog, JournalLog
from footfall.mapping import avro_schema, builtin
from footfall.settings import KafkaAddress, Settings
from footfall.wiring.places import journals

if TYPE_CHECKING:
    from footfall.log.kafka import KafkaLog


def existing_log(settings: Settings) -> EventLog:
    """Return the event log with all fields. Raises InputError if there is none."""
    if settings.kafka is None and not any(journals(settings).glob("*.db")):
        raise InputError(
            f"{settings.data}: no events are here; expected the data folder of footfall up (name it by --data)"
        )
    return open_log(settings, complete=True)


def open_log(settings: Settings, *, complete: bool) -> EventLog:
    """Return the event log: with all fields of a record, or just those that counting needs."""
    if settings.kafka is not None:
        return kafka_log(settings, settings.kafka)
    fields = settings.counting.fields
    needed = None if complete else frozenset(name for names in fields.values() for name in names)
    return JournalLog(journals(settings), builtin(settings.schema_name, only=needed), fields)


def kafka_log(settings: Settings, address: KafkaAddress) -> "KafkaLog":
    try:
        from footfall.log.kafka import KafkaLog
    except ImportError as error:
        raise SettingsError(f"log = {address}: {error}; expected footfall[kafka] to be installed") from error
    return KafkaLog(address, avro_schema(settings.schema_name), settings.counting.fields)


def log_ends(settings: Settings) -> Callable[[], Mapping[str, int]]:
    """Return what tells one past the last position of each partition of the log."""
    if settings.kafka is None:
        return partial(_journal_ends, settings)
    from footfall.log.kafka_topic import KafkaTopic

    return KafkaTopic(settings.kafka).named_ends


def _journal_ends(settings: Settings) -> Mapping[str, int]:
    ends = {}
    for path in sorted(journals(settings).glob("*.db")):
        reader = JournalReader(path)
        try:
            ends[path.stem] = reader.span()[1]
        finally:
            reader.close()
    return ends
