"""What the doctor sees, with real ports, journals and stores."""

import http.server
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.store.steps import step

from footfall.doctor import Finding, examine
from footfall.doctor.ports import holders
from footfall.journal import FrameKind, Journal, pack, pack_line
from footfall.model.steps import Reason, SetAside, Tally
from footfall.settings import Settings, load
from footfall.store import open_store

NOW = round(time.time() * 1000)


def settings_of(data: Path, **flags: object) -> Settings:
    ports = {"collector.port": 0, "api.port": 0}
    named = {name.replace("__", "."): value for name, value in flags.items()}
    return load(environ={}, flags={"data": data, **ports, **named})


def findings(data: Path, **flags: object) -> list[Finding]:
    return examine(settings_of(data, **flags), data / "journal", data / "store.db")


def of(found: list[Finding], words: str) -> Finding:
    (one,) = [finding for finding in found if words in finding.what]
    return one


def write(data: Path, partition: str, records: int, arrival: int = NOW) -> None:
    journal = Journal(data / "journal" / f"{partition}.db")
    journal.append([pack(FrameKind.IMPORTED, arrival, pack_line("x:1", b"{}")) for _ in range(records)])
    journal.close()


def test_a_new_folder_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    found = findings(tmp_path / "data")

    assert of(found, "no such folder yet").level == "warn"
    assert not (tmp_path / "data").exists()
    assert all(finding.advice for finding in found if finding.level != "ok")


def test_what_waits_is_told_once_and_what_is_counted_is_well(tmp_path: Path) -> None:
    write(tmp_path, "live", 3)

    assert of(findings(tmp_path), "nothing was counted yet; 3 events wait").level == "warn"

    store = open_store(tmp_path / "store.db")
    store.commit(step(store.position("live"), 3))
    store.close()
    assert of(findings(tmp_path), "live: counted up to 3").level == "ok"

    write(tmp_path, "live", 2)
    behind = of(findings(tmp_path), "live: 2 events wait")
    assert (behind.level, "footfall count" in behind.advice) == ("warn", True)


def test_a_journal_older_than_the_store_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path, "live", 2)
    store = open_store(tmp_path / "store.db")
    store.commit(step(store.position("live"), 3))
    store.close()

    found = of(findings(tmp_path), "counted up to 3, but its journal ends at 2")

    assert (found.level, "restored" in found.advice) == ("fail", True)


def test_broken_files_are_named(tmp_path: Path) -> None:
    write(tmp_path, "live", 1)
    (tmp_path / "journal" / "import.db").write_bytes(b"no database" * 1000)
    (tmp_path / "store.db").write_bytes(b"no database" * 1000)

    found = findings(tmp_path)

    assert of(found, "import.db: the journal cannot be read").level == "fail"
    assert of(found, "store.db: ").level == "fail"
    assert of(found, "journal live: positions 0 to 1").level == "ok"


def test_a_store_of_a_newer_version_is_named(tmp_path: Path) -> None:
    open_store(tmp_path / "store.db").close()
    db = sqlite3.connect(tmp_path / "store.db")
    db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.commit()
    db.close()

    assert of(findings(tmp_path), "the store has version 9999").level == "fail"


def test_a_clock_behind_the_newest_event_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path, "live", 1, arrival=NOW + 2 * 3_600_000)

    assert of(findings(tmp_path), "the newest event was received at").level == "fail"


def test_a_nearly_full_journal_is_told(tmp_path: Path) -> None:
    write(tmp_path, "live", 60_000)

    assert of(findings(tmp_path, journal__max_bytes=1_000_000), "journals take").level == "warn"
    assert of(findings(tmp_path), "journals take").level == "ok"


@contextmanager
def web(status: int) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("status", "level"), [(200, "ok"), (503, "fail"), (404, "fail")])
def test_who_answers_on_a_port_is_told_by_its_answer(tmp_path: Path, status: int, level: str) -> None:
    with web(status) as port:
        assert of(findings(tmp_path, collector__port=port), f"collector: port {port}").level == level


def test_nobody_on_a_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    found = of(findings(tmp_path, api__port=port), f"api: port {port}")

    assert (found.level, found.advice) == ("warn", "start it: footfall up, or footfall serve")


def test_a_program_that_is_no_web_server_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        def hang_up() -> None:
            for _ in range(2):
                taken.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        found = of(findings(tmp_path, collector__port=port), f"collector: port {port}")
        thread.join()

        assert found.level == "fail"
        assert f"(process {os.getpid()})" in found.what
        assert holders(port)
    assert holders(port) == []


def test_listening_for_everybody_is_told(tmp_path: Path) -> None:
    found = of(findings(tmp_path, collector__host="0.0.0.0"), "everybody who reaches this machine")

    assert found.level == "warn"


def test_what_is_set_aside_and_a_flood_of_robots_are_told(tmp_path: Path) -> None:
    write(tmp_path, "live", 10)
    store = open_store(tmp_path / "store.db")
    kept = [SetAside("live", 0, NOW, Reason.NO_SESSION, "no session", b"raw")]
    tally = Tally(read=10, bot=9, set_aside=1)
    one = step(store.position("live"), 10)
    store.commit(replace(one, tally=tally, reasons={Reason.NO_SESSION: 1}, set_aside=kept))
    store.close()

    found = findings(tmp_path)

    assert of(found, "1 events are set aside").advice.startswith("look: footfall set-aside list")
    assert of(found, "9 of 10 events came from robots").level == "warn"
