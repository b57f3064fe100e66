"""The demo's folder is its own: nothing else's data is ever touched."""

from pathlib import Path

import pytest

from footfall.demo import claim
from footfall.demo.folder import MARKER
from footfall.errors import InputError


def test_a_new_folder_is_made_with_its_parents_and_marked(tmp_path: Path) -> None:
    claim(tmp_path / "a" / "footfall-demo")

    assert [file.name for file in (tmp_path / "a" / "footfall-demo").iterdir()] == [MARKER]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    claim(tmp_path)

    assert (tmp_path / MARKER).is_file()


def test_its_own_folder_is_taken_again_whatever_is_in_it(tmp_path: Path) -> None:
    claim(tmp_path)
    (tmp_path / "store.db").write_bytes(b"numbers")

    claim(tmp_path)

    assert (tmp_path / "store.db").read_bytes() == b"numbers"


@pytest.mark.parametrize("name", ["store.db", "journal/live.db", "notes.txt", ".hidden"])
def test_a_folder_with_anything_else_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    file = tmp_path / "shop" / name
    file.parent.mkdir(parents=True)
    file.write_text("mine")

    with pytest.raises(InputError, match=f"shop: holds {name.split('/')[0]} and is not the demo's; expected a new"):
        claim(tmp_path / "shop")

    assert [found for found in (tmp_path / "shop").rglob("*") if found.is_file()] == [file]


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")

    with pytest.raises(InputError, match="demo: cannot be used for the demo: "):
        claim(tmp_path / "demo")
