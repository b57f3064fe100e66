"""Who may do what in PostgreSQL: a role that counts and one that answers, each with the least that it needs."""

from collections.abc import Mapping
from typing import Final

from footfall.store import tables
from footfall.store.periods import Grain

_SUMS: Final = {
    table.name: "SELECT, INSERT, UPDATE" for family in (tables.facts, tables.values) for table in family.values()
}

WRITER: Final[Mapping[str, str]] = {
    "alembic_version": "SELECT",
    "meta": "SELECT, INSERT, DELETE",  # with the days' tables: another time zone makes the days anew
    "positions": "SELECT, INSERT, UPDATE",
    "sessions": "SELECT, INSERT, UPDATE, DELETE",
    "seen_events": "SELECT, INSERT, UPDATE, DELETE",
    "products": "SELECT, INSERT",
    **dict.fromkeys(_SUMS, "SELECT, INSERT, UPDATE"),
    **dict.fromkeys((f"{Grain.DAY}_facts", f"{Grain.DAY}_values"), "SELECT, INSERT, UPDATE, DELETE"),
    "ledger": "SELECT, INSERT",
    "set_aside": "SELECT, INSERT, UPDATE, DELETE",
    "users": "SELECT",
    "orders": "SELECT",
}
"""Rights by table or view. Nobody may change or delete a line of the ledger, or delete a minute."""

READER: Final[Mapping[str, str]] = {
    **dict.fromkeys(WRITER.keys() - {"sessions", "seen_events"}, "SELECT"),
    "set_aside": "SELECT (partition, position, arrival, reason)",  # not what visitors sent
}

_HEAD: Final = """\
-- Roles of Footfall's store. Run this as the owner of its tables who may also make roles, or as a superuser, in the
-- store's database, after footfall db upgrade; again after each upgrade:
--   footfall db roles --print | psql --set ON_ERROR_STOP=1 "postgresql://OWNER@HOST/online_shop"
-- Then give them to those who log in; passwords belong into PGPASSFILE or PGPASSWORD:
--   CREATE ROLE counting LOGIN IN ROLE footfall_writer;  \\password counting   (footfall count)
--   CREATE ROLE answering LOGIN IN ROLE footfall_reader; \\password answering  (footfall serve, your own SQL)
"""

_MAKE: Final = """\
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF;
END $$;
"""

_PLACES: Final = """\
DO $$ BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO footfall_writer, footfall_reader', current_database());
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO footfall_writer', current_database());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO footfall_writer, footfall_reader', current_schema());
END $$;
"""


def roles_sql() -> str:
    """Return the SQL that makes the roles and grants them their rights; it may be run again and again."""
    parts = [_HEAD, "BEGIN;\n"]
    parts += [_MAKE.format(role=role) for role in ("footfall_writer", "footfall_reader")]
    parts.append(_PLACES)
    for role, rights in (("footfall_writer", WRITER), ("footfall_reader", READER)):
        parts += [f"REVOKE ALL ON {name} FROM {role};\n" for name in sorted(WRITER)]
        parts += [f"GRANT {granted} ON {name} TO {role};\n" for name, granted in sorted(rights.items())]
    parts += ["GRANT EXECUTE ON FUNCTION make_month TO footfall_writer;\n", "COMMIT;\n"]
    return "".join(parts)
