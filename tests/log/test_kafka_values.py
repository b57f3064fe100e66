"""Values of a topic become rows: framed or naked, good or not, each in its place."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.kafka.records import encode, framed, naked
from tests.log.contract import rows

from footfall.errors import InputError, SettingsError, UnavailableError
from footfall.log import Batch
from footfall.log.avro_decode import AvroDecoder
from footfall.log.avro_schema import RecordSchema
from footfall.log.framing import Framed, Framing, Naked, only
from footfall.log.kafka_client import client_options, read_options
from footfall.log.kafka_values import Raws, fields_of, raw_of, table_of, value_of
from footfall.log.registry import Registry
from footfall.mapping import avro_schema
from footfall.model.columns import DEFAULT_FIELDS
from footfall.settings import read_kafka_address

LAB2 = avro_schema("lab2")
DEFAULT = AvroDecoder(RecordSchema.of(avro_schema("default")), DEFAULT_FIELDS)


def good(number: int) -> bytes:
    return naked({"timestamp": number, "sessionId": f"s{number}", "location": "https://shop.example/item/dress/"})


def table(values: Sequence[bytes | None], framing: Framing) -> list[dict[str, Any]]:
    count = len(values)
    found = table_of(range(100, 100 + count), [7] * count, values, framing, DEFAULT_FIELDS)
    return rows(Batch("p", 100, 100 + count, found, Raws(values, [7] * count), [""] * count))


def test_what_cannot_be_decoded_is_told_and_its_neighbours_are_counted() -> None:
    values = [good(0), None, good(2), b"", good(4), b"\x02", good(6), framed(9, good(7)), good(8), good(9) + b"!"]

    found = table(values, Naked(DEFAULT))

    assert [row["position"] for row in found] == list(range(100, 110))
    assert [row["session"] for row in found] == ["s0", None, "s2", None, "s4", None, "s6", None, "s8", None]
    assert [row["problem"] for row in found][1::2] == [
        "a tombstone: a key without a value",
        "an empty value",
        "no record of the schema: its bytes end too early",
        "framed as Confluent does (schema 9); expected naked Avro",
        f"no record of the schema: 1 of {len(good(9)) + 1} bytes are left over",
    ]
    assert {row["arrival"] for row in found} == {7}


def test_a_reader_of_frames_refuses_naked_records_and_other_schemas() -> None:
    values = [framed(5, good(0)), good(1), framed(6, good(2)), framed(5, good(3)), b"\0\0", framed(5, good(5)[:-1])]

    found = table(values, Framed(only(5, DEFAULT)))

    assert [row["session"] for row in found] == ["s0", None, None, "s3", None, None]
    told = [row["problem"] for row in found]
    assert told[1].startswith("schema ")
    assert told[2] == "schema 6; expected 5"
    assert told[4] == "no frame of Confluent's: 00 00; expected 00 and a schema's number"
    assert told[5] == "no record of the schema: its bytes end too early (schema 5)"


def test_a_batch_of_nothing_and_one_with_nothing_good_in_it() -> None:
    assert table([], Naked(DEFAULT)) == []
    assert [bool(row["problem"]) for row in table([None, b"", b"x"], Naked(DEFAULT))] == [True] * 3


def test_what_was_set_aside_is_kept_with_its_arrival() -> None:
    values: list[bytes | None] = [b"value", b"", None]
    raws = Raws(values, [5, -1, 2**60])

    assert [value_of(raw) for raw in raws] == [(b"value", 5), (b"", -1), (None, 2**60)]
    assert list(raws[1:]) == [raw_of(b"", -1), raw_of(None, 2**60)]
    assert len(raws) == 3
    with pytest.raises(InputError, match="of kind EVENT; expected one of a Kafka topic"):
        value_of(b"\1" + bytes(8) + b"GET")


def test_people_see_all_fields_or_the_reason() -> None:
    assert fields_of(good(3), Naked(DEFAULT))["sessionId"] == "s3"
    for value, said in [(None, "tombstone"), (framed(3, good(1)), r"framed as Confluent does \(schema 3\)")]:
        with pytest.raises(InputError, match=said):
            fields_of(value, Naked(DEFAULT))


# ---- a schema registry -----------------------------------------------------------------------------------------------


@contextmanager
def registry(schemas: Mapping[int, object], user: str = "") -> Iterator[tuple[str, list[str]]]:
    """Run a small server that follows the registry's public API; give its address and what it was asked for."""
    asked: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('Authorization', '')}".strip())
            number = self.path.rpartition("/")[2]
            found = schemas.get(int(number)) if self.path == f"/schemas/ids/{number}" else None
            status, body = (
                (404, {"error_code": 40403, "message": "Schema not found"}) if found is None else (200, found)
            )
            if user and self.headers.get("Authorization") != user:
                status, body = 401, {"error_code": 401, "message": "Unauthorized"}
            if body == "broken":
                status, body = 500, {"error_code": 50001, "message": "Error in the backend data store"}
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SIX_FIELDS = {"schema": json.dumps(LAB2)}


def test_each_record_is_read_by_the_schema_that_it_names() -> None:
    other = {"type": "record", "name": "o", "fields": [{"name": n, "type": "string"} for n in ("sessionId", "x")]}
    parsed = RecordSchema.of(other).parsed
    with registry({1: SIX_FIELDS, 2: {"schema": json.dumps(other)}}) as (address, asked):
        framing = Framed(Registry(address, {}, DEFAULT_FIELDS))
        values: list[bytes | None] = [
            framed(1, naked({"timestamp": 5, "sessionId": "a"}, "lab2")),
            framed(2, encode(parsed, {"sessionId": "b", "x": "y"})),
            framed(1, naked({"timestamp": 7, "sessionId": "c"}, "lab2")),
            framed(3, b"what?"),
            framed(2, encode(parsed, {"sessionId": "d", "x": "y"})),
        ]

        found = table(values, framing)
        table(values, framing)

    assert [(row["session"], row["timestamp"]) for row in found] == [
        ("a", 5),
        ("b", None),
        ("c", 7),
        (None, None),
        ("d", None),
    ]
    assert found[3]["problem"] == "schema 3: the registry has none of this number"
    assert sorted(asked) == ["/schemas/ids/1", "/schemas/ids/2", "/schemas/ids/3"]


def test_a_number_that_had_no_schema_is_asked_for_again_after_a_while() -> None:
    schemas: dict[int, object] = {}
    now = [0.0]
    with registry(schemas) as (address, asked):
        found = Registry(address, {}, DEFAULT_FIELDS, lambda: now[0])
        for _ in range(3):
            with pytest.raises(InputError, match="schema 1: the registry has none"):
                found(1)
        assert len(asked) == 1

        schemas[1] = SIX_FIELDS
        now[0] = 61.0
        assert found(1).fields(naked({"timestamp": 5}, "lab2"))["timestamp"] == 5


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"schema": "{}"}, "schema 1: no Avro schema of a record"),
        ({"schema": "{"}, "schema 1: no JSON"),
        ({"schema": json.dumps(LAB2), "schemaType": "JSON"}, "schema 1: it is of type JSON; expected AVRO"),
        ({"schema": json.dumps(LAB2), "references": [{"name": "x"}]}, "schema 1: it refers to other schemas"),
        ({"id": 1}, "schema 1: the registry's answer holds no schema"),
        ([1], "schema 1: the registry's answer holds no schema"),
    ],
)
def test_a_schema_that_cannot_be_used_sets_its_records_aside(answer: object, said: str) -> None:
    with registry({1: answer}) as (address, _), pytest.raises(InputError, match=said):
        Registry(address, {}, DEFAULT_FIELDS)(1)


def test_a_registry_that_does_not_answer_makes_counting_wait() -> None:
    """Records are not set aside for what may be right in a minute."""
    with registry({1: "broken"}) as (address, _), pytest.raises(UnavailableError, match=r"registry = .*answered 500"):
        Registry(address, {}, DEFAULT_FIELDS)(1)
    with pytest.raises(UnavailableError, match=r"registry = http://127\.0\.0\.1"):
        Registry(address, {}, DEFAULT_FIELDS)(1)


def test_the_registry_is_told_the_name_and_password_of_the_options() -> None:
    with registry({1: SIX_FIELDS}, user="Basic bWU6aHVudGVyMg==") as (address, _):
        assert Registry(address, {"basic.auth.user.info": "me:hunter2"}, DEFAULT_FIELDS)(1)
        with pytest.raises(UnavailableError, match="answered 401"):
            Registry(address, {}, DEFAULT_FIELDS)(1)


# ---- options ---------------------------------------------------------------------------------------------------------


def test_options_are_read_in_librdkafkas_words(tmp_path: Path) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text("# security\nsecurity.protocol=SASL_SSL\n\n sasl.password = a=b c \nbasic.auth.user.info=me:x\n")
    address = read_kafka_address(f"kafka://a:1,b:2/t?options={file}")

    options = client_options(address, group_id="g")

    assert options["security.protocol"] == "SASL_SSL"
    assert options["sasl.password"] == "a=b c"
    assert (options["bootstrap.servers"], options["group.id"]) == ("a:1,b:2", "g")
    assert "basic.auth.user.info" not in options
    assert read_options(read_kafka_address("kafka://a:1/t")) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sasl.password hunter2", ":1: expected KEY=VALUE"),
        ("\nisolation.level=read_uncommitted", ":2: isolation.level: is Footfall's to choose"),
        ("=hunter2", ":1: expected KEY=VALUE"),
    ],
)
def test_options_that_are_none_are_told_by_line_without_their_values(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text(text)

    with pytest.raises(SettingsError) as refused:
        client_options(read_kafka_address(f"kafka://a:1/t?options={file}"))

    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)
