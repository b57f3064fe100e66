"""The first layout: facts with rollups, sessions, event ids, positions, ledger, set-aside events, and two views."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")

USERS = """
CREATE VIEW users (ts, url, item_id, count, deep) AS
SELECT facts.start, products.shop, products.item, facts.views,
       CAST(facts.depth_sum AS DOUBLE PRECISION) / facts.views
FROM minute_facts AS facts JOIN products ON products.id = facts.product
WHERE facts.views > 0
"""

# The double nearest to the exact sum: below 2^53 it is one division; above, whole units and the rest are exact apart.
ORDERS = """
CREATE VIEW orders (ts, url, item_id, count, sum) AS
SELECT start, shop, item, quantity,
       CASE WHEN high * 1000000000 + low < 9007199254740992
            THEN CAST(high * 1000000000 + low AS DOUBLE PRECISION) / 10000
            ELSE high * 100000 + low / 10000 + CAST(low % 10000 AS DOUBLE PRECISION) / 10000 END
FROM (
  SELECT facts.start, products.shop, products.item, facts.quantity,
         (SELECT CAST(COALESCE(SUM(high), 0) AS BIGINT) FROM minute_values AS money
          WHERE money.start = facts.start AND money.product = facts.product) AS high,
         (SELECT CAST(COALESCE(SUM(low), 0) AS BIGINT) FROM minute_values AS money
          WHERE money.start = facts.start AND money.product = facts.product) AS low
  FROM minute_facts AS facts JOIN products ON products.id = facts.product
  WHERE facts.quantity > 0
) AS ordered
"""


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=nullable)


def words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def tally() -> list[sa.Column[int]]:
    return [number(name) for name in ("read", "counted", "ignored", "duplicate", "corrupt", "bot", "set_aside")]


def table(name: str, key: str, *columns: sa.Column[Any]) -> None:
    """Make a table that lies in the order of its key."""
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key.split()), sqlite_with_rowid=False)


def upgrade() -> None:
    table("meta", "key", words("key"), words("value"))
    place = [number("next"), number("clock", nullable=True), number("steps")]
    table("positions", "partition", words("partition"), *place, *tally(), words("swept"))
    session = [words("partition"), words("session")]
    table("sessions", "partition session", *session, number("views"), number("latest"))
    session = [words("partition"), words("session")]
    table("seen_events", "partition session event", *session, words("event"), number("last_seen"))
    number_of_product = sa.Column("id", sa.Integer, primary_key=True)
    op.create_table("products", number_of_product, words("shop"), words("item"), sa.UniqueConstraint("shop", "item"))
    for grain in ("minute", "hour", "day"):
        sums = [number(name) for name in ("views", "depth_sum", "quantity", "clicks")]
        table(f"{grain}_facts", "start product", number("start"), number("product"), *sums)
        halves = [number("high"), number("low")]
        key = "start product currency"
        table(f"{grain}_values", key, number("start"), number("product"), words("currency"), *halves)
    ledger()
    set_aside()
    op.execute(USERS)
    op.execute(ORDERS)


def ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("step", sa.Integer, primary_key=True),
        words("partition"),
        number("first"),
        number("next"),
        *tally(),
        words("reasons"),
        number("rules"),
        number("started"),
        number("took"),
        words("resolves"),
    )


def set_aside() -> None:
    op.create_table(
        "set_aside",
        words("partition"),
        number("position"),
        number("arrival"),
        words("reason"),
        words("detail"),
        sa.Column("raw", sa.LargeBinary),
        words("origin"),
        sa.PrimaryKeyConstraint("partition", "position"),
    )
    there = sa.text("raw IS NOT NULL")
    op.create_index("set_aside_raw_by_arrival", "set_aside", ["arrival"], sqlite_where=there, postgresql_where=there)
