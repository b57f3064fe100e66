"""What counting reads from a record of the topic is what it reads from the journal, whatever a visitor sent."""

import json
import math
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyruhvro  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forwarder.journals import decode, raw
from tests.mapping.requests import ARRIVAL, event, imported, posted

from footfall.errors import InputError, SettingsError
from footfall.forwarder import Converter, Unfit, is_schema
from footfall.log import Record, batch_of
from footfall.mapping import SchemaName, avro_schema, builtin
from footfall.model.columns import DEFAULT_FIELDS
from footfall.model.money import Unreadable, read_cart
from footfall.model.rules import Rules
from footfall.sinks import Outgoing, framing

SCHEMAS: tuple[SchemaName, ...] = ("default", "lab2")

texts = st.text(st.characters(codec="utf-8"), max_size=20)
numbers = st.one_of(
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.sampled_from([1.990, 2.0, 0.1, 1e7, 10**18, 2**53 + 1, -0.0]),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), texts, numbers), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
names = (
    *("eventType", "location", "sessionId", "partyId", "eventId", "price", "amount", "currency", "itemId"),
    *("userAgentString", "viewportPixelWidth", "clientTimestamp", "firstInSession", "shop", "referer", "other"),
)
members = st.dictionaries(st.sampled_from(names), values)


def read(fields: dict[str, object]) -> dict[str, object]:
    """Return what counting reads of a record: its columns, price and amount as what they are worth."""
    batch = batch_of("p", 0, 1, [Record(0, ARRIVAL, fields, None, b"")], DEFAULT_FIELDS)
    row: dict[str, Any] = pa.table(batch.events).to_pylist()[0]
    price, price_kind, amount, amount_kind = (
        row.pop(name) for name in ("price", "price_kind", "amount", "amount_kind")
    )
    try:
        row["cart"] = read_cart(price, price_kind, amount, amount_kind, row["currency"], Rules())
    except Unreadable as error:
        row["cart"] = error.reason
    return row


def converted(schema: SchemaName, record: bytes) -> Outgoing:
    made = Converter(schema)(record)
    assert isinstance(made, Outgoing), made
    return made


@pytest.mark.parametrize("schema", SCHEMAS)
@given(members=members)
def test_counting_reads_the_same_of_any_posted_event(schema: SchemaName, members: dict[str, object]) -> None:
    record = raw(json.dumps(members).replace("NaN", "null").replace("Infinity", "1e999").encode())
    made = Converter(schema)(record)
    try:
        fields = builtin(schema).map(record)
    except InputError as error:
        problem = str(error)
    else:
        assert isinstance(made, Outgoing)
        assert read(decode([made.value], avro_schema(schema))[0]) == read(fields)
        return

    assert made == Unfit(problem)


@pytest.mark.parametrize("price", ["1 990 ₽", 1990, 1990.5, True, [1], {"a": 5}, None, 10**400, "", 2**60, 1e308])
def test_a_price_of_any_kind_is_read_as_from_the_journal(price: object) -> None:
    record = raw(json.dumps({"eventType": "buy_button_click", "price": price, "amount": price}).encode())

    found = decode([converted("default", record).value], avro_schema("default"))[0]

    assert read(found) == read(builtin("default").map(record))


def test_what_is_no_number_is_none_in_the_topic_either() -> None:
    found = decode([converted("default", posted({"price": {"a": 5}})).value], avro_schema("default"))[0]

    assert math.isnan(found["price"])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_field_of_a_visitors_event_is_in_the_record(schema: SchemaName) -> None:
    record = event({"u": "(sprice!4 590 руб.!samount!2!)"})

    found = decode([converted(schema, record).value], avro_schema(schema))[0]

    assert found == builtin(schema).map(record)


def test_pyruhvro_reads_what_fastavro_reads() -> None:
    records = [
        event({"e": f"e{number}", "l": None if number % 7 == 0 else f"https://x/{number}"}) for number in range(50)
    ]
    records += [posted({"price": price, "eventId": str(price)}) for price in ("9 ₽", 12, 1.5, None)]
    schema = json.dumps(avro_schema("default"))
    values = [converted("default", record).value for record in records]

    found = pyruhvro.deserialize_array(values, schema)

    assert pa.record_batch(found).to_pylist() == decode(values, avro_schema("default"))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_key_is_the_visitor_or_else_the_session(schema: SchemaName) -> None:
    both = {"partyId": "партия", "sessionId": "session"}

    assert converted(schema, posted(both)).key == "партия".encode()
    assert converted(schema, posted({"sessionId": "session", "partyId": ""})).key == b"session"
    assert converted(schema, posted({"partyId": 17, "sessionId": "session"})).key == b"17"
    assert converted(schema, posted({})).key is None
    assert converted(schema, event()).key == b"0:i1t84hgy:party"


def test_the_time_is_that_of_receipt_not_the_events_own() -> None:
    made = converted("default", posted({"timestamp": ARRIVAL - 5_000}))

    assert made.timestamp == ARRIVAL
    assert decode([made.value], avro_schema("default"))[0]["timestamp"] == ARRIVAL - 5_000


@pytest.mark.parametrize("moment", [2**63, -(2**63) - 1, 10**300])
def test_a_time_beyond_64_bits_is_cut_as_counting_cuts_it(moment: int) -> None:
    made = converted("default", raw(json.dumps({"timestamp": moment, "sessionId": "s"}).encode()))

    found = decode([made.value], avro_schema("default"))[0]
    assert read(found) == read(
        builtin("default").map(raw(json.dumps({"timestamp": moment, "sessionId": "s"}).encode()))
    )


def test_a_request_that_is_no_event_is_unfit_and_says_why() -> None:
    convert = Converter("default")

    assert convert(event({"s": None})) == Unfit("s: the parameter is missing; expected 0:<time in base 36>:<id>")
    assert str(convert(b"\xff")).startswith('Unfit(problem="no record of the journal')
    assert isinstance(convert(posted(b"[1]")), Unfit)


def test_an_unfit_record_leaves_nothing_in_the_next_one() -> None:
    convert = Converter("default", framing(7))
    alone = convert(posted({"eventId": "1"}))

    convert(imported({"price": "no schema of ours"}))
    convert(event({"s": None}))

    assert convert(posted({"eventId": "1"})) == alone


def test_confluents_frame_stands_before_the_avro() -> None:
    record = posted({"eventId": "1"})

    made = Converter("default", framing(258))(record)

    assert isinstance(made, Outgoing)
    assert made.value == struct.pack(">bI", 0, 258) + converted("default", record).value


def test_a_file_with_the_schema_that_is_written_is_told_from_others(tmp_path: Path) -> None:
    file = tmp_path / "a.avsc"
    file.write_text(json.dumps({**avro_schema("lab2"), "doc": "as it was found"}))

    assert is_schema(avro_schema("lab2"), file)
    assert not is_schema(avro_schema("default"), file)
    file.write_text('{"type": "record"}')
    with pytest.raises(SettingsError, match=r"a\.avsc: no Avro schema"):
        is_schema(avro_schema("default"), file)
    with pytest.raises(SettingsError, match=r"b\.avsc: cannot be read"):
        is_schema(avro_schema("default"), tmp_path / "b.avsc")
