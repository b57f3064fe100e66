"""With a Kafka log the journal keeps what is not forwarded, however old it is."""

from functools import partial
from pathlib import Path

from tests.forwarder.journals import events

from footfall import wiring
from footfall.collector.upkeep import Upkeep
from footfall.journal import Journal, JournalReader, Notebook, notes_of

TOPIC = "online_store"


def test_only_what_is_forwarded_is_ever_deleted(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "live.db")
    for first in range(0, 100, 10):
        journal.append(events(10, first))
    upkeep = Upkeep(journal, partial(wiring.forwarded_up_to, journal, TOPIC), retention=-1_000, wall=lambda: 4e9)
    notes = Notebook(notes_of(journal.path), journal.uuid)

    upkeep.retain()
    assert _first(journal) == 0, "nothing is noted"
    notes.begin("cluster", "another topic", 60, 0)
    upkeep.retain()
    assert _first(journal) == 0, "it is forwarded, but not to where it should be by now"
    notes.begin("cluster", TOPIC, 60, 0)
    upkeep.retain()
    assert _first(journal) == 60
    notes.close()
    journal.close()


def _first(journal: Journal) -> int:
    reader = JournalReader(journal.path)
    try:
        return reader.span()[0]
    finally:
        reader.close()
