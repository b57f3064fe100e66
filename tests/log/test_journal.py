"""The journals as a log: beside their writer, and whatever a mapping does."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.log.contract import MUCH, numbered, positions, rows

from footfall.errors import UnavailableError
from footfall.journal import Journal
from footfall.log import JournalLog, Limits, Span
from footfall.mapping import builtin
from footfall.model.columns import DEFAULT_FIELDS

WRITER = """
import sys
from pathlib import Path
from footfall.journal import Journal
from tests.log.contract import numbered
journal = Journal(Path(sys.argv[1]))
for first in range(0, 3000, 10):
    journal.append([numbered(number) for number in range(first, first + 10)])
    if first == 10:
        print("begun", flush=True)
journal.close()
"""


def test_reads_while_another_process_writes(tmp_path: Path) -> None:
    """Each position names its record, whatever was there when it was read."""
    root = Path(__file__).parents[2]
    log = JournalLog(tmp_path, builtin("default", only=["eventId"]), DEFAULT_FIELDS)
    found: list[tuple[int, str]] = []
    start, cuts = 0, 0

    with subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path / "live.db"], cwd=root, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "begun\n"
        ended = False
        while not ended:
            ended = writer.poll() is not None  # asked before reading: what is read then is all there is
            batch = log.read("live", start, Limits(events=97))
            found += [(row["position"], row["event"]) for row in rows(batch)]
            cuts += batch.next > start
            ended, start = ended and batch.next == start, batch.next
    log.close()

    assert writer.returncode == 0
    assert found == [(number, f"0:e{number}") for number in range(3000)]
    assert cuts >= 3000 / 97


def test_records_end_where_the_log_ended_when_asked(tmp_path: Path) -> None:
    """So `footfall events` ends, however fast events come in."""
    journal = Journal(tmp_path / "live.db")
    journal.append([numbered(number) for number in range(1500)])
    log = JournalLog(tmp_path, builtin("default", only=["eventId"]), DEFAULT_FIELDS)

    records = log.records("live", 0)
    found = [next(records).position]
    journal.append([numbered(number) for number in range(1500, 3000)])
    found += [record.position for record in records]

    assert found == list(range(1500))
    log.close()
    journal.close()


def test_a_folder_that_is_not_there_yet_has_no_partitions(tmp_path: Path) -> None:
    log = JournalLog(tmp_path / "journal", builtin("default"), DEFAULT_FIELDS)

    assert log.partitions() == []
    with pytest.raises(UnavailableError):
        log.span("live")

    Journal(tmp_path / "journal" / "live.db").close()
    assert log.partitions() == ["live"]
    assert log.span("live") == Span(0, 0)
    log.close()


def test_files_beside_the_journals_are_no_partitions(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "live.db")
    journal.append([numbered(0)])
    log = JournalLog(tmp_path, builtin("default"), DEFAULT_FIELDS)

    assert {path.suffix for path in tmp_path.iterdir()} > {".db"}
    assert log.partitions() == ["live"]
    log.close()
    journal.close()


class Failing:
    """A mapping with a fault."""

    fields = ("eventId",)

    def map(self, raw: bytes) -> dict[str, object]:
        if b"e3" in raw:
            raise ZeroDivisionError("by mistake")
        return {"eventId": "fine"}


def test_a_fault_of_the_mapping_sets_one_record_aside_and_stops_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "live.db")
    journal.append([numbered(number) for number in range(6)])
    log = JournalLog(tmp_path, Failing(), DEFAULT_FIELDS)

    batch = log.read("live", 0, MUCH)

    assert positions(batch) == list(range(6))
    assert [row["problem"] for row in rows(batch)] == [
        None, None, None, "the mapping failed: ZeroDivisionError: by mistake", None, None
    ]  # fmt: skip
    log.close()
    journal.close()
