"""What the collector asks of a store that another process writes."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.steps import step

from footfall.errors import UnavailableError
from footfall.store import counted_up_to, open_store


def test_it_says_how_far_a_partition_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "caf\u00e9 100%?.db"
    with closing(open_store(path)) as store:
        assert counted_up_to(path, "live") == 0
        store.commit(step(store.position("live"), 5))
        store.commit(step(store.position("import"), 2))

        assert (counted_up_to(path, "live"), counted_up_to(path, "import")) == (5, 2)
    assert (counted_up_to(path, "live"), counted_up_to(path, "none")) == (5, 0)


def test_nothing_is_counted_before_there_is_a_store(tmp_path: Path) -> None:
    assert counted_up_to(tmp_path / "store.db", "live") == 0
    assert not (tmp_path / "store.db").exists()

    (tmp_path / "empty.db").touch()
    assert counted_up_to(tmp_path / "empty.db", "live") == 0


def test_a_file_that_is_no_store_is_said_to_be_unreadable(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"no database" * 1000)

    with pytest.raises(UnavailableError, match=r"store\.db: the store cannot be read: file is not a database"):
        counted_up_to(tmp_path / "store.db", "live")


def test_it_does_without_sqlalchemy() -> None:
    program = "import sys, footfall.store as s; s.counted_up_to; print('sqlalchemy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout == b"False\n"
