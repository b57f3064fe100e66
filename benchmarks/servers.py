"""Starting and ending what is measured: nginx and Footfall, on free ports of 127.0.0.1."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, seconds: float = 20) -> None:
    """Return once the address answers 200; raise TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url} did not answer in {seconds} s") from None
            time.sleep(0.02)


@contextlib.contextmanager
def running(command: list[str], log: Path, *, core: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command, pinned to a core if given; end it by its id."""
    pinned = ["taskset", "-c", str(core), *command] if core is not None else command
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    with log.open("wb") as out:
        process = subprocess.Popen(pinned, stdout=out, stderr=subprocess.STDOUT, env=environ)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def nginx(folder: Path, *, core: int) -> Iterator[str]:
    """Run Debian's nginx with one worker that answers `empty_gif`; yield its address."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 60;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ empty_gif; }} }}
}}
"""
    )
    with running(["nginx", "-c", str(conf)], folder / "nginx.log", core=core):
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def footfall(folder: Path, *arguments: str, core: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a footfall command on its own data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "footfall", "--data", str(folder / "data"), *arguments]
    with running(command, folder / "footfall.log", core=core) as process:
        yield process
