"""The choices: one frozen tree of settings, from flags, variables, a TOML file and defaults, in that order."""

from footfall.settings.kafka import KafkaAddress, read_kafka_address
from footfall.settings.listening import address_of, is_loopback, listen
from footfall.settings.load import load
from footfall.settings.text import describe
from footfall.settings.tree import (
    ApiSettings,
    CollectorSettings,
    CountingSettings,
    ItemSettings,
    JournalSettings,
    PrivacySettings,
    Settings,
    TagSettings,
)

__all__ = [
    "ApiSettings",
    "CollectorSettings",
    "CountingSettings",
    "ItemSettings",
    "JournalSettings",
    "KafkaAddress",
    "PrivacySettings",
    "Settings",
    "TagSettings",
    "address_of",
    "describe",
    "is_loopback",
    "listen",
    "load",
    "read_kafka_address",
]
