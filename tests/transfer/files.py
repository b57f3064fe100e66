"""Files of events in every kind that can be imported, and what is in the log after an import."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import fastavro
import pyarrow  # type: ignore[import-untyped]
import pyarrow.parquet  # type: ignore[import-untyped]

from footfall.journal import Frame, JournalReader, unpack, unpack_line
from footfall.log import EventLog, JournalLog, Limits
from footfall.mapping import builtin
from footfall.model.columns import DEFAULT_FIELDS

Event = dict[str, Any]

BEGIN = 1_790_000_000_000
"""2026-09-21, ms."""

AVRO: dict[str, Any] = {
    "type": "record",
    "name": "lab2_event",
    "fields": [
        {"name": "timestamp", "type": "long"},
        {"name": "eventType", "type": ["null", "string"]},
        {"name": "location", "type": ["null", "string"]},
        {"name": "sessionId", "type": ["null", "string"]},
        {"name": "price", "type": ["null", "string"]},
        {"name": "amount", "type": ["null", "string"]},
    ],
}


def event(number: int = 0, **fields: object) -> Event:
    """An event of six fields, one each second."""
    base: Event = {
        "timestamp": BEGIN + number * 1000,
        "eventType": "pageView",
        "location": f"https://shop.example/item/hat-{number}/",
        "sessionId": f"s{number // 5}",
        "price": None,
        "amount": None,
    }
    return base | fields


def jsonl(events: Sequence[Event]) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in events)


def csv_text(events: Sequence[Event], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, list(event()), delimiter=delimiter)
    rows.writeheader()
    rows.writerows(events)
    return text.getvalue().encode()


def avro(events: Sequence[Event], codec: str = "null", schema: dict[str, Any] = AVRO, block: int = 1000) -> bytes:
    file = io.BytesIO()
    fastavro.writer(file, schema, events, codec=codec, sync_interval=block)
    return file.getvalue()


def parquet(events: Sequence[Event]) -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(events)), file, row_group_size=7)
    return file.getvalue()


KINDS: dict[str, Callable[[Sequence[Event]], bytes]] = {
    "jsonl": jsonl,
    "csv": csv_text,
    "avro": avro,
    "parquet": parquet,
}


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def frames(folder: Path, partition: str = "import") -> list[Frame]:
    """Return what is in the journal, in order."""
    with closing(JournalReader(folder / f"{partition}.db")) as journal:
        found, following = journal.read(0, 10**9, 10**12)
        assert following == journal.span()[1]
    return [unpack(raw) for _, raw in found]


def lines(folder: Path, partition: str = "import") -> list[tuple[str, bytes, str]]:
    """Return origin, body and problem of what is in the journal."""
    return [unpack_line(frame.payload) for frame in frames(folder, partition)]


def records(folder: Path, partition: str = "import") -> list[Event]:
    """Return the fields of what is in the journal; a broken line as its problem."""
    return [json.loads(body) if not problem else {"problem": problem} for _, body, problem in lines(folder, partition)]


def log_of(folder: Path) -> JournalLog:
    return JournalLog(folder, builtin("default"), DEFAULT_FIELDS)


def counted(log: EventLog, partition: str) -> list[dict[str, Any]]:
    """Return the canonical columns of a partition, all that counting sees, but for the positions."""
    events = log.read(partition, 0, Limits(10**9, 10**12)).events
    return [
        {name: value for name, value in row.items() if name != "position"}
        for row in events.to_struct_array().to_pylist()
    ]
