"""The Avro schemas: valid, and wide enough for every record that is mapped."""

import io

import fastavro
import pytest
from tests.mapping.requests import event, posted

from footfall.mapping import SchemaName, avro_schema, builtin

RAWS = [
    event(),
    event(dict.fromkeys("lrijkwht"), (b"accept", b"*/*")),
    event({"u": "(jprice!1990.5!damount!2!)"}),
    event({"u": "(sprice!1 990 ₽!samount!2!sitem!dress!)"}),
    posted({"eventType": "x", "price": 5, "sessionId": 5, "viewportPixelWidth": "wide"}),
]


@pytest.mark.parametrize("name", ["default", "lab2"])
@pytest.mark.parametrize("raw", RAWS)
def test_a_record_fits_its_schema(name: SchemaName, raw: bytes) -> None:
    schema = fastavro.parse_schema(avro_schema(name))
    record = builtin(name).map(raw)
    file = io.BytesIO()

    fastavro.schemaless_writer(file, schema, record, strict=True)

    file.seek(0)
    assert fastavro.schemaless_reader(file, schema, None) == record


def test_the_default_record_is_divoltes_with_five_fields_more() -> None:
    names = builtin("default").fields

    assert len(names) == 31
    assert names[-5:] == ("eventId", "price", "amount", "currency", "itemId")


def test_the_schema_handed_out_is_the_callers_own() -> None:
    avro_schema("lab2")["fields"] = []

    assert avro_schema("lab2")["fields"] != []
