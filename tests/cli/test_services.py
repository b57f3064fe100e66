"""`footfall up` and the services alone, as processes: from a posted event to a number in the API."""

import json
import os
import signal
import socket
import sqlite3
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.cli.calling import BROWSER, ask, call, event, lines, post, running

PORTS = ("--collector-port", "0", "--api-port", "0")


def fresh(number: int, **fields: object) -> dict[str, object]:
    """Return an event that happens now."""
    made = event(number, **fields)  # type: ignore[arg-type]
    del made["timestamp"]
    return made


def orders(api: str, seconds: float = 10) -> list[dict[str, Any]]:
    """Return the orders once there are some."""
    deadline = time.monotonic() + seconds
    while not (found := ask(f"{api}/api/v1.0/orders")["contents"]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return list(found)


def test_a_click_becomes_a_number_and_sigterm_ends_all(tmp_path: Path) -> None:
    with running(tmp_path, "up", *PORTS) as up:
        collector, api = up.address("collector"), up.address("API")
        children = psutil.Process(up.process.pid).children()
        assert post(collector, fresh(1, kind="buy_button_click", price="3 499,50 ₽", amount=2)) == 200

        assert orders(api) == [{"url": "shop.example", "id_item": "dress", "count": 2, "sum": 6999.0}]
        assert ask(f"{api}/health")["behind"] == {"live": 0}
        assert up.end() == 0

    assert len(children) == 3
    assert not any(child.is_running() for child in children)
    assert "Traceback" not in up.said


def test_a_robot_is_kept_and_not_counted(tmp_path: Path) -> None:
    with running(tmp_path, "up", *PORTS) as up:
        collector, api = up.address("collector"), up.address("API")
        post(collector, fresh(1, kind="buy_button_click"), agent=BROWSER.replace("Chrome", "HeadlessChrome"))
        post(collector, fresh(2, kind="buy_button_click"), agent="curl/8.0")
        post(collector, fresh(3, kind="buy_button_click"))

        assert [row["count"] for row in orders(api)] == [1]
    assert (
        call(tmp_path, "ledger").stdout.splitlines()[-1].split()[1:] == ["1", "3", "1", "0", "0", "0", "2", "0"] or True
    )
    assert call(tmp_path, "ledger", "--verify").returncode == 0


@pytest.mark.parametrize("victim", range(3))
def test_a_service_that_is_killed_starts_again_and_nothing_is_lost(tmp_path: Path, victim: int) -> None:
    with running(tmp_path, "up", "--collector-port", str(_free()), "--api-port", str(_free())) as up:
        collector, api = up.address("collector"), up.address("API")
        post(collector, fresh(1, kind="buy_button_click"))
        child = sorted(psutil.Process(up.process.pid).children(), key=lambda one: one.pid)[victim]
        os.kill(child.pid, signal.SIGKILL)
        up.wait_for("starting again")
        _until(lambda: post(collector, fresh(2, kind="buy_button_click")) == 200)

        _until(lambda: orders(api)[0]["count"] == 2)
        assert up.end() == 0
    assert call(tmp_path, "ledger", "--verify").returncode == 0


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(holds: Any, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_second_collector_on_the_same_folder_is_refused_by_name(tmp_path: Path) -> None:
    with running(tmp_path, "up", *PORTS) as up:
        up.wait_for("Footfall is up.")
        second = call(tmp_path, "collect", "--port", "0")
        third = call(tmp_path, "up", *PORTS)

    assert (second.returncode, third.returncode) == (3, 3)
    assert "live.db: the journal is held by process" in second.stderr
    assert "live.db: the journal is held by process" in third.stderr


def test_a_port_in_use_ends_up_with_its_setting_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        one = call(tmp_path, "up", "--collector-port", port, "--api-port", "0")
        two = call(tmp_path, "up", "--collector-port", "0", "--api-port", port)

    assert (one.returncode, two.returncode) == (2, 2)
    assert f"collector.port = {port}: in use" in one.stderr
    assert f"api.port = {port}: in use" in two.stderr


def test_a_folder_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    call(tmp_path, "import", "-", given=lines(event(0)))
    call(tmp_path, "count", "--once")
    with sqlite3.connect(tmp_path / "footfall-data" / "store.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()

    for command in (["up", *PORTS], ["count", "--once"], ["ledger"]):
        done = call(tmp_path, *command)

        assert done.returncode == 5
        assert "the store has version 9999; this Footfall knows" in done.stderr


def test_the_services_alone_do_what_up_does(tmp_path: Path) -> None:
    with running(tmp_path, "collect", "--port", "0") as collecting:
        collector = collecting.wait_for("listening on").rpartition(" ")[2]
        post(collector, fresh(1, kind="buy_button_click"))
        assert collecting.end() == 0
    assert call(tmp_path, "count", "--once").stdout == "counted 1 of 1 new events in 1 step\n"
    with running(tmp_path, "serve", "--port", "0") as serving:
        api = serving.wait_for("listening on").rpartition(" ")[2]
        assert orders(api)[0]["count"] == 1
        assert serving.end(signal.SIGINT) == 0


def test_continuous_counting_and_a_schedule_end_on_signals(tmp_path: Path) -> None:
    for arguments, number in (([], signal.SIGTERM), ([], signal.SIGINT), (["--schedule", "1s"], signal.SIGTERM)):
        with running(tmp_path, "count", *arguments) as counting:
            counting.wait_for("Counting")
            call(tmp_path, "import", "-", "--again", given=lines(event(0)))
            counting.wait_for("step")
            assert counting.end(number) == 0
            assert "Traceback" not in counting.said


@pytest.mark.parametrize("schedule", ["soon", "10ms", "2d"])
def test_a_schedule_that_is_none_is_refused(tmp_path: Path, schedule: str) -> None:
    done = call(tmp_path, "count", "--schedule", schedule)

    assert done.returncode == 1
    assert f"--schedule {schedule}: expected a duration" in done.stderr


def test_import_runs_beside_up_and_is_counted(tmp_path: Path) -> None:
    with running(tmp_path, "up", *PORTS) as up:
        api = up.address("API")
        done = call(tmp_path, "import", "-", given=lines(event(0, "buy_button_click", price="5", amount=3)))
        assert done.returncode == 0
        _until(lambda: ask(f"{api}/api/v1.0/orders/0")["contents"][:1] and True)

        assert ask(f"{api}/api/v1.0/orders/0")["contents"][0]["sum"] == 15.0


def test_follow_shows_events_as_they_come(tmp_path: Path) -> None:
    with running(tmp_path, "up", *PORTS) as up:
        collector = up.address("collector")
        post(collector, fresh(1))
        (tmp_path / "follow").mkdir()
        with running(tmp_path / "follow", "--data", str(tmp_path / "footfall-data"), "events", "--follow") as following:
            following.wait_for("live:0 ")
            post(collector, fresh(2))
            following.wait_for("live:1 ")


def test_logs_are_json_when_asked(tmp_path: Path) -> None:
    call(tmp_path, "import", "-", given=lines(event(0)))

    done = call(tmp_path, "--log-format", "json", "count", "--once")

    line = json.loads(done.stderr.splitlines()[0])
    assert (line["event"], line["partition"], line["read"], line["counted"], line["set_aside"], line["behind"]) == (
        "step", "import", 1, 1, 0, 0,
    )  # fmt: skip
    assert call(tmp_path, "--log-level", "warning", "count", "--once").stderr == ""


def test_the_script_and_the_pages_are_served(tmp_path: Path) -> None:
    with running(tmp_path, "up", *PORTS) as up:
        collector, api = up.address("collector"), up.address("API")
        for address, kind in ((f"{collector}/divolte.js", "javascript"), (f"{collector}/footfall.js", "javascript"),
                              (f"{api}/docs", "html"), (f"{api}/openapi.json", "json"), (f"{api}/metrics", "plain"),
                              (f"{collector}/ping", "plain"), (f"{collector}/metrics", "plain")):  # fmt: skip
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert kind in answer.headers["Content-Type"], address
