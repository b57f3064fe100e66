"""The first layout: facts with rollups, sessions, event ids, positions, ledger, set-aside events, and two views."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
FILL = 80
"""Per cent of a page that PostgreSQL fills first; measured in docs/decisions/postgresql.md."""

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

USERS = """
CREATE VIEW users (ts, url, item_id, count, deep) AS
SELECT facts.start, products.shop, products.item, facts.views,
       CAST(facts.depth_sum AS DOUBLE PRECISION) / facts.views
FROM minute_facts AS facts JOIN products ON products.id = facts.product
WHERE facts.views > 0
"""

# The double nearest to the exact sum.
VALUE = {
    # Below 2^53 it is one division; above, whole units and the rest are exact apart.
    "sqlite": """
       CASE WHEN high * 1000000000 + low < 9007199254740992
            THEN CAST(high * 1000000000 + low AS DOUBLE PRECISION) / 10000
            ELSE high * 100000 + low / 10000 + CAST(low % 10000 AS DOUBLE PRECISION) / 10000 END""",
    # A product of decimals is exact, a quotient is not; the cast takes the nearest.
    "postgresql": """
       CAST((CAST(high AS NUMERIC) * 1000000000 + low) * 0.0001 AS DOUBLE PRECISION)""",
}

ORDERS = """
CREATE VIEW orders (ts, url, item_id, count, sum) AS
SELECT start, shop, item, quantity,{value}
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

# Parts are made apart and then attached: that keeps nobody from reading or writing the others. Whoever may count needs
# no right to make tables, only to call this.
MAKE_MONTH = """
CREATE FUNCTION make_month(moment BIGINT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
  since TIMESTAMP := date_trunc('month', to_timestamp(moment) AT TIME ZONE 'UTC');
  first BIGINT := extract(epoch FROM since);
  following BIGINT := extract(epoch FROM since + INTERVAL '1 month');
  whole TEXT;
  part TEXT;
BEGIN
  FOREACH whole IN ARRAY ARRAY['minute_facts', 'minute_values'] LOOP
    part := whole || to_char(since, '_YYYY_MM');
    CONTINUE WHEN to_regclass(part) IS NOT NULL;
    EXECUTE format('LOCK TABLE %I IN SHARE UPDATE EXCLUSIVE MODE', whole);
    CONTINUE WHEN to_regclass(part) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS) WITH (fillfactor = {fill})', part, whole);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', whole, part, first, following);
  END LOOP;
END
$$
"""


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=nullable)


def words(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False)


def tally() -> list[sa.Column[int]]:
    return [number(name) for name in ("read", "counted", "ignored", "duplicate", "corrupt", "bot", "set_aside")]


def table(name: str, key: str, *columns: sa.Column[Any], parted: str | None = None, updated: bool = False) -> None:
    """Make a table that lies in the order of its key, where tables can.

    `parted`: how, where that is worth it. `updated`: with room on its pages, so that a row changes in its place.
    """
    options: dict[str, Any] = {"sqlite_with_rowid": False, "postgresql_partition_by": parted}
    if updated and parted is None:  # the parts have their own
        options["postgresql_with"] = {"fillfactor": FILL}
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key.split()), **options)


def upgrade() -> None:
    table("meta", "key", words("key"), words("value"))
    place = [number("next"), number("clock", nullable=True), number("steps")]
    table("positions", "partition", words("partition"), *place, *tally(), words("swept"), updated=True)
    session = [words("partition"), words("session")]
    table("sessions", "partition session", *session, number("views"), number("latest"), updated=True)
    session = [words("partition"), words("session")]
    table("seen_events", "partition session event", *session, words("event"), number("last_seen"))
    number_of_product = sa.Column("id", sa.Integer, sa.Identity(), primary_key=True)
    op.create_table("products", number_of_product, words("shop"), words("item"), sa.UniqueConstraint("shop", "item"))
    for grain in ("minute", "hour", "day"):
        sums = [number(name) for name in ("views", "depth_sum", "quantity", "clicks")]
        parted = "RANGE (start)" if grain == "minute" else None
        key = "start product"
        table(f"{grain}_facts", key, number("start"), number("product"), *sums, parted=parted, updated=True)
        halves = [number("high"), number("low")]
        place = [number("start"), number("product")]
        table(f"{grain}_values", f"{key} currency", *place, words("currency"), *halves, parted=parted, updated=True)
    ledger()
    set_aside()
    dialect = op.get_context().dialect.name
    op.execute(USERS)
    op.execute(ORDERS.format(value=VALUE[dialect]))
    if dialect == "postgresql":
        schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(MAKE_MONTH.format(schema=schema, fill=FILL))
        op.execute("REVOKE ALL ON FUNCTION make_month FROM PUBLIC")


def ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("step", BIG, primary_key=True, autoincrement=False),
        words("partition"),
        number("first"),
        number("next"),
        *tally(),
        words("reasons"),
        number("rules"),
        number("started"),
        number("took"),
        words("resolves"),
        sa.Column("lost", TEXT),
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
