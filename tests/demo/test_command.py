"""`footfall demo` before anything runs: what it refuses, and what it leaves alone."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.cli.calling import call, environ
from tests.demo.opened import until

from footfall import wiring
from footfall.demo.folder import MARKER
from footfall.settings import ItemSettings, TagSettings, load

FREE = ("--shop-port", "0", "--collector-port", "0", "--api-port", "0")


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_with_other_data_is_refused_and_left_alone(tmp_path: Path, named: bool) -> None:
    folder = tmp_path / ("shop" if named else "footfall-demo")
    folder.mkdir()
    (folder / "store.db").write_bytes(b"real numbers")

    done = call(tmp_path, *(("--data", "shop") if named else ()), "demo", *FREE)

    assert done.returncode == 1
    assert done.stderr == (
        f"footfall: {folder.name}: holds store.db and is not the demo's; expected a new or an empty folder "
        "(name one: footfall --data DIR demo)\n"
    )
    assert [(file.name, file.read_bytes()) for file in folder.iterdir()] == [("store.db", b"real numbers")]


def test_a_port_in_use_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        done = call(tmp_path, "demo", "--shop-port", port, "--collector-port", "0", "--api-port", "0")

    assert done.returncode == 2
    assert done.stderr.startswith(f"footfall: --shop-port {port}: cannot listen there on 127.0.0.1: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ended_in_the_middle_of_the_history_it_says_little_and_leaves_no_process(
    tmp_path: Path, number: signal.Signals
) -> None:
    with demo(tmp_path) as process:
        until(lambda: (tmp_path / "footfall-demo" / "journal" / "history.db").exists(), 30)
        time.sleep(0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert process.returncode != 0
    assert "Traceback" not in err
    assert out == ""


def test_of_the_shop_owners_own_settings_it_takes_ports_and_time_zone_only(tmp_path: Path) -> None:
    """Neither the real data folder nor rules that would leave the demo without numbers."""
    (tmp_path / "footfall.toml").write_text(
        'data = "real"\nshops = ["shop.example"]\ntimezone = "Europe/Moscow"\n'
        '[tag]\nconsent = "wait"\n[items]\npatterns = ["/p/(.+)"]\n'
    )
    shop = wiring.demo_shop(load(tmp_path / "footfall.toml", environ={}), tmp_path / "footfall-demo", 0)

    assert (shop.settings.data, shop.settings.timezone) == (tmp_path / "footfall-demo", "Europe/Moscow")
    assert (shop.settings.shops, shop.settings.tag, shop.settings.items) == ((), TagSettings(), ItemSettings())
    assert [file.name for file in (tmp_path / "footfall-demo").iterdir()] == [MARKER]
    assert not (tmp_path / "real").exists()


@contextlib.contextmanager
def demo(folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """Run the demo in a process group of its own, and see that nothing of it is left in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "footfall", "demo", *FREE],
        cwd=folder,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a run in the background ignores it
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    until(lambda: not of_group(process.pid), 10)


def of_group(group: int) -> list[int]:
    """Return the processes of a group that still run."""
    found = []
    for process in psutil.process_iter(["pid", "status"]):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(process.info["pid"]) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.info["pid"])
    return found
