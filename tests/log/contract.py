"""What every event log keeps, as checks that run on each of them and that a faulty log must fail."""

import random
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import pytest
from tests.mapping.requests import ARRIVAL, event, imported, posted, raw_event

from footfall.errors import UnavailableError
from footfall.log import Batch, EventLog, Limits, Span
from footfall.model.frames import FrameKind, pack, pack_line

PARTITION: Final = "live"
MUCH: Final = Limits(events=1_000_000, bytes=1_000_000_000)

BROKEN: Final = pack(FrameKind.BROKEN, ARRIVAL, pack_line("shop.csv:12", b"{", "no JSON object"))
UNKNOWN: Final = b"\x63" + bytes(8)
"""Of a kind that there is not, arrived in 1970."""

UNDECODABLE: Final = [raw_event("/csc-event?p=me"), b"\x63nonsense", UNKNOWN, posted(b"[1]"), BROKEN]


class Bench(Protocol):
    """A log, and hands to write into it."""

    undecodable: Sequence[bytes]
    """Records that cannot be decoded, each in another way."""

    @property
    def log(self) -> EventLog:
        """Return the log, with all that was written."""
        ...

    @property
    def partition(self) -> str:
        """Return the partition that is written if no other is named."""
        ...

    @property
    def other(self) -> str:
        """Return a partition that is not there before it is written."""
        ...

    def numbered(self, number: int) -> bytes:
        """Return a good record that tells which it is."""
        ...

    def sized(self, size: int) -> bytes:
        """Return a good record of about so many bytes."""
        ...

    def raw(self, record: bytes) -> bytes:
        """Return a record as the log gives it out."""
        ...

    def append(self, records: Sequence[bytes], other: bool = False) -> int:
        """Put records behind the last; return the first one's position."""
        ...

    def lose(self, first: int, end: int) -> None:
        """Make a gap of the positions `first <= p < end`, which were appended together."""
        ...

    def forget(self, below: int) -> None:
        """Delete the records below a position, which began an append."""
        ...


def numbered(number: int) -> bytes:
    """Return a good record of a journal that tells which it is."""
    return event({"e": f"0:e{number}"})


class Frames:
    """The records of benches whose log holds what a journal does."""

    undecodable: Sequence[bytes] = UNDECODABLE
    partition, other = PARTITION, "import"

    def numbered(self, number: int) -> bytes:
        return numbered(number)

    def sized(self, size: int) -> bytes:
        return imported({"location": "x" * size})

    def raw(self, record: bytes) -> bytes:
        return record


def rows(batch: Batch) -> list[dict[str, Any]]:
    """Return a batch's rows as dictionaries."""
    columns = {name: batch.events.column(name).to_pylist() for name in batch.events.column_names}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def positions(batch: Batch) -> list[int]:
    """Return the positions of a batch's rows."""
    return [row["position"] for row in rows(batch)]


def in_cuts(
    log: EventLog, sizes: Callable[[], Limits], partition: str = PARTITION
) -> list[tuple[dict[str, Any], bytes, str]]:
    """Read a whole partition in cuts of any size."""
    found: list[tuple[dict[str, Any], bytes, str]] = []
    start = 0
    while True:
        batch = log.read(partition, start, sizes())
        assert (batch.partition, batch.start) == (partition, start)
        found += zip(rows(batch), batch.raws, batch.origins, strict=True)
        if batch.next == start:
            return found
        assert batch.next > start
        start = batch.next


def check_positions_name_the_same_records_in_any_cut(bench: Bench) -> None:
    rnd = random.Random(7)
    for first in range(0, 60, 12):
        bench.append([bench.numbered(number) for number in range(first, first + 12)])
    bench.lose(24, 36)
    whole = in_cuts(bench.log, lambda: MUCH, bench.partition)

    assert [(row["position"], row["event"]) for row, _, _ in whole] == [
        (number, f"0:e{number}") for number in range(60) if not 24 <= number < 36
    ]
    for _ in range(10):
        assert in_cuts(bench.log, lambda: Limits(rnd.randint(1, 9), rnd.randint(1, 5000)), bench.partition) == whole


def check_reading_goes_on_behind_what_was_looked_at(bench: Bench) -> None:
    for first in range(0, 9, 3):
        bench.append([bench.numbered(number) for number in range(first, first + 3)])
    bench.lose(3, 6)

    before = bench.log.read(bench.partition, 0, Limits(events=3))
    across = bench.log.read(bench.partition, before.next, Limits(events=1))

    assert (positions(before), before.next) == ([0, 1, 2], 3)
    assert (positions(across), across.next) == ([6], 7)
    assert positions(bench.log.read(bench.partition, 4, MUCH)) == [6, 7, 8]


def check_nothing_new_is_said_by_next(bench: Bench) -> None:
    bench.append([bench.numbered(0), bench.numbered(1)])

    for start in (2, 7):
        batch = bench.log.read(bench.partition, start, MUCH)
        assert (batch.next, positions(batch), list(batch.raws)) == (start, [], [])
    assert bench.append([bench.numbered(2)]) == 2
    assert positions(bench.log.read(bench.partition, 2, MUCH)) == [2]


def check_limits_hold_but_one_record_is_always_read(bench: Bench) -> None:
    sizes = [100, 100, 100, 5000, 100]
    raws = [bench.sized(size) for size in sizes]
    bench.append(raws)
    two = len(raws[0]) + len(raws[1])

    def read(start: int, limits: Limits) -> list[int]:
        return positions(bench.log.read(bench.partition, start, limits))

    assert read(0, Limits(events=2, bytes=10**9)) == [0, 1]
    assert read(0, Limits(events=10, bytes=two)) == [0, 1]
    assert read(0, Limits(events=10, bytes=two - 1)) == [0]
    assert read(3, Limits(events=10, bytes=1)) == [3]
    assert read(2, Limits(events=10, bytes=1000)) == [2]


def check_undecodable_records_are_there_and_harm_nobody(bench: Bench) -> None:
    good = [bench.numbered(number) for number in range(len(bench.undecodable) + 1)]
    bench.append([good[0], *(raw for pair in zip(bench.undecodable, good[1:], strict=True) for raw in pair)])

    found = rows(bench.log.read(bench.partition, 0, MUCH))

    assert [row["position"] for row in found] == list(range(len(found)))
    assert [row["event"] for row in found[::2]] == [f"0:e{number}" for number in range(len(good))]
    assert all(row["problem"] is None and row["timestamp"] == ARRIVAL for row in found[::2])
    for row in found[1::2]:
        assert row["problem"]
        told = {name: value for name, value in row.items() if name not in ("position", "arrival", "problem")}
        assert set(told.values()) == {None, False}


def check_a_record_comes_with_its_raw_form_and_arrival(bench: Bench) -> None:
    records = [bench.numbered(0), bench.undecodable[0], bench.numbered(2)]
    bench.append(records)

    batch = bench.log.read(bench.partition, 0, MUCH)

    assert list(batch.raws) == [bench.raw(record) for record in records]
    assert [row["arrival"] for row in rows(batch)] == [ARRIVAL] * 3
    assert batch.lost is None


def check_what_was_set_aside_is_decoded_again_and_moves_nothing(bench: Bench) -> None:
    bench.append([bench.numbered(0), *bench.undecodable, bench.numbered(1)])
    batch = bench.log.read(bench.partition, 0, MUCH)
    kept = [(position, batch.raws[position]) for position in (6, 1, 5)]
    bench.append([bench.numbered(number) for number in range(7, 14)])
    bench.forget(7)

    again = bench.log.again(bench.partition, kept)

    assert rows(again) == [rows(batch)[position] for position, _ in kept]
    assert again.next == again.start
    assert list(again.origins) == [batch.origins[position] for position, _ in kept]
    assert rows(bench.log.again(bench.partition, [])) == []


def check_people_see_all_fields(bench: Bench) -> None:
    bench.append([bench.numbered(0), bench.undecodable[0], bench.numbered(2)])

    found = list(bench.log.records(bench.partition, 1))

    assert [record.position for record in found] == [1, 2]
    assert (found[0].fields, bool(found[0].problem)) == (None, True)
    assert found[0].raw == bench.raw(bench.undecodable[0])
    assert found[1].fields is not None
    assert (found[1].fields["eventId"], found[1].fields["partyId"]) == ("0:e2", "0:i1t84hgy:party")
    assert list(bench.log.records(bench.partition, 3)) == []


def check_new_partitions_are_noticed(bench: Bench) -> None:
    bench.append([bench.numbered(0)])
    assert bench.log.partitions() == [bench.partition]

    bench.append([bench.numbered(1), bench.numbered(2)], other=True)

    assert bench.log.partitions() == sorted([bench.partition, bench.other])
    assert bench.log.span(bench.other) == Span(0, 2)
    assert [row["event"] for row in rows(bench.log.read(bench.other, 0, MUCH))] == ["0:e1", "0:e2"]
    for ask in (
        bench.log.span,
        lambda name: bench.log.read(name, 0, MUCH),
        lambda name: list(bench.log.records(name, 0)),
    ):
        with pytest.raises(UnavailableError):
            ask("elsewhere")


def check_positions_are_not_used_again(bench: Bench) -> None:
    bench.append([bench.numbered(0), bench.numbered(1)])
    bench.append([bench.numbered(2)])
    assert bench.log.span(bench.partition) == Span(0, 3)

    bench.forget(2)
    assert bench.log.span(bench.partition) == Span(2, 3)
    assert positions(bench.log.read(bench.partition, 0, MUCH)) == [2]

    bench.forget(3)
    assert bench.log.span(bench.partition) == Span(3, 3)
    assert positions(bench.log.read(bench.partition, 0, MUCH)) == []
    assert bench.append([bench.numbered(3)]) == 3
    assert bench.log.span(bench.partition) == Span(3, 4)


def check_reading_changes_nothing(bench: Bench) -> None:
    bench.append([bench.numbered(number) for number in range(5)])

    first = bench.log.read(bench.partition, 1, Limits(events=3))
    bench.log.read(bench.partition, 0, MUCH)
    second = bench.log.read(bench.partition, 1, Limits(events=3))

    assert (rows(first), first.next) == (rows(second), second.next)


CHECKS: Final = [value for name, value in list(globals().items()) if name.startswith("check_")]


# ---- where the log holds what a journal does -------------------------------------------------------------------------


def check_a_record_of_a_file_comes_with_its_origin(bench: Bench) -> None:
    raws = [numbered(0), imported({"sessionId": "s"}, "shop.jsonl:7"), BROKEN, posted({"sessionId": "s"}), UNKNOWN]
    bench.append(raws)

    batch = bench.log.read(bench.partition, 0, MUCH)

    assert list(batch.raws) == raws
    assert list(batch.origins) == ["", "shop.jsonl:7", "shop.csv:12", "", ""]
    assert [row["arrival"] for row in rows(batch)] == [ARRIVAL] * 4 + [0]
    assert rows(batch)[2]["problem"] == "no JSON object"


def check_people_see_the_fields_that_a_file_has(bench: Bench) -> None:
    bench.append([imported({"colour": "red"}, "shop.jsonl:7")])

    (found,) = bench.log.records(bench.partition, 0)

    assert (found.fields, found.problem, found.origin) == ({"colour": "red"}, None, "shop.jsonl:7")


OF_FRAMES: Final = [check_a_record_of_a_file_comes_with_its_origin, check_people_see_the_fields_that_a_file_has]
