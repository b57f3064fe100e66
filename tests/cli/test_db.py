"""footfall db, and the other commands, on PostgreSQL."""

from pathlib import Path

import pytest
from tests.cli.calling import ask, call, event, lines, running
from tests.postgres import Server
from tests.store.places import change, rows

VISIT = lines(
    event(0, page="/"),
    event(10),
    event(20, "buy_button_click", price="1 990 ₽", amount=2),
    event(30, "buy_button_click", price="1990 или 2990"),
    event(40, page="/item/шапка/"),
)
SECRET = "s3cret"


@pytest.fixture
def store(postgres: Server, tmp_path: Path) -> str:
    """Return the address of an empty database, which the folder's settings name."""
    address = postgres.new_database()
    (tmp_path / "footfall.toml").write_text(f'store = "{address.replace("postgres@", f"postgres:{SECRET}@")}"\n')
    return address


def test_what_is_typed_on_a_file_is_typed_on_postgresql(store: str, tmp_path: Path) -> None:
    assert "imported 5 events" in call(tmp_path, "import", "-", given=VISIT).stdout
    assert call(tmp_path, "count", "--once").stdout == "counted 3 of 5 new events in 1 step\n"

    assert "price_unreadable" in call(tmp_path, "set-aside", "list").stdout
    assert call(tmp_path, "ledger", "--verify").returncode == 0
    facts = call(tmp_path, "export", "facts").stdout
    assert "dress,1,2,2,1,RUB,3980.00" in facts
    assert rows(store, "SELECT item_id, count, deep FROM users ORDER BY item_id") == [
        ("dress", 1, 2.0),
        ("шапка", 1, 3.0),
    ]
    assert not (tmp_path / "footfall-data" / "store.db").exists()


def test_before_anything_is_counted_it_says_so_and_makes_nothing(store: str, tmp_path: Path) -> None:
    looked = call(tmp_path, "ledger")
    assert looked.returncode == 1
    assert "nothing was counted here" in looked.stderr
    assert "no tables yet" in call(tmp_path, "db", "check").stdout

    assert rows(store, "SELECT COUNT(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [(0,)]
    assert list(tmp_path.iterdir()) == [tmp_path / "footfall.toml"]


def test_upgrade_makes_the_tables_and_check_looks_at_them(store: str, tmp_path: Path) -> None:
    assert call(tmp_path, "db", "upgrade").stdout.endswith(": layout 1, was empty\n")
    assert call(tmp_path, "db", "upgrade").stdout.endswith(": layout 1\n")
    call(tmp_path, "import", "-", given=VISIT)
    call(tmp_path, "count", "--once")

    change(store, "UPDATE hour_facts SET views = views + 1")
    wrong = call(tmp_path, "db", "check")
    assert wrong.returncode == 1
    assert "by hour" in wrong.stdout
    change(store, "ALTER TABLE meta DROP COLUMN value")
    assert "column meta.value is missing" in call(tmp_path, "db", "check").stdout


def test_a_server_that_may_lose_what_was_committed_fails_the_check(store: str, tmp_path: Path) -> None:
    """The server of these tests runs without fsync."""
    checked = call(tmp_path, "db", "check").stdout

    assert "fsync = off" in checked


def test_check_looks_at_a_file_too(tmp_path: Path) -> None:
    assert "layout 1, was empty" in call(tmp_path, "db", "upgrade").stdout

    checked = call(tmp_path, "db", "check")

    assert checked.returncode == 0
    assert "SQLite 3" in checked.stdout
    assert "ledger, positions, minutes, hours and days agree" in checked.stdout


def test_roles_are_printed_when_asked(tmp_path: Path) -> None:
    assert "expected --print" in call(tmp_path, "db", "roles").stderr

    printed = call(tmp_path, "db", "roles", "--print").stdout

    assert "GRANT SELECT, INSERT ON ledger TO footfall_writer;" in printed


def test_a_file_is_taken_over_and_counting_goes_on(store: str, tmp_path: Path) -> None:
    here = {"FOOTFALL_STORE": "sqlite:///footfall-data/store.db"}
    call(tmp_path, "import", "-", given=VISIT)
    call(tmp_path, "count", "--once", variables=here)

    copied = call(tmp_path, "db", "copy", "--from", "sqlite")

    assert copied.returncode == 0, copied.stderr
    assert "positions        1 row\n" in copied.stdout
    assert call(tmp_path, "export", "facts").stdout == call(tmp_path, "export", "facts", variables=here).stdout
    call(tmp_path, "import", "-", given=lines(event(50), event(60)))
    assert call(tmp_path, "count", "--once").stdout == "counted 2 of 2 new events in 1 step\n"
    again = call(tmp_path, "db", "copy", "--from", "sqlite")
    assert (again.returncode, "holds counts already" in again.stderr) == (1, True)


def test_up_counts_into_postgresql_and_shows_no_password_anywhere(store: str, tmp_path: Path) -> None:
    call(tmp_path, "import", "-", given=VISIT)
    with running(tmp_path, "--log-level", "debug", "up", "--collector-port", "0", "--api-port", "0") as up:
        up.wait_for("partition=import")
        answer = ask(up.address("API") + "/api/v1.0/users/0")
        processes = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in tree(up.process.pid)]
        assert [row["id_item"] for row in answer["contents"]] == ["dress", "шапка"]
        assert up.end() == 0

    looked = [call(tmp_path, *command.split()) for command in ("doctor", "db check", "ledger")]
    assert "fsync = off" in looked[0].stdout, "the doctor looks at the server too"
    said = [up.said.encode(), *processes, *(done.stdout.encode() + done.stderr.encode() for done in looked)]
    assert len(processes) >= 4
    assert not any(SECRET.encode() in text for text in said)
    assert any(b"postgresql://postgres@127.0.0.1" in text for text in said)


def tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in tree(int(child)))]


def test_a_server_that_is_away_is_waited_for(postgres: Server, tmp_path: Path) -> None:
    (tmp_path / "footfall.toml").write_text(f'store = "postgresql://ann:{SECRET}@127.0.0.1:1/shop"\n')

    counted = call(tmp_path, "count", "--once")

    assert counted.returncode == 4
    assert "footfall: postgresql://ann@127.0.0.1:1/shop: the store cannot be read: " in counted.stderr
    assert SECRET not in counted.stderr
