"""A forwarder's notes: how far it is, for others, and what it set aside."""

from pathlib import Path

import pytest

from footfall.errors import UnavailableError
from footfall.journal import Aside, Journal, Notebook, ask_again, forwarded, kept_aside, notes_of


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    Journal(tmp_path / "live.db").close()
    return tmp_path / "live.db"


def uuid(journal: Path) -> str:
    opened = Journal(journal)
    opened.close()
    return opened.uuid


def notebook(journal: Path) -> Notebook:
    return Notebook(notes_of(journal), uuid(journal))


def aside(*positions: int, arrival: int = 100) -> list[Aside]:
    return [Aside(position, arrival, "refused", "too large", b"raw %d" % position) for position in positions]


def kept(journal: Path) -> list[int]:
    return [record.position for record in kept_aside(journal)]


def test_without_a_forwarder_nothing_is_known_and_nothing_is_made(journal: Path) -> None:
    assert forwarded(journal) is None
    assert kept_aside(journal) == []
    assert ask_again(journal) == 0
    assert not notes_of(journal).exists()
    assert forwarded(journal.with_name("other.db")) is None


def test_notes_are_no_journal(journal: Path) -> None:
    notebook(journal).close()

    assert [path.name for path in journal.parent.glob("*.db")] == ["live.db"]


def test_others_read_how_far_it_is(journal: Path) -> None:
    notes = notebook(journal)
    notes.begin("cluster", "online_store", 10, 1_000)
    notes.note(20, 2_000)

    found = forwarded(journal)

    assert found is not None
    assert (found.cluster, found.topic, found.next, found.moment) == ("cluster", "online_store", 20, 2_000)
    assert notes.known() == found
    notes.close()


def test_what_is_set_aside_is_kept_whole_and_once(journal: Path) -> None:
    notes = notebook(journal)
    notes.set_aside(aside(3, 1))
    notes.set_aside([Aside(3, 100, "refused", "still too large", b"raw 3")])
    notes.close()

    assert kept_aside(journal) == [*aside(1), Aside(3, 100, "refused", "still too large", b"raw 3")]


def test_a_start_forgets_what_will_be_met_again(journal: Path) -> None:
    notes = notebook(journal)
    notes.set_aside(aside(1, 5, 9))
    notes.begin("cluster", "online_store", 5, 0)
    notes.close()

    assert kept(journal) == [1]


def test_only_what_was_asked_for_is_tried_again_and_what_fails_is_no_longer_asked_for(journal: Path) -> None:
    notes = notebook(journal)
    notes.set_aside(aside(1, 2, 3))

    assert ask_again(journal, [2, 7]) == 1
    assert notes.asked(10) == aside(2)
    notes.set_aside(aside(2))
    assert notes.asked(10) == []
    assert ask_again(journal) == 3
    assert [record.position for record in notes.asked(2)] == [1, 2]
    notes.resolve([1, 2])
    notes.close()
    assert kept(journal) == [3]


def test_what_is_too_old_goes(journal: Path) -> None:
    notes = notebook(journal)
    notes.set_aside([*aside(1, arrival=100), *aside(2, arrival=200)])

    assert notes.drop(200) == 1
    notes.close()
    assert kept(journal) == [2]


def test_a_journal_made_anew_has_notes_of_its_own(journal: Path) -> None:
    notes = notebook(journal)
    notes.begin("cluster", "online_store", 10, 0)
    notes.set_aside(aside(1))
    notes.close()
    for file in journal.parent.glob("live.db*"):
        file.unlink()

    notebook(journal).close()

    assert forwarded(journal) is None
    assert kept(journal) == []


def test_notes_that_are_no_database_are_told(journal: Path) -> None:
    notes_of(journal).write_bytes(b"no database at all, but long enough to be looked at" * 10)

    with pytest.raises(UnavailableError, match=r"live\.notes: the notes cannot be used"):
        notebook(journal)
    with pytest.raises(UnavailableError, match=r"live\.notes: the notes cannot be used"):
        forwarded(journal)
