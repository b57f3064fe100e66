"""Whatever a user can meet has its place: reasons, addresses, metrics, tables, exit codes."""

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from starlette.routing import Route
from tests.api.clients import client_of
from tests.docs.pages import DOCS, ROOT, page_of

from footfall import errors
from footfall.collector.app import create_app
from footfall.collector.counts import Counts
from footfall.collector.edge import Edge
from footfall.collector.script import Script
from footfall.journal import Journal
from footfall.model.steps import PRICE_REASONS, Reason, Verdict
from footfall.settings import Settings
from footfall.store import MemoryStore
from footfall.store.tables import metadata

REFERENCE = DOCS / "reference"
IGNORED = {Reason.KIND, Reason.NO_ITEM, Reason.OTHER_SHOP}


def section(name: str, heading: str) -> str:
    """Return a part of a page of the reference, from its heading to the next of its rank."""
    return (REFERENCE / name).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_reason_has_its_heading_in_its_part() -> None:
    parts = {
        "Ignored": IGNORED,
        "Set aside for what they are": set(Reason) - IGNORED - PRICE_REASONS,
        "Set aside for amount or price": PRICE_REASONS,
    }
    for heading, reasons in parts.items():
        found = re.findall(r"^### `(\w+)`$", section("reasons.md", heading), re.MULTILINE)

        assert sorted(found) == sorted(reasons)


def test_every_verdict_has_its_row() -> None:
    found = re.findall(r"^\| `(\w+)` \|", section("reasons.md", "Ways to end"), re.MULTILINE)

    assert found == list(Verdict)


def test_every_address_of_the_api_has_its_place() -> None:
    paths = client_of(MemoryStore()).get("/openapi.json").json()["paths"]
    text = (REFERENCE / "api.md").read_text(encoding="utf-8")

    assert [path for path in [*paths, "/docs", "/openapi.json", "/"] if f"`{path}`" not in text] == []
    headings = page_of(REFERENCE / "api.md").headings
    assert [path for path in paths if path.startswith("/api/") and f"GET {path}" not in headings] == []


def test_every_address_of_the_collector_has_its_place_with_its_methods() -> None:
    edge = cast(Edge, SimpleNamespace(settings=Settings()))
    routes = [route.path for route in create_app(edge, Script(b"")).routes if isinstance(route, Route)]
    table = (REFERENCE / "collector.md").read_text(encoding="utf-8").split("\n\n")[2]

    assert [path for path in routes if f"`{path}`" not in table] == []
    assert len(routes) > 5


def test_every_metric_has_its_row() -> None:
    told = {"collector.md": Counts().text().decode(), "api.md": client_of(MemoryStore()).get("/metrics").text}
    for page, text in told.items():
        names = set(re.findall(r"^# TYPE (footfall_\w+)", text, re.MULTILINE))
        rows = re.findall(r"^\| `(footfall_\w+)", section(page, "Metrics"), re.MULTILINE)

        assert {name for name in names if not name.endswith("_created")} - set(rows) == set()
        assert len(rows) > 5


def test_the_schema_of_an_event_is_the_one_that_decides() -> None:
    shown = page_of(REFERENCE / "collector.md").fenced("json")

    assert json.loads((DOCS.parent / "src/footfall/collector/event.schema.json").read_bytes()) in [
        json.loads(block.text) for block in shown
    ]


def test_every_table_and_column_of_the_store_has_its_place() -> None:
    rows = list(_rows(section("files.md", "The store")))
    for table in metadata.tables.values():
        columns = next(columns for names, columns in rows if table.name in names)

        assert [column.name for column in table.columns if column.name not in columns] == []


def _rows(text: str) -> Iterator[tuple[set[str], set[str]]]:
    """Yield the names in the first and those in the last cell of each row; `the same sums` are the positions'."""
    sums: set[str] = set()
    for line in text.splitlines():
        cells = line.split(" | ")
        if len(cells) == 3:
            columns = set(re.findall(r"`(\w+)`", cells[2]))
            sums = columns if "`positions`" in cells[0] else sums
            yield set(re.findall(r"`(\w+)`", cells[0])), columns | (sums if "the same sums" in cells[2] else set())


def test_the_layout_of_a_journal_is_the_one_that_is_made(tmp_path: Path) -> None:
    Journal(tmp_path / "live.db").close()
    shown, made = sqlite3.connect(":memory:"), sqlite3.connect(tmp_path / "live.db")
    shown.executescript(page_of(REFERENCE / "files.md").fenced("sql")[0].text)
    layouts = [
        db.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall() for db in (shown, made)
    ]
    for db in (shown, made):
        db.close()

    assert sorted(layouts[0]) == sorted(layouts[1])


def test_every_exit_code_has_its_row() -> None:
    kinds: list[type[errors.FootfallError]] = [errors.FootfallError, *errors.FootfallError.__subclasses__()]
    codes = {kind.exit_code for kind in kinds}
    rows = re.findall(r"^\| (\d+) \|", section("files.md", "Exit codes"), re.MULTILINE)

    assert {str(code) for code in codes} <= set(rows)


def test_every_proof_has_its_row() -> None:
    marks = re.compile(r'mark\.prove\("([a-z-]+)"\)')
    names = {name for path in (ROOT / "tests").rglob("*.py") for name in marks.findall(path.read_text("utf-8"))}
    text = (DOCS / "explanation" / "proofs" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)

    assert names - set(rows) == set()
    assert len(names) > 3
