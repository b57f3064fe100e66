"""Events out and in again: what counting sees is the same, whatever the format and the values."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.transfer.files import BEGIN, Event, counted, event, jsonl, log_of

from footfall.log import EventLog
from footfall.model.values import Kind
from footfall.transfer import EventsReport, Format, export_events, import_files

FORMATS: tuple[Format, ...] = ("csv", "jsonl", "parquet")


def imported(folder: Path, name: str, data: bytes) -> EventLog:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    import_files([str(path)], folder=folder / "journal", progress=lambda _: None, again=True)
    return log_of(folder / "journal")


def exported(
    log: EventLog, format: Format, since: int | None = None, until: int | None = None
) -> tuple[bytes, EventsReport]:
    out = io.BytesIO()
    report = export_events(log, format, out, since=since, until=until)
    return out.getvalue(), report


ODD: list[Event] = [
    event(0, price="1.990"),
    event(1, price=1.99, amount=2),
    event(2, price=10**30, amount=2.0),
    event(3, price="=1+1", amount="+2"),
    event(4, price="", amount=" "),
    event(5, eventId=12, partyId="", sessionId="s,\n\"'"),
    event(6, detectedDuplicate="true", detectedCorruption=1),
    event(7, price=["a"], currency={"b": None}, extra="kept"),
    event(8, location="https://магазин.example/item/шапка 🎩/#/x"),
    {"timestamp": str(BEGIN), "sessionId": "x"},
    {"eventType": "pageView"},
]


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_imported_again_is_the_same_for_counting(tmp_path: Path, format: Format) -> None:
    log = imported(tmp_path / "one", "x.jsonl", jsonl(ODD))
    data, report = exported(log, format)

    other = imported(tmp_path / "two", f"x.{format}", data)

    assert report == EventsReport(rows=len(ODD), undecodable=0)
    assert _seen(other) == _seen(log)


def _seen(log: EventLog) -> list[dict[str, Any]]:
    """Return what counting sees. An empty text is a missing value by every rule of counting.md; a table has both."""
    rows = counted(log, "import")
    for row in rows:
        for name in ("price", "amount"):
            if row[name] == "":
                row[f"{name}_kind"] = Kind.MISSING
        row.update({name: None for name, value in row.items() if value == ""})
    return rows


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["1 990 ₽", "1.990", "=1", "\ttab", "\r", "a\r\nb", "null", "true", "1"]),
)
_NAMES = ("eventType", "location", "sessionId", "partyId", "eventId", "detectedDuplicate", "detectedCorruption",
          "price", "amount", "currency", "itemId", "userAgentString", "own")  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.dictionaries(st.sampled_from(_NAMES), _VALUES), min_size=1, max_size=8))
def test_any_values_survive(tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> None:
    folder = tmp_path_factory.mktemp("any")
    log = imported(folder / "one", "x.jsonl", jsonl([{"timestamp": BEGIN} | one for one in events]))

    for format in FORMATS:
        data, _ = exported(log, format)
        other = imported(folder / format, f"x.{format}", data)

        assert _seen(other) == _seen(log)


def test_only_events_of_the_period_are_exported(tmp_path: Path) -> None:
    log = imported(tmp_path, "x.jsonl", jsonl([event(n) for n in range(5)]))

    data, report = exported(log, "jsonl", since=BEGIN + 1000, until=BEGIN + 3000)

    assert [json.loads(line)["timestamp"] for line in data.splitlines()] == [BEGIN + 1000, BEGIN + 2000]
    assert report.rows == 2


def test_what_could_not_be_decoded_is_counted_and_left_out(tmp_path: Path) -> None:
    log = imported(tmp_path, "x.jsonl", jsonl([event(0)]) + b"oops\n")

    _, report = exported(log, "csv")

    assert report == EventsReport(rows=1, undecodable=1)
