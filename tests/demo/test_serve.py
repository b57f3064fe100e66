"""The shop as a process."""

import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from footfall.demo import serve_shop
from footfall.errors import SettingsError

PROGRAM = """
from footfall.demo import serve_shop
serve_shop("127.0.0.1", 0, "http://127.0.0.1:8290", "http://127.0.0.1:5001", lambda address: print(address, flush=True))
print("ended cleanly", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_answers_and_ends_cleanly(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()

        with urllib.request.urlopen(f"{address}/item/cup-morning/", timeout=10) as answer:
            assert "product-item-detail-buy-button" in answer.read().decode()
        process.send_signal(number)

        assert process.stdout.read() == "ended cleanly\n"
        assert process.wait(10) == 0


def test_a_port_in_use_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SettingsError, match=f"--shop-port {port}: cannot listen there"):
            serve_shop("127.0.0.1", port, "http://127.0.0.1:1", "http://127.0.0.1:2", lambda _: None)
