"""Import, count, look: events, ledger, set-aside, export, as a person types them."""

import gzip
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.calling import BEGIN, call, environ, event, lines

SHOP = lines(
    event(0, page="/"),
    event(10),
    event(20, "buy_button_click", price="1 990 ₽", amount="2"),
    event(30, "buy_button_click", price="1 990 - 2 990 ₽"),
    event(40, page="/item/\u001b[2J\u202eevil/"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder where five events and a broken line were imported and counted."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "old.jsonl").write_text(SHOP + "oops\n")
    imported = call(folder, "import", "old.jsonl")
    assert (imported.returncode, imported.stdout) == (1, "imported 5 events from 1 file\n")
    assert "old.jsonl:6: b'oops' is no JSON object" in imported.stderr
    counted = call(folder, "count", "--once")
    assert (counted.returncode, counted.stdout) == (0, "counted 2 of 6 new events in 1 step\n")
    return folder


def test_what_was_counted_is_not_counted_again(shop: Path) -> None:
    assert call(shop, "count", "--once").stdout == "nothing new\n"


def test_events_are_shown_in_log_order_and_cannot_steer_the_terminal(shop: Path) -> None:
    shown = call(shop, "events").stdout.splitlines()

    assert [line.split()[0] for line in shown] == [f"import:{n}" for n in range(6)]
    assert shown[2].endswith('https://shop.example/item/dress/  price="1 990 ₽" amount="2"')
    assert "\\x1b[2J" in shown[4]
    assert "\x1b" not in "".join(shown)


def test_events_as_json_have_the_default_field_names_and_their_position(shop: Path) -> None:
    shown = call(shop, "events", "--json", "--from", "import:1", "--limit", "2").stdout.splitlines()

    assert json.loads(shown[0]) == {
        "position": "import:1",
        "timestamp": BEGIN + 10_000,
        "eventType": "pageView",
        "location": "https://shop.example/item/dress/",
        "sessionId": "A",
        "eventId": "e10",
    }
    assert [json.loads(line)["position"] for line in shown] == ["import:1", "import:2"]


def test_events_from_a_moment_of_arrival_on(shop: Path) -> None:
    assert len(call(shop, "events", "--from", "2026-01-01").stdout.splitlines()) == 6
    assert call(shop, "events", "--from", "2100-01-01").stdout == ""
    assert "--from 2026-13-01: expected a Unix second" in call(shop, "events", "--from", "2026-13-01").stderr
    assert "no partition live; expected one of import" in call(shop, "events", "--from", "live:0").stderr
    assert len(call(shop, "events", "--from", "2026-01-01T09:30").stdout.splitlines()) == 6


def test_the_ledger_shows_steps_and_sums_in_full_also_without_a_terminal(shop: Path) -> None:
    shown = call(shop, "ledger", "--verify")

    assert shown.returncode == 0
    assert "…" not in shown.stdout
    head, step, whole, why, verified = shown.stdout.splitlines()
    assert head.split() == "step partition from to read counted ignored duplicate corrupt bot set aside".split()  # noqa: SIM905
    assert step.split() == ["1", "import", "0", "6", "6", "2", "2", "0", "0", "0", "2"]
    assert whole.split() == ["all", "1", "6", "2", "2", "0", "0", "0", "2"]
    assert why.startswith("why, in these steps: no_item 2, ")
    assert sorted(why.rpartition(": ")[2].split(", ")) == ["no_item 2", "price_unreadable 1", "undecodable 1"]
    assert verified.startswith("verified: read = counted + ")


def test_set_aside_events_are_listed_shown_and_retried_after_a_fix(shop: Path, tmp_path: Path) -> None:
    listed = call(shop, "set-aside", "list")
    shown = call(shop, "set-aside", "show", "import:5")
    unknown = call(shop, "set-aside", "show", "import:1")

    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["import:3", "import:5"]
    assert "price_unreadable: '1 990 - 2 990 ₽': expected one number, found two  old.jsonl:4" in listed.stdout
    assert shown.stdout.splitlines()[1] == "oops"
    assert (unknown.returncode, "import:1: not set aside" in unknown.stderr) == (1, True)


def test_facts_are_exported(shop: Path) -> None:
    rows = call(shop, "export", "facts").stdout.splitlines()

    assert rows[0] == "minute,shop,item,views,depth_sum,quantity,clicks,currency,value"
    assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:00Z,shop.example,dress,1,2,2,1,RUB,3980.00", rows[1])


def test_events_exported_and_imported_elsewhere_give_the_same_facts(shop: Path, tmp_path: Path) -> None:
    for number, format in enumerate(("jsonl", "csv", "parquet")):
        other = tmp_path / str(number)
        other.mkdir()
        assert call(shop, "export", "events", "--format", format, "--out", str(other / f"x.{format}")).returncode == 0
        assert call(other, "import", f"x.{format}").returncode == 0
        call(other, "count", "--once")

        assert call(other, "export", "facts").stdout == call(shop, "export", "facts").stdout


def test_an_export_that_fails_leaves_no_file(shop: Path, tmp_path: Path) -> None:
    done = call(shop, "export", "facts", "--out", str(tmp_path / "no" / "x.csv"))

    assert (done.returncode, "x.csv: cannot be written: No such file or directory" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["events"], ["ledger"], ["export", "facts"], ["export", "events"]])
def test_looking_where_nothing_is_makes_no_folder(tmp_path: Path, command: list[str]) -> None:
    done = call(tmp_path, "--data", "nowhere", *command)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("footfall: nowhere: no")
    assert "name it by --data" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_mended_setting_and_a_retry_count_each_event_once(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(lines(event(1, "buy_button_click", price="1.990", amount="200000")))
    call(tmp_path, "import", "x.jsonl")
    call(tmp_path, "--config", _limit(tmp_path, 1000), "count", "--once")
    config = _limit(tmp_path, 100_000)
    (tmp_path / "y.jsonl").write_text(lines(event(2, "buy_button_click", price="1.990", amount="2000")))
    call(tmp_path, "--config", _limit(tmp_path, 1000), "import", "y.jsonl")
    call(tmp_path, "--config", _limit(tmp_path, 1000), "count", "--once")

    first = call(tmp_path, "--config", _limit(tmp_path, 100_000), "set-aside", "retry")
    second = call(tmp_path, "--config", config, "set-aside", "retry")

    assert first.stdout == "resolved 1; still set aside: 1\n"
    assert second.stdout == "resolved 0; still set aside: 1\n"
    assert ",dress,0,0,2000,1,RUB,3980000.00" in call(tmp_path, "export", "facts").stdout
    assert call(tmp_path, "ledger", "--verify").returncode == 0


def _limit(folder: Path, amount: int) -> str:
    (folder / "footfall.toml").write_text(f"[counting]\nmax_amount = {amount}\n")
    return "footfall.toml"


def test_standard_input_gzip_and_renamed_fields_are_imported(tmp_path: Path) -> None:
    text = "when;kind;page;visit\n" + f"{BEGIN};pageView;https://shop.example/item/hat/;V\n"
    renames = [f"--map={pair}" for pair in ("when=timestamp", "kind=event_type", "page=location", "visit=session")]

    done = call(tmp_path, "import", "-", *renames, given=gzip.compress(text.encode()))

    assert (done.returncode, done.stdout) == (0, "imported 1 event from 1 file\n")
    call(tmp_path, "count", "--once")
    assert ",hat,1,1,0,0,,0.00" in call(tmp_path, "export", "facts").stdout


def test_strict_imports_nothing_of_a_file_with_a_broken_line(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(lines(event(0)) + "oops\n")

    done = call(tmp_path, "import", "--strict", "x.jsonl")

    assert done.returncode == 1
    assert "x.jsonl:2" in done.stderr
    assert call(tmp_path, "count", "--once").stdout == "nothing new\n"


def test_a_reader_that_goes_away_is_no_failure(shop: Path) -> None:
    many = shop / "many"
    many.mkdir()
    (many / "x.jsonl").write_text(lines(*(event(n) for n in range(20_000))))
    call(many, "import", "x.jsonl")
    command = f"set -o pipefail; {sys.executable} -m footfall events | head -1"

    done = subprocess.run(["bash", "-c", command], cwd=many, env=environ(), capture_output=True, text=True, timeout=60)

    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 1, "")


@pytest.mark.parametrize("command", ["events", "ledger", "export facts", "set-aside list", "export events"])
def test_output_that_cannot_be_written_is_one_line(shop: Path, command: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "footfall", *command.split()],
            cwd=shop, env=environ(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip

    assert done.returncode == 4
    assert done.stderr.splitlines()[-1] == "footfall: output: No space left on device"
    assert "Traceback" not in done.stderr


def test_looking_leaves_the_time_zone_of_the_days(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(lines(event(0)))
    call(tmp_path, "import", "x.jsonl")
    call(tmp_path, "count", "--once", variables={"FOOTFALL_TIMEZONE": "Asia/Kathmandu"})

    for command in (["ledger"], ["set-aside", "list"], ["export", "facts"], ["doctor"]):
        call(tmp_path, *command)

    with closing(sqlite3.connect(tmp_path / "footfall-data" / "store.db")) as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'timezone'").fetchone() == ("Asia/Kathmandu",)


def test_a_journal_that_was_moved_away_makes_room_for_one_that_is_counted(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(lines(*(event(n) for n in range(5))))
    (tmp_path / "y.jsonl").write_text(lines(*(event(n) for n in range(5, 8))))
    call(tmp_path, "import", "x.jsonl")
    call(tmp_path, "count", "--once")
    for part in (tmp_path / "footfall-data" / "journal").glob("import.db*"):
        part.unlink()
    assert "import: counted up to 5, and its journal is gone" in call(tmp_path, "doctor").stdout

    call(tmp_path, "import", "y.jsonl")

    assert call(tmp_path, "count", "--once").stdout == "counted 3 of 3 new events in 1 step\n"
    assert call(tmp_path, "ledger", "--verify").returncode == 0
