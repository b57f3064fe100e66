"""Values of records become canonical columns, by the rules of counting.md."""

from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.log.contract import rows

from footfall.log import ARROW_SCHEMA, Batch, Kind, Record, batch_of
from footfall.model.columns import DEFAULT_FIELDS
from footfall.model.values import has_surrogate, read_figure, read_flag, read_id, read_text, read_timestamp


def record(fields: dict[str, Any] | None, position: int = 0, problem: str | None = None) -> Record:
    return Record(position, 5, fields, problem, b"raw")


def batch(*records: dict[str, Any] | None) -> Batch:
    return batch_of("p", 0, len(records), [record(fields, i) for i, fields in enumerate(records)], DEFAULT_FIELDS)


def test_a_row_holds_the_canonical_columns() -> None:
    fields = {
        "timestamp": "17",
        "eventType": "pageView",
        "location": "https://shop.example/",
        "sessionId": 12,
        "partyId": "unused",
        "eventId": "e",
        "detectedDuplicate": 1,
        "detectedCorruption": "true",
        "price": 1990.5,
        "amount": "2",
        "currency": "RUB",
        "itemId": "dress",
        "userAgentString": "Safari",
    }

    assert rows(batch(fields)) == [
        {
            "position": 0,
            "arrival": 5,
            "problem": None,
            "timestamp": 17,
            "event_type": "pageView",
            "location": "https://shop.example/",
            "session": "12",
            "event": "e",
            "duplicate": True,
            "corrupt": True,
            "price": "1990.5",
            "price_kind": Kind.NUMBER,
            "amount": "2",
            "amount_kind": Kind.TEXT,
            "currency": "RUB",
            "item": "dress",
            "user_agent": "Safari",
        }
    ]


def test_what_a_record_lacks_is_null() -> None:
    expected = dict.fromkeys(ARROW_SCHEMA.names) | {
        "position": 0, "arrival": 5, "duplicate": False, "corrupt": False, "price_kind": 0, "amount_kind": 0
    }  # fmt: skip

    assert rows(batch({})) == [expected]
    assert rows(batch({"price": None, "sessionId": "", "timestamp": True, "location": 5})) == [expected]


def test_an_empty_batch_has_all_columns() -> None:
    assert batch().events.schema == ARROW_SCHEMA
    assert batch().events.num_rows == 0


def test_the_first_name_that_a_record_has_wins() -> None:
    fields = {**DEFAULT_FIELDS, "item": ("sku", "itemId")}
    records = [
        record({"sku": "a", "itemId": "b"}),
        record({"itemId": "b"}),
        record({"sku": None, "itemId": "b"}),
        record({}),
    ]

    assert [row["item"] for row in rows(batch_of("p", 0, 4, records, fields))] == ["a", "b", None, None]


@pytest.mark.parametrize(
    "fields",
    [
        {"location": "\ud800"},
        {"unused": "\udfff"},
        {"unused": [1, {"a": ["x", "\ud83d"]}]},
        {"unused": {"\udc00": 1}},
        {"\ud800": 1},
        {"sessionId": 10**30, "unused": ("\ud800",)},
    ],
)
def test_a_lone_surrogate_in_any_text_makes_a_record_undecodable_and_no_other(fields: dict[str, Any]) -> None:
    found = rows(
        batch({"eventId": "a", "amount": 10**30}, {"eventId": "b", **fields}, {"eventId": "c", "location": "👗"})
    )

    assert [row["event"] for row in found] == ["a", None, "c"]
    assert [row["problem"] is None for row in found] == [True, False, True]
    assert "lone surrogate" in found[1]["problem"]


def test_a_surrogate_is_found_among_thousands() -> None:
    """The rows are looked through in parts: the last of one, the first of the next, the very last."""
    marked = {999, 1000, 2500}

    found = rows(batch(*[{"location": "\ud800" if i in marked else "x"} for i in range(2501)]))

    assert {row["position"] for row in found if row["problem"]} == marked


def test_a_problem_stays_and_its_columns_are_empty() -> None:
    found = rows(batch_of("p", 0, 1, [record(None, problem="no JSON object")], DEFAULT_FIELDS))

    assert found[0]["problem"] == "no JSON object"
    assert found[0]["session"] is None


TEXTS = st.text(st.characters(), max_size=5) | st.sampled_from(["", "1", "true", "\ud800"])
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([2**63, -(2**70), 10**400]), st.floats(), TEXTS,
    st.lists(TEXTS, max_size=2), st.dictionaries(TEXTS, TEXTS, max_size=2), st.binary(max_size=2),
)  # fmt: skip
RECORDS = st.dictionaries(st.sampled_from([name for names in DEFAULT_FIELDS.values() for name in names]), VALUES)


def any_surrogate(value: object) -> bool:
    match value:
        case str():
            return has_surrogate(value)
        case list():
            return any(map(any_surrogate, value))
        case dict():
            return any(map(any_surrogate, [*value, *value.values()]))
    return False


@given(st.lists(RECORDS, max_size=5))
def test_any_values_are_read_as_one_by_one(records: list[dict[str, Any]]) -> None:
    for row, fields in zip(rows(batch(*records)), records, strict=True):
        assert (row["problem"] is not None) == any_surrogate(fields)
        if row["problem"] is not None:
            continue
        price, amount = read_figure(fields.get("price")), read_figure(fields.get("amount"))
        assert row == {
            "position": row["position"],
            "arrival": 5,
            "problem": None,
            "timestamp": read_timestamp(fields.get("timestamp")),
            "event_type": read_text(fields.get("eventType")),
            "location": read_text(fields.get("location")),
            "session": read_id(fields.get("sessionId")),
            "event": read_id(fields.get("eventId")),
            "duplicate": read_flag(fields.get("detectedDuplicate")),
            "corrupt": read_flag(fields.get("detectedCorruption")),
            "price": price[0],
            "price_kind": price[1],
            "amount": amount[0],
            "amount_kind": amount[1],
            "currency": read_text(fields.get("currency")),
            "item": read_id(fields.get("itemId")),
            "user_agent": read_text(fields.get("userAgentString")),
        }


def test_duckdb_reads_a_batch_as_it_is() -> None:
    with duckdb.connect() as connection:
        connection.register("batch", batch({"location": "👗\0", "timestamp": 2**62}, {"price": "5"}).events)

        found = connection.execute("SELECT position, timestamp, location, price_kind FROM batch ORDER BY 1").fetchall()

    assert found == [(0, 2**62, "👗\0", 0), (1, None, None, 1)]
