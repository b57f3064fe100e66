"""Facts out: every row adds up, whatever the format, and nothing in it is taken for a formula."""

import csv
import io
import json
from decimal import Decimal

import pyarrow.parquet  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.answers.facts import MINUTE, SHOP, Log, example, fill

from footfall.model.steps import Fact, Value
from footfall.store import MemoryStore
from footfall.transfer import FACT_COLUMNS, Format, Progress, export_facts

BEGIN = 1_790_000_040_000
FORMATS: tuple[Format, ...] = ("csv", "jsonl", "parquet")


def exported(
    store: MemoryStore, format: Format, since: int | None = None, until: int | None = None
) -> list[dict[str, object]]:
    """Return the rows with every value as text, but numbers as numbers."""
    out = io.BytesIO()
    count = export_facts(store, format, out, since=since, until=until)
    raw = out.getvalue()
    match format:
        case "csv":
            rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
        case "jsonl":
            rows = [json.loads(line) for line in raw.splitlines()]
        case "parquet":
            rows = pyarrow.parquet.read_table(io.BytesIO(raw)).to_pylist()
    assert count == len(rows)
    return [{name: _same(value) for name, value in row.items()} for row in rows]


def _same(value: object) -> object:
    text = value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else str(value)
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    fill(store, example(BEGIN))
    return store


@pytest.mark.parametrize("format", FORMATS)
def test_the_worked_example_is_exported(store: MemoryStore, format: Format) -> None:
    rows = exported(store, format)

    assert list(rows[0]) == list(FACT_COLUMNS)
    assert [tuple(row.values())[1:] for row in rows] == [
        (SHOP, "dress", 2, 3, 2, 1, "RUB", 3980),
        (SHOP, "hat", 1, 3, 0, 0, "", 0),
        (SHOP, "dress", 1, 4, 0, 0, "", 0),
        (SHOP, "dress", 1, 1, 0, 0, "", 0),
    ]
    assert rows[0]["minute"] == "2026-09-21T14:14:00Z"


@pytest.mark.parametrize("format", FORMATS)
def test_only_the_minutes_of_the_period_are_exported(store: MemoryStore, format: Format) -> None:
    rows = exported(store, format, since=BEGIN + 30 * MINUTE + 59_999, until=BEGIN + 60 * MINUTE)

    assert [row["depth_sum"] for row in rows] == [4]


def test_money_of_two_currencies_takes_two_rows_that_add_up() -> None:
    store = MemoryStore()
    values = [Value(SHOP, "dress", BEGIN, "EUR", 0, 12_345), Value(SHOP, "dress", BEGIN, "RUB", 3, 7)]
    fill(store, Log([([Fact(SHOP, "dress", BEGIN, 5, 9, 4, 2)], values)]))

    first, second = exported(store, "csv")

    assert (first["views"], first["currency"], first["value"]) == (5, "EUR", Decimal("1.2345"))
    assert (second["views"], second["quantity"], second["currency"], second["value"]) == (
        *(0, 0),
        "RUB",
        Decimal("300000.0007"),
    )


@pytest.mark.parametrize("item", ["=1+1", "+7", "-5", "@sum(a1)", "'x", "\uff1dx", 'a"b', "a,b", "шапка 🎩"])
def test_no_spreadsheet_takes_an_item_for_a_formula(item: str) -> None:
    store = MemoryStore()
    fill(store, Log([([Fact(SHOP, item, BEGIN, 1, 1, 0, 0)], [])]))
    out = io.BytesIO()
    export_facts(store, "csv", out)

    ((_, _, cell, *_),) = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))[1:]

    assert cell[0] not in "=+-@\uff1d"
    assert cell in (item, "'" + item)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 99), st.integers(0, 10**17)), min_size=1, max_size=20))
def test_the_sums_of_the_rows_are_those_of_the_store(found: list[tuple[int, int, int]]) -> None:
    store = MemoryStore()
    facts = [Fact(SHOP, "dress", BEGIN + minute * MINUTE, views, views, 1, 1) for minute, views, _ in found]
    values = [
        Value(SHOP, "dress", BEGIN + minute * MINUTE, "RUB", *divmod(units, 10**9))
        for minute, _, units in found
        if units
    ]
    fill(store, Log([(facts, values)]))

    for format in FORMATS:
        rows = exported(store, format)
        assert sum(Decimal(str(row["views"])) for row in rows) == sum(views for _, views, _ in found)
        assert sum(Decimal(str(row["value"])) for row in rows) == Decimal(sum(units for *_, units in found)) / 10_000


def test_progress_is_told(store: MemoryStore) -> None:
    told: list[Progress] = []

    export_facts(store, "csv", io.BytesIO(), progress=told.append)

    assert (told[-1].done, told[-1].total) == (4, 4)
