"""Where an export goes: a file appears whole or not at all, and nothing that is no file is replaced by one."""

import os
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from footfall.errors import InputError
from footfall.transfer import target


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"old")

    with target(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"old")

    with suppress(KeyError), target(path) as file:
        file.write(b"half")
        raise KeyError

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "x.csv")

    with target(tmp_path / "link") as file:
        file.write(b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "x.csv").read_bytes() == b"new"


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()

    with target(pipe) as file:
        file.write(b"rows")
    reader.join(10)

    assert read == [b"rows"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("place", ["no/such/folder.csv", "."])
def test_what_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    with pytest.raises(InputError, match="cannot be written"), target(tmp_path / place):
        pass
