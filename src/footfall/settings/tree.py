"""Every setting, its default and what it means. The reference page is generated from here."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from footfall.model.columns import DEFAULT_FIELDS, Column
from footfall.settings.kafka import KafkaAddress, read_kafka_address
from footfall.settings.units import DAY, HOUR, MINUTE, SECOND, Duration, Size


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("expected a number")
    return value


Port = Annotated[int, BeforeValidator(_no_flag), Field(ge=0, le=65535)]
"""0 takes a free port."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CollectorSettings(_Section):
    """The collector: where events come in."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8290, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes that share the port, a journal each; more than one with a Kafka log only.",
    )
    head_limit: Size = Field(256_000, ge=1024, le=2**20, description="Largest request line and headers.")
    body_limit: Size = Field(1_000_000, ge=1024, description="Largest body of POST /events.")
    batch_limit: int = Field(1000, ge=1, description="Most events in one POST /events.")
    head_timeout: Duration = Field(10 * SECOND, ge=100, description="How long a client may take to send a head.")
    idle_timeout: Duration = Field(30 * SECOND, ge=100, description="How long an idle connection is kept.")
    connections: int = Field(10_000, ge=1, description="Most connections at once.")
    waiting_bytes: Size = Field(100_000_000, ge=100_000, description="Most bytes waiting for the disk; then 503.")
    gather: Duration = Field(1, ge=0, le=1000, description="How long a group commit waits for company.")


class PrivacySettings(_Section):
    """What is written down about a visitor."""

    addresses: Literal["none", "truncated", "full"] = Field(
        "truncated", description="Addresses kept: none, truncated to IPv4 /24 and IPv6 /48, or full."
    )
    forwarded: bool = Field(False, description="Take the visitor's address from X-Forwarded-For (behind a proxy).")
    user_agent: bool = Field(True, description="Keep the User-Agent header; robots are told by it.")
    referer: bool = Field(True, description="Keep the Referer header.")
    language: bool = Field(True, description="Keep the Accept-Language header.")
    cookies: tuple[str, ...] = Field((), description="Names of the cookies to keep.")


class JournalSettings(_Section):
    """The journal: raw requests on disk."""

    retention: Duration = Field(7 * DAY, ge=0, description="How long counted raw requests are kept.")
    max_bytes: Size = Field(50_000_000_000, ge=1_000_000, description="Largest journal; at it, 503.")
    set_aside_retention: Duration = Field(
        90 * DAY, ge=0, description="How long raw forms of set-aside events are kept."
    )


class ItemSettings(_Section):
    """Which pages belong to which item."""

    patterns: tuple[str, ...] = Field(
        ("/item/([^/]+)", "/product/([^/]+)", "/products/([^/]+)"),
        min_length=1,
        description="Regular expressions searched in the path, in order; the first group is the item.",
    )

    @field_validator("patterns")
    @classmethod
    def _compiles_with_a_group(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                groups = re.compile(pattern).groups
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
            if groups < 1:
                raise ValueError(f"{pattern!r} has no group; expected one that holds the item, as in /item/([^/]+)")
        return patterns


class CountingSettings(_Section):
    """What is counted, and how (counting.md)."""

    session_timeout: Duration = Field(30 * MINUTE, ge=1000, description="Silence that ends a session.")
    session_memory: Duration = Field(24 * HOUR, ge=1000, description="How long a session and event ids are remembered.")
    page_views: tuple[str, ...] = Field(("pageView",), min_length=1, description="Event types that are page views.")
    cart_events: tuple[str, ...] = Field(("buy_button_click",), description="Event types that put into the cart.")
    decimal_mark: Literal["", ".", ","] = Field("", description="The decimal mark of prices; empty: told by the text.")
    currency: str = Field("RUB", pattern="^[A-Z]{3}$", description="ISO 4217 code where the event names none.")
    max_price: int = Field(1_000_000_000, ge=1, le=1_000_000_000, description="Largest price.")
    max_amount: int = Field(100_000, ge=1, le=100_000, description="Largest amount.")
    fields: dict[Column, tuple[str, ...]] = Field(
        dict(DEFAULT_FIELDS), description="Field names looked for, in order, for each column."
    )
    step_events: int = Field(20_000, ge=1, le=10_000_000, description="Most events in a step.")
    step_bytes: Size = Field(32_000_000, ge=1, description="Most raw bytes in a step.")
    every: Duration = Field(200, ge=10, le=DAY, description="How often continuous counting looks for new events.")
    on_loss: Literal["stop", "accept"] = Field(
        "stop",
        description="If events are gone from the log before they were counted: stop counting their partition until "
        "footfall count --accept-loss, or accept it. The ledger names them either way.",
    )

    @field_validator("fields")
    @classmethod
    def _complete(cls, fields: dict[Column, tuple[str, ...]]) -> dict[Column, tuple[str, ...]]:
        return {**DEFAULT_FIELDS, **fields}

    @model_validator(mode="after")
    def _memory_holds_a_session(self) -> Self:
        if self.session_timeout > self.session_memory:
            raise ValueError("session_timeout is longer than session_memory; expected at most as long")
        return self


class TagSettings(_Section):
    """The tag, as it is served."""

    party_cookie: str = Field("_dvp", pattern=r"^[A-Za-z0-9_.-]+$", description="Name of the visitor's cookie.")
    party_timeout: Duration = Field(730 * DAY, ge=1000, description="Lifetime of the visitor's cookie.")
    session_cookie: str = Field("_dvs", pattern=r"^[A-Za-z0-9_.-]+$", description="Name of the session's cookie.")
    session_timeout: Duration = Field(30 * MINUTE, ge=1000, description="Lifetime of the session's cookie.")
    cookie_domain: str = Field(
        "", pattern=r"^[A-Za-z0-9.-]*$", description="Domain of the cookies; empty: the page's host."
    )
    auto_page_view: bool = Field(True, description="Send a pageView when a page is seen.")
    event_timeout: Duration = Field(750, ge=10, description="How long the queue waits for one event before the next.")
    privacy_signals: bool = Field(True, description="Respect Do Not Track and Global Privacy Control.")
    consent: Literal["given", "wait"] = Field("given", description="wait: no cookie and nothing sent until optIn().")
    preset: Literal["", "bitrix"] = Field("", description="Watch the buy buttons of this shop system.")
    logging: bool = Field(False, description="Let the tag write to the browser's console.")


class ApiSettings(_Section):
    """The API."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(5001, description="Port to listen on; 0 takes a free one.")
    hosts: tuple[str, ...] = Field((), description="Host names served beside the loopback ones.")
    cors_origins: tuple[str, ...] = Field((), description="Origins whose pages may read the API, or *.")


class Settings(_Section):
    """All of Footfall's settings."""

    data: Path = Field(Path("footfall-data"), description="Folder of the journals and the store.")
    log: str = Field(
        "",
        description="Where events are counted from: empty for the journals of the data folder, or "
        "kafka://HOST:PORT[,HOST:PORT]/TOPIC, with ?schema=FILE.avsc, ?registry=URL, ?confluent_id=NUMBER, "
        "?options=FILE (KEY=VALUE lines in librdkafka's own words).",
    )
    store: str = Field(
        "",
        repr=False,  # it may hold a password
        description="Where counts are kept: empty for store.db in the data folder, or "
        "postgresql://USER@HOST:PORT/DATABASE, with ?sslmode=verify-full&sslrootcert=FILE and others in libpq's own "
        "words. A password is read from PGPASSFILE or PGPASSWORD, or from the address, and never shown.",
    )
    shops: tuple[str, ...] = Field(
        (), description="Globs of the shops' hosts; events of others are ignored. Empty: every host."
    )
    timezone: str = Field("UTC", description="Time zone of the shop's days.")
    schema_name: Literal["default", "lab2"] = Field(
        "default",
        alias="schema",
        description="Built-in mapping: Divolte's default record with ours, or the seed's lab2_event.",
    )
    collector: CollectorSettings = CollectorSettings()
    privacy: PrivacySettings = PrivacySettings()
    journal: JournalSettings = JournalSettings()
    items: ItemSettings = ItemSettings()
    counting: CountingSettings = CountingSettings()
    tag: TagSettings = TagSettings()
    api: ApiSettings = ApiSettings()

    @field_validator("log")
    @classmethod
    def _known_log(cls, log: str) -> str:
        if log:
            read_kafka_address(log)
        return log

    @field_validator("store")
    @classmethod
    def _known_store(cls, store: str) -> str:
        if store and not store.startswith(("postgresql://", "postgres://", "sqlite:///")):
            raise ValueError("expected postgresql://USER@HOST:PORT/DATABASE, sqlite:///PATH, or nothing")
        return store

    @field_validator("shops")
    @classmethod
    def _hosts(cls, shops: tuple[str, ...]) -> tuple[str, ...]:
        for shop in shops:
            if not shop.startswith("[") and (found := re.search(r"[/:@\s]", shop)):
                host = re.sub(r"^[a-z]+://|^//", "", shop, flags=re.IGNORECASE).partition("/")[0].partition(":")[0]
                hint = f"; expected its host: {host}" if host else "; expected a host such as shop.example"
                raise ValueError(f"{shop!r} is no host, for it holds {found[0]!r}{hint}")
        return shops

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("no such time zone; expected a name such as Europe/Moscow")
        return name

    @property
    def kafka(self) -> KafkaAddress | None:
        """The topic that events are counted from; None: the journals of the data folder."""
        return read_kafka_address(self.log) if self.log else None

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.timezone)
