"""The proof of the ledger finds every kind of damage, and nothing where there is none."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from tests.job.counting import count
from tests.job.logs import DAY, MINUTE, T0, Log, click, log_of, view

from footfall.job import verify
from footfall.model.steps import Fact, Position, Reason, SetAside, Step, Tally
from footfall.store import LedgerEntry, MemoryStore, Sums, open_store

LOG = Log(
    [
        *log_of(view(0), click(1, price="нет"), None, view(2, item=""), click(3, price=5, amount=2), view(DAY)).entries,
        *log_of(view(0), view(MINUTE), click(2, price="1 990 €"), partition="import").entries,
    ]
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the file of a store with five steps of two partitions."""
    path = tmp_path / "store.db"
    with closing(open_store(path)) as store:
        assert len(count(LOG, [2], store)) == 5
    return path


def damaged(path: Path, statement: str) -> list[str]:
    """Return what is found after a statement was run on the file."""
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute(statement).rowcount >= 1
    with closing(open_store(path)) as store:
        return verify(store)


def test_nothing_is_found_where_nothing_is_wrong(path: Path) -> None:
    assert damaged(path, "UPDATE ledger SET took = took + 1") == []
    assert verify(MemoryStore()) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM ledger WHERE step = 2", "step 4 of live: begins at 2; expected 0, where the one before ended|"),
        ("DELETE FROM ledger WHERE step = 5", "live: next is 4 by the ledger, but 6 by the position|"),
        ("DELETE FROM ledger WHERE step = 3", "import: next is 2 by the ledger, but 3 by the position|"),
        ("DELETE FROM ledger WHERE partition = 'import'", "import: next is 0 by the ledger, but 3 by the position|"),
        (
            "INSERT INTO ledger SELECT 9, partition, first, next, read, counted, ignored, duplicate, corrupt, bot, "
            "set_aside, reasons, rules, started, took, resolves, lost FROM ledger WHERE step = 5",
            "step 9 of live: begins at 4; expected 6, where the one before ended|",
        ),
        (
            "UPDATE ledger SET read = read + 1 WHERE step = 2",
            "step 2 of live: read 3 is not the sum of the others; Tally(read=3, counted=1, ignored=0, duplicate=0, "
            "corrupt=0, bot=0, set_aside=1)|",
        ),
        (
            "UPDATE ledger SET read = read + 1, counted = counted + 1 WHERE step = 2",
            "step 2 of live: read 3 events of 2 positions|",
        ),
        (
            "UPDATE ledger SET counted = counted - 1, bot = bot + 1 WHERE step = 2",
            "counted: 5 by the ledger, but 6 by the tally|",
        ),
        (
            "UPDATE ledger SET set_aside = set_aside - 1, bot = bot + 1 WHERE step = 2",
            "step 2 of live: 0 ignored and 0 set aside, but reasons for 1|",
        ),
        (
            "UPDATE ledger SET reasons = '{}' WHERE step = 4",
            "step 4 of live: 1 ignored and 1 set aside, but reasons for 0",
        ),
        ("UPDATE ledger SET next = next - 1 WHERE step = 4", "step 4 of live: read 2 events of 1 positions|"),
        ("UPDATE ledger SET next = first - 1 WHERE step = 5", "step 5 of live: goes back to 3|"),
        (
            "UPDATE ledger SET next = first WHERE step = 5",
            "step 5 of live: a retry that read 2, resolved 0, left 0|",
        ),
        (
            "UPDATE ledger SET resolves = '[7]', next = first WHERE step = 5",
            "step 5 of live: a retry that read 2, resolved 1, left 0|",
        ),
        (
            "UPDATE positions SET next = next + 1 WHERE partition = 'live'",
            "live: next is 6 by the ledger, but 7 by the position",
        ),
        (
            "UPDATE positions SET steps = 9 WHERE partition = 'live'",
            "live: steps is 3 by the ledger, but 9 by the position",
        ),
        ("DELETE FROM positions WHERE partition = 'import'", "import: next is 3 by the ledger, but 0 by the position|"),
        ("UPDATE positions SET bot = 1 WHERE partition = 'live'", "bot: 0 by the ledger, but 1 by the tally"),
        ("DELETE FROM set_aside WHERE position = 1", "set aside: 2 should wait by the ledger, but 1 do"),
        (
            "INSERT INTO set_aside SELECT partition, 9, arrival, reason, detail, raw, origin FROM set_aside LIMIT 1",
            "set aside: 2 should wait by the ledger, but 3 do",
        ),
        (
            "UPDATE minute_facts SET views = views + 1 WHERE start = 1790000040",
            "counted: 6 by the ledger, but 7 views and clicks in the facts|",
        ),
        ("DELETE FROM minute_facts WHERE clicks > 0", "counted: 6 by the ledger, but 2 views and clicks in the facts|"),
        ("UPDATE minute_facts SET quantity = quantity + 1 WHERE clicks > 0", "quantity: 3 by hour, but 4 by minute|"),
        ("UPDATE hour_facts SET views = views + 1 WHERE clicks > 0", "views: 5 by hour, but 4 by minute"),
        ("UPDATE day_facts SET depth_sum = depth_sum - 1 WHERE clicks > 0", "depth_sum: 4 by day, but 5 by minute"),
        ("DELETE FROM day_facts WHERE clicks > 0", "views: 1 by day, but 4 by minute|"),
        ("UPDATE hour_values SET low = low + 1", "low: 20000002 by hour, but 20000000 by minute"),
        ("UPDATE day_values SET high = 1 WHERE currency = 'EUR'", "high: 1 by day, but 0 by minute"),
        ("DELETE FROM minute_values WHERE currency = 'EUR'", "low: 20000000 by hour, but 100000 by minute|"),
    ],
)
def test_each_kind_of_damage_is_found(path: Path, statement: str, found: str) -> None:
    """A `|` at the end: more is found besides."""
    problems = damaged(path, statement)

    if found.endswith("|"):
        assert found[:-1] in problems
    else:
        assert problems == [found]


class Busy(MemoryStore):
    """A store in which another process counts whenever something is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def go_on(self, what: str) -> None:
        """Count a view and set an event aside."""
        self.asked.add(what)
        before = self.position("live")
        aside = SetAside("live", before.next, T0, Reason.NO_SESSION, "", b"raw")
        tally, reasons = Tally(read=2, counted=1, set_aside=1), {Reason.NO_SESSION: 1}
        facts = [Fact("", "dress", T0, 1, 1, 0, 0)]
        self.commit(Step(before, before.next + 2, T0, tally, reasons, facts, set_aside=[aside]))

    def waiting(self) -> int:
        self.go_on("waiting")
        return super().waiting()

    def tally(self, partition: str | None = None) -> Tally:
        self.go_on("tally")
        return super().tally(partition)

    def sums(self) -> Mapping[str, Sums]:
        self.go_on("sums")
        return super().sums()

    def positions(self) -> Sequence[Position]:
        self.go_on("positions")
        return super().positions()

    def ledger(self, partition: str | None = None, last: int | None = None) -> Iterator[LedgerEntry]:
        self.go_on("ledger")
        return super().ledger(partition, last)


def test_counting_may_go_on_meanwhile() -> None:
    store = Busy()

    assert verify(store) == []
    assert store.asked == {"waiting", "tally", "sums", "positions", "ledger"}


class BusyAtTheEnd(Busy):
    """Counts only once all else was asked: nothing but the order of asking tells it."""

    def go_on(self, what: str) -> None:
        if what == "waiting" and "ledger" in self.asked:
            super().go_on(what)
        self.asked.add(what)


def test_a_step_between_two_questions_is_no_damage() -> None:
    assert verify(BusyAtTheEnd()) == []
