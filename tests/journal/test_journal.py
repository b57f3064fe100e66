"""The writer and its readers on a real file."""

import json
import resource
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from footfall.errors import HeldError, UnavailableError, VersionError
from footfall.journal import FrameKind, Journal, JournalReader, checkpoint, pack


def record(number: int, arrival: int = 1000, size: int = 0) -> bytes:
    return pack(FrameKind.EVENT, arrival, b"%d" % number + b"x" * size)


def number_of(raw: bytes) -> int:
    return int(raw[9:].rstrip(b"x"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "live.db"


def test_what_was_appended_is_read_in_order_by_position(path: Path) -> None:
    journal = Journal(path)
    assert journal.append([record(0), record(1)]) == 0
    assert journal.append([record(2)]) == 2

    found, following = JournalReader(path).read(0, 100, 10**6)

    assert [(position, number_of(raw)) for position, raw in found] == [(0, 0), (1, 1), (2, 2)]
    assert following == 3


@pytest.mark.parametrize("start", range(8))
def test_a_read_starts_anywhere_also_inside_a_group(path: Path, start: int) -> None:
    journal = Journal(path)
    journal.append([record(n) for n in range(3)])
    journal.append([record(n) for n in range(3, 7)])

    found, following = JournalReader(path).read(start, 2, 10**6)

    assert [number_of(raw) for _, raw in found] == list(range(start, min(start + 2, 7)))
    assert following == min(start + 2, max(7, start))


def test_a_read_takes_as_many_bytes_as_it_may_and_at_least_one_record(path: Path) -> None:
    journal = Journal(path)
    journal.append([record(n, size=100) for n in range(5)])
    reader = JournalReader(path)

    assert len(reader.read(0, 100, 250)[0]) == 2
    assert len(reader.read(0, 100, 1)[0]) == 1


def test_an_open_reader_sees_what_comes_later(path: Path) -> None:
    journal = Journal(path)
    reader = JournalReader(path)
    assert reader.read(0, 10, 10**6) == ([], 0)
    assert reader.span() == (0, 0)

    journal.append([record(0)])

    assert len(reader.read(0, 10, 10**6)[0]) == 1
    assert reader.span() == (0, 1)


def test_positions_go_on_after_a_restart(path: Path) -> None:
    journal = Journal(path)
    journal.append([record(0)])
    identity = journal.uuid
    journal.close()

    again = Journal(path)

    assert (again.end, again.uuid) == (1, identity)
    assert again.append([record(1)]) == 1


def test_notes_are_written_with_the_records(path: Path) -> None:
    journal = Journal(path)
    journal.append([record(0)], {"import:abc": "7"})
    journal.append([], {"import:abd": "8"})
    journal.close()

    assert Journal(path).notes("import:") == {"import:abc": "7", "import:abd": "8"}


def test_a_second_writer_is_refused_by_name(path: Path) -> None:
    """Two writers would give one position to two events."""
    holder = subprocess.Popen(
        [sys.executable, "-c", f"from footfall.journal import Journal\nfrom pathlib import Path\n"
         f"j = Journal(Path({str(path)!r})); print('open', flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    holder.stdout.readline()

    with pytest.raises(HeldError, match=f"held by process {holder.pid}"):
        Journal(path)

    holder.kill()
    holder.communicate()
    Journal(path).close()


class TestRetention:
    def fill(self, path: Path) -> Journal:
        journal = Journal(path)
        for group in range(10):
            journal.append([record(n, arrival=1000 * group) for n in range(group * 10, group * 10 + 10)])
        return journal

    def test_only_what_is_counted_and_old_goes(self, path: Path) -> None:
        journal = self.fill(path)

        assert journal.retain(below=35, before=10**9) == 30
        assert journal.retain(below=100, before=5000) == 20

        assert JournalReader(path).span() == (50, 100)

    def test_positions_are_not_used_again_when_nothing_is_left(self, path: Path) -> None:
        journal = self.fill(path)

        assert journal.retain(below=100, before=10**9) == 100
        assert JournalReader(path).span() == (100, 100)
        journal.close()

        again = Journal(path)
        assert again.end == 100
        assert again.append([record(100)]) == 100
        assert JournalReader(path).read(0, 10, 10**6)[0][0][0] == 100

    def test_pages_are_given_back(self, path: Path) -> None:
        journal = Journal(path)
        for n in range(100):
            journal.append([record(n, size=50_000)])
        checkpoint(path)
        before = path.stat().st_size

        journal.retain(below=100, before=10**9)
        checkpoint(path)

        assert path.stat().st_size < before / 10

    def test_it_lets_appends_through_in_between(self, path: Path) -> None:
        """Deleting a week at once would keep browsers waiting."""
        journal = Journal(path)
        for group in range(3000):
            journal.append([record(group)])
        stop, added = threading.Event(), []

        def add() -> None:
            while not stop.is_set():
                added.append(journal.append([record(journal.end)]))

        writer = threading.Thread(target=add)
        writer.start()
        gone = journal.retain(below=3000, before=10**9)
        stop.set()
        writer.join()

        assert gone == 3000
        assert len(added) > 3
        found, _ = JournalReader(path).read(0, 10**6, 10**9)
        assert [(position, number_of(raw)) for position, raw in found] == [
            (p, p) for p in range(3000, 3000 + len(added))
        ]

    def test_the_latest_arrival_is_known_after_all_is_gone(self, path: Path) -> None:
        """The collector's stamps go on from there, so that they never run backwards."""
        journal = self.fill(path)
        assert journal.latest == 9000
        journal.retain(below=100, before=10**9)
        journal.close()

        assert Journal(path).latest == 9000


@pytest.mark.parametrize(("limit", "largest"), [(1_000_000, 1_500_000), (10**9, 20_000_000)])
def test_the_write_ahead_log_stays_small_under_steady_load(
    path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, largest: int
) -> None:
    """Without a checkpoint of its own (the second row) the writer lets it grow for as long as it is busy."""
    monkeypatch.setattr("footfall.journal.journal._WAL_LIMIT", limit)
    journal = Journal(path)
    for n in range(200):
        journal.append([record(n, size=50_000)])

    assert largest / 2 < path.with_name("live.db-wal").stat().st_size < largest
    assert len(JournalReader(path).read(0, 1000, 10**9)[0]) == 200


class TestWhenItCannotBeWritten:
    def test_a_full_journal_refuses_and_stays_whole(self, path: Path) -> None:
        journal = Journal(path, max_bytes=1_000_000)
        records = [record(n, size=50_000) for n in range(10)]
        journal.append(records)

        with pytest.raises(UnavailableError, match="max_bytes"):
            journal.append(records)

        assert JournalReader(path).span() == (0, journal.end)

    def test_a_full_journal_takes_more_once_retention_made_room(self, path: Path) -> None:
        journal = Journal(path, max_bytes=1_000_000)
        for n in range(15):
            journal.append([record(n, size=50_000)])
        end = journal.end
        with pytest.raises(UnavailableError, match="max_bytes"):
            journal.append([record(end, size=300_000)])

        assert journal.retain(below=end, before=10**9) == end

        assert journal.append([record(end, size=50_000)]) == end

    def test_a_full_disk_refuses_and_it_recovers_by_itself(self, path: Path) -> None:
        """A file-size limit stands for the full disk: the write fails in the same place."""
        program = f"""
import json, resource, signal
from pathlib import Path
from footfall.errors import UnavailableError
from footfall.journal import FrameKind, Journal, JournalReader, pack
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path({str(path)!r}))
big = pack(FrameKind.EVENT, 1, b"x" * 100_000)
journal.append([big])
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
refused = 0
for _ in range(6):
    try:
        journal.append([big])
    except UnavailableError:
        refused += 1
end = journal.end
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
first = journal.append([big])
found, following = JournalReader(Path({str(path)!r})).read(0, 100, 10**9)
print(json.dumps([refused, end, first, len(found), following, all(raw == big for _, raw in found)]))
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        refused, end, first, found, following, whole = json.loads(done.stdout)

        assert refused > 0
        assert first == end
        assert found == following == end + 1
        assert whole
        assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY

    def test_a_newer_journal_is_refused(self, path: Path) -> None:
        Journal(path).close()
        with sqlite3.connect(path) as db:
            db.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
        db.close()

        with pytest.raises(VersionError, match="format 99"):
            Journal(path)
        with pytest.raises(VersionError, match="format 99"):
            JournalReader(path)

    def test_something_else_in_its_place_is_refused(self, path: Path) -> None:
        path.parent.mkdir()
        path.write_bytes(b"this is no database at all, but a text of some length" * 100)

        with pytest.raises(UnavailableError, match=str(path)):
            Journal(path)

    def test_a_reader_of_nothing_is_refused(self, path: Path) -> None:
        with pytest.raises(UnavailableError, match="cannot be read"):
            JournalReader(path)


def test_a_new_journal_goes_on_where_an_earlier_one_was_counted(tmp_path: Path) -> None:
    """Or its first records would have positions that the store has counted, and never be read."""
    journal = Journal(tmp_path / "live.db", begin=4)
    assert JournalReader(tmp_path / "live.db").span() == (4, 4)

    assert journal.append([record(0)]) == 4
    journal.close()

    again = Journal(tmp_path / "live.db", begin=3)
    assert again.append([record(0)]) == 5
    again.close()
