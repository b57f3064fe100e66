"""How far the forwarder is, as the doctor sees it."""

from pathlib import Path

import pytest

from footfall.doctor import examine
from footfall.doctor.forwarding import forwarding
from footfall.errors import UnavailableError
from footfall.journal import Aside, FrameKind, Journal, Notebook, notes_of, pack
from footfall.settings import load

NOW = 1_795_000_000.0


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "live.db"


def write(path: Path, records: int) -> str:
    journal = Journal(path)
    journal.append([pack(FrameKind.EVENT, 1, b"") for _ in range(records)])
    journal.close()
    return journal.uuid


def note(path: Path, uuid: str, next: int, seconds_ago: float = 1.0, aside: int = 0) -> None:
    notebook = Notebook(notes_of(path), uuid)
    notebook.begin("cluster", "online_store", next, round((NOW - seconds_ago) * 1000))
    notebook.set_aside([Aside(position, 1, "refused", "too large", b"raw") for position in range(aside)])
    notebook.close()


def test_a_journal_of_which_nothing_is_forwarded_needs_a_forwarder(journal: Path) -> None:
    write(journal, 3)

    found = forwarding(journal, "online_store", NOW)

    assert (found.level, found.what) == ("warn", "live: 3 events, none forwarded to online_store yet")


def test_a_journal_that_is_forwarded_or_nearly_so_is_well(journal: Path) -> None:
    uuid = write(journal, 30)
    note(journal, uuid, 30, seconds_ago=1e6)
    assert forwarding(journal, "online_store", NOW).what == "live: forwarded up to 30"
    note(journal, uuid, 20)
    found = forwarding(journal, "online_store", NOW)

    assert (found.level, found.what) == ("ok", "live: forwarded up to 20, 10 behind")
    assert forwarding(journal, "another topic", NOW).level == "warn"


def test_a_forwarder_that_stands_still_while_events_wait_is_a_failure(journal: Path) -> None:
    note(journal, write(journal, 30), 20, seconds_ago=3600)

    found = forwarding(journal, "online_store", NOW)

    assert (found.level, found.what) == ("fail", "live: forwarded up to 20, 10 behind; nothing for 3,600 s")


def test_what_could_not_be_forwarded_is_told(journal: Path) -> None:
    note(journal, write(journal, 30), 30, aside=2)

    found = forwarding(journal, "online_store", NOW)

    assert (found.level, found.what) == ("warn", "live: forwarded up to 30; 2 events could not be")
    assert "footfall set-aside list" in found.advice


def test_brokers_that_do_not_answer_are_one_finding_among_the_others(journal: Path) -> None:
    note(journal, write(journal, 30), 30)
    settings = load(environ={}, flags={"data": journal.parents[1], "log": "kafka://127.0.0.1:1/online_store"})

    def topics() -> list[object]:
        raise UnavailableError("the cluster: Kafka does not answer")

    found = examine(settings, journal.parent, journal.parents[1] / "store.db", topics)  # type: ignore[arg-type]

    said = {finding.what: finding.level for finding in found}
    assert said["the cluster: Kafka does not answer"] == "fail"
    assert said["live: forwarded up to 30"] == "ok"
    assert not any("events wait" in what and "30" in what for what in said)
