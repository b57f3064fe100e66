"""What retention deletes, and what it leaves."""

import threading
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from footfall.errors import UnavailableError
from footfall.job import keep_up, upkeep
from footfall.journal import FrameKind, Journal, JournalReader, pack, pack_line
from footfall.model.steps import Position, Reason, SetAside, Step, Tally
from footfall.settings import JournalSettings
from footfall.store import MemoryStore

DAY = 86_400_000
NOW = 1_790_000_000_000


def write(folder: Path, partition: str, *arrivals: int) -> None:
    journal = Journal(folder / f"{partition}.db")
    for arrival in arrivals:
        journal.append([pack(FrameKind.IMPORTED, arrival, pack_line("x:1", b"{}"))])
    journal.close()


def counted(partition: str, events: int) -> MemoryStore:
    store = MemoryStore()
    store.commit(Step(Position(partition), events, NOW, Tally(read=events, counted=events)))
    return store


def span(folder: Path, partition: str) -> tuple[int, int]:
    reader = JournalReader(folder / f"{partition}.db")
    try:
        return reader.span()
    finally:
        reader.close()


def test_only_what_is_counted_and_old_goes(tmp_path: Path) -> None:
    write(tmp_path, "import", NOW - 9 * DAY, NOW - 8 * DAY, NOW - 7 * DAY - 1, NOW)

    upkeep(counted("import", 2), tmp_path, "live", JournalSettings(), NOW)

    assert span(tmp_path, "import") == (2, 4)


@pytest.mark.parametrize("worker", ["live", "live-2"])
def test_the_journals_of_the_collector_are_left_to_it(tmp_path: Path, worker: str) -> None:
    write(tmp_path, worker, NOW - 9 * DAY)

    upkeep(counted(worker, 1), tmp_path, "live", JournalSettings(), NOW)

    assert span(tmp_path, worker) == (0, 1)


def test_a_journal_that_is_written_just_now_is_left_for_later(tmp_path: Path) -> None:
    write(tmp_path, "import", NOW - 9 * DAY)
    writer = Journal(tmp_path / "import.db")

    upkeep(counted("import", 1), tmp_path, "live", JournalSettings(), NOW)

    assert span(tmp_path, "import") == (0, 1)
    writer.close()


def test_a_broken_journal_keeps_the_others_from_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database" * 1000)
    write(tmp_path, "import", NOW - 9 * DAY, NOW)

    with capture_logs() as lines:
        upkeep(counted("import", 2), tmp_path, "live", JournalSettings(), NOW)

    assert [line["event"] for line in lines] == ["old records are kept for now"]
    assert span(tmp_path, "import") == (1, 2)


def test_old_raw_forms_of_set_aside_events_are_dropped_and_the_events_stay(tmp_path: Path) -> None:
    store = MemoryStore()
    kept = [SetAside("import", n, NOW - days * DAY, Reason.NO_SESSION, "", b"raw") for n, days in enumerate((91, 89))]
    reasons = {Reason.NO_SESSION: 2}
    store.commit(Step(Position("import"), 2, NOW, Tally(read=2, set_aside=2), reasons=reasons, set_aside=kept))

    upkeep(store, tmp_path, "live", JournalSettings(), NOW)

    assert [event.raw for event in store.set_aside()] == [b"", b"raw"]


def test_upkeep_that_fails_is_told_and_ends_when_asked() -> None:
    stop = threading.Event()

    def fail() -> None:
        raise UnavailableError("store.db: cannot be read")

    with capture_logs() as lines:
        thread = threading.Thread(target=keep_up, args=(fail, stop))
        thread.start()
        while not lines:
            time.sleep(0.01)
        stop.set()
        thread.join(10)

    assert (lines[0]["event"], lines[0]["problem"]) == ("upkeep waits", "store.db: cannot be read")
