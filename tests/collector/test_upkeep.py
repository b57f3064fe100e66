"""What the journal needs while events come in: nothing is deleted that is not counted."""

import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.collector.running import collecting, journal_path
from tests.collector.talking import ask, event

from footfall.collector.upkeep import Upkeep
from footfall.errors import UnavailableError
from footfall.journal import FrameKind, Journal, JournalReader, pack


def test_the_write_ahead_log_is_moved_while_it_runs(tmp_path: Path) -> None:
    with collecting(tmp_path) as running:
        for number in range(50):
            ask(running.port, event(f"{number}-" + "x" * 5000))
        path, deadline = journal_path(tmp_path), time.monotonic() + 10
        while path.stat().st_size < 250_000 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert path.stat().st_size >= 250_000


class Shelf:
    """A journal of ten groups of ten, of the hours 0 to 9 of a day, and its upkeep at noon, which keeps two hours."""

    def __init__(self, folder: Path, counted: int) -> None:
        self.path = journal_path(folder)
        self.journal = Journal(self.path)
        for hour in range(10):
            self.journal.append([pack(FrameKind.EVENT, hour * 3_600_000, b"x\n/\n\n")] * 10)
        self.counted = counted
        self.upkeep = Upkeep(self.journal, self.tell, 2 * 3_600_000, wall=lambda: 12 * 3600.0)

    def tell(self) -> int:
        return self.counted

    def span(self) -> tuple[int, int]:
        reader = JournalReader(self.path)
        try:
            return reader.span()
        finally:
            reader.close()
            self.journal.close()


@pytest.mark.parametrize(("counted", "first"), [(0, 0), (9, 0), (10, 10), (55, 50), (100, 100)])
def test_only_what_is_counted_is_ever_deleted(tmp_path: Path, counted: int, first: int) -> None:
    shelf = Shelf(tmp_path, counted)
    with capture_logs() as lines:
        shelf.upkeep.retain()

    assert shelf.span() == (first, 100)
    assert [line["records"] for line in lines] == ([first] if first else [])


def test_what_is_counted_and_young_is_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 100)
    shelf.upkeep = Upkeep(shelf.journal, shelf.tell, 7 * 3_600_000, wall=lambda: 12 * 3600.0)
    shelf.upkeep.retain()

    assert shelf.span() == (50, 100)


def test_without_knowing_what_is_counted_nothing_is_deleted(tmp_path: Path) -> None:
    def broken() -> int:
        raise UnavailableError("the store cannot be read")

    shelf = Shelf(tmp_path, 100)
    shelf.upkeep = Upkeep(shelf.journal, broken, 0, wall=lambda: 12 * 3600.0)
    with capture_logs() as lines:
        shelf.upkeep.retain()

    assert shelf.span() == (0, 100)
    assert lines[0]["problem"] == "the store cannot be read"


def test_a_store_of_another_journal_deletes_nothing(tmp_path: Path) -> None:
    """It has counted more than there ever was: of what is here perhaps nothing."""
    shelf = Shelf(tmp_path, 101)
    with capture_logs() as lines:
        shelf.upkeep.retain()

    assert shelf.span() == (0, 100)
    assert "do not belong together" in lines[0]["event"]


def test_it_deletes_by_itself(tmp_path: Path) -> None:
    Shelf(tmp_path, 0).journal.close()
    with collecting(tmp_path, counted=lambda: 55) as running:
        deadline = time.monotonic() + 10
        reader = JournalReader(journal_path(tmp_path))
        while reader.span()[0] != 50 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert reader.span() == (50, 100)
        assert ask(running.port, event("goes-on")).is_gif
        assert reader.span() == (50, 101)
        reader.close()
