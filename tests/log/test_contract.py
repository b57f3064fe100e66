"""Every event log keeps the contract, and a log that does not is found out."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.kafka.bench import KafkaBench
from tests.log import contract
from tests.log.contract import PARTITION, Bench

from footfall.journal import Journal
from footfall.log import Batch, EventLog, JournalLog, Limits, MemoryLog
from footfall.log.columns import batch_of
from footfall.log.decode import decode
from footfall.mapping import builtin
from footfall.model.columns import DEFAULT_FIELDS

MAPPING = builtin("default")


class MemoryBench(contract.Frames):
    def __init__(self, log: MemoryLog) -> None:
        self.memory = log
        self.log: EventLog = log

    def append(self, records: Sequence[bytes], other: bool = False) -> int:
        return self.memory.append(self.other if other else self.partition, records)

    def lose(self, first: int, end: int) -> None:
        kept = [(row["position"], raw) for row, raw, _ in contract.in_cuts(self.log, lambda: contract.MUCH)]
        self.memory._partitions.clear()
        for position, raw in kept:
            if not first <= position < end:
                self.memory.append(PARTITION, [raw], at=position)

    def forget(self, below: int) -> None:
        self.memory.forget(PARTITION, below)


class JournalBench(contract.Frames):
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log: EventLog = JournalLog(folder, MAPPING, DEFAULT_FIELDS)
        self.journals: dict[str, Journal] = {}

    def append(self, records: Sequence[bytes], other: bool = False) -> int:
        partition = self.other if other else self.partition
        if partition not in self.journals:
            self.journals[partition] = Journal(self.folder / f"{partition}.db")
        return self.journals[partition].append(records)

    def lose(self, first: int, end: int) -> None:
        with sqlite3.connect(self.folder / f"{PARTITION}.db") as db:
            assert db.execute("DELETE FROM groups WHERE first = ? AND n = ?", (first, end - first)).rowcount == 1
        db.close()

    def forget(self, below: int) -> None:
        self.journals[PARTITION].retain(below, before=2**62)

    def close(self) -> None:
        assert isinstance(self.log, JournalLog)
        self.log.close()
        for journal in self.journals.values():
            journal.close()


@pytest.fixture(params=["memory", "journal", "kafka"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "memory":
        yield MemoryBench(MemoryLog(MAPPING, DEFAULT_FIELDS))
        return
    if request.param == "journal":
        made: JournalBench | KafkaBench = JournalBench(tmp_path)
    else:
        made = KafkaBench(request.getfixturevalue("broker").address)
    yield made
    made.close()


def name_of(check: Callable[[Bench], None]) -> str:
    return check.__name__.removeprefix("check_")


@pytest.mark.parametrize("check", contract.CHECKS, ids=name_of)
def test_every_log_keeps_the_contract(check: Callable[[Bench], None], bench: Bench) -> None:
    check(bench)


@pytest.mark.parametrize("bench", ["memory", "journal"], indirect=True)
@pytest.mark.parametrize("check", contract.OF_FRAMES, ids=name_of)
def test_a_log_of_journals_tells_of_files(check: Callable[[Bench], None], bench: Bench) -> None:
    check(bench)


class Guessing(MemoryLog):
    """Takes the n-th record for position n."""

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        batch = super().read(partition, start, limits)
        guessed = [decode(MAPPING, start + index, raw) for index, raw in enumerate(batch.raws)]
        return batch_of(partition, start, start + len(guessed), guessed, DEFAULT_FIELDS)


class Skipping(MemoryLog):
    """Leaves out what it cannot decode."""

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        batch = super().read(partition, start, limits)
        records = [
            decode(MAPPING, row["position"], raw) for row, raw in zip(contract.rows(batch), batch.raws, strict=True)
        ]
        return batch_of(partition, start, batch.next, [r for r in records if not r.problem], DEFAULT_FIELDS)


class Hasty(MemoryLog):
    """Goes on behind the last record there is, not behind the last one read."""

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        return replace(super().read(partition, start, limits), next=max(start, self.span(partition).end))


class Stuck(MemoryLog):
    """Reads nothing where the next record is larger than the limit."""

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        batch = super().read(partition, start, limits)
        return batch if sum(map(len, batch.raws)) <= limits.bytes else super().read(partition, 2**40, limits)


class Moving(MemoryLog):
    """Lets a retry move the position."""

    def again(self, partition: str, kept: Sequence[tuple[int, bytes]]) -> Batch:
        batch = super().again(partition, kept)
        return replace(batch, next=batch.start + len(kept))


class Remembering(MemoryLog):
    """Keeps who read what, and gives nobody the same twice."""

    seen = 0

    def read(self, partition: str, start: int, limits: Limits) -> Batch:
        batch = super().read(partition, max(start, self.seen), limits)
        self.seen = batch.next
        return replace(batch, start=start)


@pytest.mark.parametrize(
    ("faulty", "check"),
    [
        (Guessing, contract.check_positions_name_the_same_records_in_any_cut),
        (Guessing, contract.check_reading_goes_on_behind_what_was_looked_at),
        (Skipping, contract.check_undecodable_records_are_there_and_harm_nobody),
        (Hasty, contract.check_positions_name_the_same_records_in_any_cut),
        (Stuck, contract.check_limits_hold_but_one_record_is_always_read),
        (Moving, contract.check_what_was_set_aside_is_decoded_again_and_moves_nothing),
        (Remembering, contract.check_reading_changes_nothing),
    ],
)
def test_a_faulty_log_is_found_out(faulty: type[MemoryLog], check: Callable[[Bench], None]) -> None:
    with pytest.raises(AssertionError):
        check(MemoryBench(faulty(MAPPING, DEFAULT_FIELDS)))


def test_a_position_that_is_taken_cannot_be_given_again() -> None:
    log = MemoryLog(MAPPING, DEFAULT_FIELDS)
    log.append("live", [b"", b""])

    with pytest.raises(ValueError, match="position 1 of 'live' is taken; expected 2 or more"):
        log.append("live", [b""], at=1)
