"""The tables, in one place. The migrations make them; a test holds both together.

Times are ms since epoch, but the `start` of facts and values is a Unix second: the view `users` shows it as `ts`, and a
condition on an expression could not use the key.

Texts are compared by their bytes on every database, as Python and SQLite do, whatever the language of the machine.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from footfall.store.periods import Grain

metadata: Final = MetaData()

_Big = BigInteger().with_variant(Integer, "sqlite")
_Text = Text().with_variant(Text(collation="C"), "postgresql")


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, _Big, primary_key=key, nullable=False, autoincrement=False)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, _Text, primary_key=key, nullable=False)


meta: Final = Table(
    "meta",
    metadata,
    _text("key", key=True),
    _text("value"),
    sqlite_with_rowid=False,
)
"""`timezone`: the zone of the days; `day_starts`: which version of its rules the days were made by."""

TALLY: Final = ("read", "counted", "ignored", "duplicate", "corrupt", "bot", "set_aside")
"""How events ended: fields of Tally, columns of `positions` and `ledger`."""

positions: Final = Table(
    "positions",
    metadata,
    _text("partition", key=True),
    _number("next"),
    Column("clock", _Big),
    _number("steps"),
    *(_number(name) for name in TALLY),
    _text("swept"),
    sqlite_with_rowid=False,
)
"""How far each partition is counted. `swept`: the last session that was looked at for deletion."""

sessions: Final = Table(
    "sessions",
    metadata,
    _text("partition", key=True),
    _text("session", key=True),
    _number("views"),
    _number("latest"),
    sqlite_with_rowid=False,
)

seen_events: Final = Table(
    "seen_events",
    metadata,
    _text("partition", key=True),
    _text("session", key=True),
    _text("event", key=True),
    _number("last_seen"),
    sqlite_with_rowid=False,
)
"""No index by time: deleting old rows in the order of the key costs a fifth of deleting them by age."""

products: Final = Table(
    "products",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    _text("shop"),
    _text("item"),
    UniqueConstraint("shop", "item"),
)

SUMS: Final = ("views", "depth_sum", "quantity", "clicks")
"""Columns of the facts that add up, as in Fact."""

HALVES: Final = ("high", "low")
"""Columns of the values that add up: money is high * 10**9 + low, in 1/10,000 of the currency."""


PARTED: Final = "RANGE (start)"
"""How PostgreSQL parts the sums of minutes: by month, see `make_room` of `postgres.py`."""


def _sums(grain: Grain, kind: str, *columns: Column[Any]) -> Table:
    return Table(
        f"{grain}_{kind}",
        metadata,
        _number("start", key=True),
        _number("product", key=True),
        *columns,
        sqlite_with_rowid=False,
        postgresql_partition_by=PARTED if grain is Grain.MINUTE else None,
    )


facts: Final[Mapping[Grain, Table]] = {
    grain: _sums(grain, "facts", *(_number(name) for name in SUMS)) for grain in Grain
}
values: Final[Mapping[Grain, Table]] = {
    grain: _sums(grain, "values", _text("currency", key=True), *(_number(name) for name in HALVES)) for grain in Grain
}

ledger: Final = Table(
    "ledger",
    metadata,
    _number("step", key=True),
    _text("partition"),
    _number("first"),
    _number("next"),
    *(_number(name) for name in TALLY),
    _text("reasons"),
    _number("rules"),
    _number("started"),
    _number("took"),
    _text("resolves"),
    Column("lost", _Text),
)
"""As JSON: `reasons`, counts by reason; `resolves`, a list of positions; `lost`, a Lost (null: nothing was)."""

set_aside: Final = Table(
    "set_aside",
    metadata,
    _text("partition", key=True),
    _number("position", key=True),
    _number("arrival"),
    _text("reason"),
    _text("detail"),
    Column("raw", LargeBinary),
    _text("origin"),
)
"""`raw` is null once the raw form was dropped for its age."""

Index(
    "set_aside_raw_by_arrival",
    set_aside.c.arrival,
    sqlite_where=text("raw IS NOT NULL"),
    postgresql_where=text("raw IS NOT NULL"),
)
