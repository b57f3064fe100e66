"""Avro decoded by the batch equals Avro decoded one by one, whatever the bytes are."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fastavro
import pyruhvro  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kafka.records import encode, naked

from footfall.errors import InputError, SettingsError
from footfall.log.avro_columns import VALUES, values_of_one
from footfall.log.avro_decode import AvroDecoder
from footfall.log.avro_schema import RecordSchema, read_schema
from footfall.mapping import avro_schema
from footfall.model.columns import DEFAULT_FIELDS
from footfall.model.values import Kind


def record(*fields: tuple[str, object], name: str = "r") -> dict[str, object]:
    return {"type": "record", "name": name, "fields": [{"name": field, "type": kind} for field, kind in fields]}


FOREIGN = record(
    ("timestamp", {"type": "long", "logicalType": "timestamp-millis"}),
    ("sessionId", ["null", "long", "string"]),
    ("eventId", "int"),
    ("eventType", {"type": "enum", "name": "kind", "symbols": ["pageView", "buy_button_click"]}),
    ("location", ["string", "null"]),
    ("detectedDuplicate", ["null", "boolean", "int", "string"]),
    ("detectedCorruption", "int"),
    ("price", ["null", "int", "float", "boolean", "string", {"type": "array", "items": "int"}]),
    ("amount", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}),
    ("currency", {"type": "fixed", "name": "code", "size": 3}),
    ("itemId", ["null", "string"]),
    ("more", {"type": "map", "values": ["null", "double"]}),
    ("inner", record(("x", "long"), ("y", {"type": "array", "items": "string"}), name="i")),
)
SCHEMAS: dict[str, dict[str, Any]] = {
    "default": avro_schema("default"),
    "lab2": avro_schema("lab2"),
    "foreign": FOREIGN,
    "odd types": record(
        *(("timestamp", "string"), ("sessionId", "boolean"), ("eventId", "bytes"), ("location", "long")),
        *(("price", "double"), ("amount", "long"), ("detectedDuplicate", "string"), ("userAgentString", "float")),
    ),
}
DECODERS = {name: AvroDecoder(RecordSchema.of(tree), DEFAULT_FIELDS) for name, tree in SCHEMAS.items()}
PARSED = {name: fastavro.parse_schema(tree) for name, tree in SCHEMAS.items()}

TEXTS = st.sampled_from(["", "pageView", "1 990 ₽", "true", "1", "17", "👗" * 20]) | st.text(max_size=9)
INTS, LONGS = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32)
RECORDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "lab2": st.fixed_dictionaries(
        {"timestamp": LONGS},
        optional={name: st.none() | TEXTS for name in ("eventType", "location", "sessionId", "price", "amount")},
    ),
    "default": st.fixed_dictionaries(
        {
            "timestamp": LONGS,
            "clientTimestamp": LONGS,
            "detectedDuplicate": st.booleans(),
            "detectedCorruption": st.booleans(),
            "firstInSession": st.booleans(),
            "remoteHost": TEXTS,
        },
        optional={
            "price": st.none() | TEXTS | st.floats(),
            "amount": st.none() | TEXTS | st.floats(),
            **{name: st.none() | TEXTS for name in ("sessionId", "eventId", "location", "itemId", "currency")},
        },
    ),
    "foreign": st.fixed_dictionaries(
        {
            "timestamp": LONGS,
            "sessionId": st.none() | LONGS | TEXTS,
            "eventId": INTS,
            "eventType": st.sampled_from(["pageView", "buy_button_click"]),
            "location": st.none() | TEXTS,
            "detectedDuplicate": st.none() | st.booleans() | st.integers(0, 2) | TEXTS,
            "detectedCorruption": INTS,
            "price": st.none() | INTS | FLOATS | st.booleans() | TEXTS | st.lists(INTS, max_size=3),
            "amount": st.binary(max_size=5),
            "currency": st.binary(min_size=3, max_size=3),
            "itemId": st.none() | TEXTS,
            "more": st.dictionaries(TEXTS, st.none() | st.floats(), max_size=2),
            "inner": st.fixed_dictionaries({"x": LONGS, "y": st.lists(TEXTS, max_size=2)}),
        }
    ),
    "odd types": st.fixed_dictionaries(
        {
            "timestamp": TEXTS,
            "sessionId": st.booleans(),
            "eventId": st.binary(max_size=4),
            "location": LONGS,
            "price": st.floats(),
            "amount": LONGS,
            "detectedDuplicate": TEXTS,
            "userAgentString": FLOATS,
        }
    ),
}


def slowly(decoder: AvroDecoder, values: Sequence[bytes]) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the rows decoded one by one, and which could not be."""
    rows, broken = [], []
    for number, value in enumerate(values):
        fields = {}
        try:
            fields = decoder.fields(value)
        except InputError:
            broken.append(number)
        rows += values_of_one(fields, DEFAULT_FIELDS).to_pylist()
    return rows, broken


def check(name: str, values: Sequence[bytes]) -> None:
    problems: dict[int, str] = {}
    table = DECODERS[name].columns(values, problems)
    rows, broken = slowly(DECODERS[name], values)

    assert repr(table.to_pylist()) == repr(rows)  # NaN is not equal to itself
    assert sorted(problems) == broken
    assert table.schema == VALUES


@st.composite
def records(draw: st.DrawFn, name: str) -> bytes:
    return encode(PARSED[name], draw(RECORDS[name]))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_batch_of_good_records_is_what_each_is_by_itself(name: str) -> None:
    @given(st.lists(records(name), min_size=1, max_size=30))
    def check_one(values: list[bytes]) -> None:
        check(name, values)
        assert not slowly(DECODERS[name], values)[1]

    check_one()


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """Return a record with some of its bytes changed, cut, doubled, or any bytes at all."""
    value = bytearray(draw(records(name)))
    match draw(st.sampled_from(["whole", "flip", "flip", "cut", "more", "any"])):
        case "flip":
            for _ in range(draw(st.integers(1, 3))):
                value[draw(st.integers(0, len(value) - 1))] = draw(st.integers(0, 255))
        case "cut":
            del value[draw(st.integers(0, len(value) - 1)) :]
        case "more":
            value += draw(st.binary(min_size=1, max_size=12))
        case "any":
            value = bytearray(draw(st.binary(max_size=40)))
    return bytes(value)


@pytest.mark.parametrize("name", SCHEMAS)
def test_damaged_records_end_the_same_way_in_a_batch_as_alone_and_harm_nobody(name: str) -> None:
    @given(st.lists(damaged(name), min_size=1, max_size=40))
    def check_one(values: list[bytes]) -> None:
        check(name, values)

    check_one()


@pytest.mark.parametrize("name", SCHEMAS)
def test_damaged_records_among_thousands_are_told_from_good_ones(name: str) -> None:
    @settings(max_examples=3)
    @given(st.lists(records(name), min_size=3, max_size=3), st.integers())
    def check_one(good: list[bytes], number: int) -> None:
        rnd = random.Random(number)
        values = []
        for _ in range(2000):
            value = bytearray(rnd.choice(good))
            if rnd.random() < 0.02:
                value[rnd.randrange(len(value))] = rnd.randrange(256)
            values.append(bytes(value))
        check(name, values)

    check_one()


def test_trailing_bytes_make_a_record_undecodable() -> None:
    good = naked({"timestamp": 5, "sessionId": "s", "eventId": "e"})
    problems: dict[int, str] = {}

    found = DECODERS["default"].columns([good, good + b"\0", good, good + good], problems).to_pylist()

    assert [row["session"] for row in found] == ["s", None, "s", None]
    length = len(good)
    assert problems == {
        1: f"no record of the schema: 1 of {length + 1} bytes are left over",
        3: f"no record of the schema: {length} of {2 * length} bytes are left over",
    }


def test_the_fast_decoder_alone_would_take_them() -> None:
    """The negative control: without the mark behind each record nothing is noticed."""
    good = naked({"timestamp": 5, "sessionId": "s"})

    found = pyruhvro.deserialize_array([good, good + b"more"], json.dumps(avro_schema("default")))

    assert found.column("sessionId").to_pylist() == ["s", "s"]


def test_no_record_can_hold_the_mark_of_another_decoder() -> None:
    tree = RecordSchema.of(avro_schema("lab2"))
    one, other = (AvroDecoder(tree, DEFAULT_FIELDS) for _ in range(2))
    forged = naked({"timestamp": 5, "sessionId": "s"}, "lab2") + one._mark

    problems: dict[int, str] = {}
    other.columns([forged], problems)

    assert list(problems) == [0]


def test_figures_keep_the_type_they_came_with() -> None:
    values = [naked({"price": price, "amount": "2"}) for price in (None, "1.990", 1.99, float("nan"))]

    found = DECODERS["default"].columns(values, {}).to_pylist()

    assert [(row["price"], row["price_kind"]) for row in found] == [
        (None, Kind.MISSING),
        ("1.990", Kind.TEXT),
        ("1.99", Kind.NUMBER),
        (None, Kind.OTHER),
    ]
    assert {(row["amount"], row["amount_kind"]) for row in found} == {("2", Kind.TEXT)}


def test_a_schema_that_only_the_slow_decoder_knows_is_decoded_by_it() -> None:
    nested = record(("timestamp", "long"), ("sessionId", "string"), ("next", ["null", "r"]))
    decoder = AvroDecoder(RecordSchema.of(nested), DEFAULT_FIELDS)
    inner = {"timestamp": 6, "sessionId": "inner", "next": None}
    value = encode(RecordSchema.of(nested).parsed, {"timestamp": 5, "sessionId": "s", "next": inner})
    problems: dict[int, str] = {}

    found = decoder.columns([value, b"\xff", value], problems).to_pylist()

    assert [(row["timestamp"], row["session"]) for row in found] == [(5, "s"), (None, None), (5, "s")]
    assert list(problems) == [1]


def test_a_problem_is_told_in_the_same_words_each_time() -> None:
    """Else a retry would take each for another problem than before."""
    for value in (b"", b"\0", b"\xff" * 30, naked({"timestamp": 1})[:-3], b"\x01\x00\x01" + b"\x07" * 60):
        told = set()
        for _ in range(3):
            problems: dict[int, str] = {}
            DECODERS["default"].columns([value], problems)
            told |= set(problems.values())
        assert len(told) == 1
        assert "0x" not in told.pop()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ('"string"', "no Avro schema of a record"),
        ('{"type": "record", "name": "r"}', "no Avro schema"),
        ('{"type": "record", "name": "r", "fields": [{"name": "x", "type": "strin"}]}', "no Avro schema"),
        ('{"type": "enum", "name": "e", "symbols": ["A"]}', "no Avro schema of a record"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_is_no_schema_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "shop.avsc"
    file.write_text(text)

    with pytest.raises(SettingsError, match=f"shop.avsc: .*{said}"):
        read_schema(file)


def test_a_schema_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"schema = .*none\.avsc: cannot be read: No such file"):
        read_schema(tmp_path / "none.avsc")
