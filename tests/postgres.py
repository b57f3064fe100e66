"""A real PostgreSQL server in a folder of its own, on a free port of 127.0.0.1."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
import psycopg
import pytest
from tests.kafka.broker import free_port

from footfall.store import open_store
from footfall.store.tables import metadata

_PATIENCE: Final = 60.0
"""Seconds in which a server must have started or ended: it takes half a second on two idle cores."""

_SETTINGS: Final[Mapping[str, object]] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": 60,
    "timezone": "America/St_Johns",  # nothing may depend on it
    "lc_messages": "C",
    "logging_collector": "off",
}

_HASTY: Final[Mapping[str, object]] = {"fsync": "off", "full_page_writes": "off"}
"""For tests that kill no server."""

_USER: Final = "postgres"


class Server:
    """A server that can be started, stopped, killed and started again; what was committed stays."""

    def __init__(self, folder: Path, *, durable: bool = False, settings: Mapping[str, object] = {}) -> None:
        """Make a cluster in `folder` and take a free port. `durable`: it keeps what was committed when it is killed."""
        self.folder, self.log, self.port = folder, folder / "server.log", free_port()
        self._data, self._numbers = folder / "data", itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, _USER, _USER)
        # A language whose order of texts is not that of their bytes.
        language = ["-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        self._run("initdb", "-D", str(self._data), "-U", _USER, "-A", "trust", "--no-sync", *language)
        self.set(**{**_SETTINGS, **({} if durable else _HASTY), **settings, "port": self.port})

    def set(self, **settings: object) -> None:
        """Write settings; they hold from the next start."""
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def allow(self, *lines: str) -> None:
        """Write who may connect and how (pg_hba.conf); it holds from the next start."""
        (self._data / "pg_hba.conf").write_text("".join(line + "\n" for line in lines))

    def own(self, path: Path) -> None:
        """Give a file to the server's user alone."""
        path.chmod(0o600)
        if os.getuid() == 0:
            shutil.chown(path, _USER, _USER)

    def address(self, database: str = "postgres", user: str = _USER, **parameters: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}" + (f"?{query}" if query else "")

    def new_database(self) -> str:
        """Return the address of a new database without tables."""
        name = f"shop{next(self._numbers)}"
        with psycopg.connect(self.address(), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name)

    def new_store(self) -> str:
        """Return the address of a database with the tables of a new store: a copy, ten times faster than migrations."""
        name = f"shop{next(self._numbers)}"
        with psycopg.connect(self.address(), autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = 'counted'").fetchone():
                admin.execute("CREATE DATABASE counted")
                open_store(self.address("counted")).close()
            admin.execute(f"CREATE DATABASE {name} TEMPLATE counted".encode())
        return self.address(name)

    def emptied_store(self) -> str:
        """Return the address of one store that is used again and again, with nothing in it."""
        with psycopg.connect(self.address(), autocommit=True) as admin:
            there = admin.execute("SELECT 1 FROM pg_database WHERE datname = 'again'").fetchone()
            if not there:
                admin.execute("CREATE DATABASE again")
                open_store(self.address("again")).close()
        with psycopg.connect(self.address("again")) as db:
            db.execute("; ".join(f"DELETE FROM {name}" for name in metadata.tables).encode())
        return self.address("again")

    def start(self) -> None:
        """Start it and return when it answers."""
        assert self._process is None, "the server runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                _command("postgres", "-D", str(self._data)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
            )
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return psycopg.connect(self.address(), connect_timeout=2).close()
            except psycopg.OperationalError as error:
                if "no password supplied" in str(error):
                    return None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the server did not start: {error}: {self.log.read_text(errors='replace')[-2000:]}")
                time.sleep(0.02)

    @property
    def runs(self) -> bool:
        return self._process is not None

    def stop(self) -> None:
        """End it in good order, whoever is connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_PATIENCE)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill9(self) -> None:
        """End it and all it has started at once."""
        assert self._process is not None, "the server runs"
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        for child in children:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        self._process.wait()
        psutil.wait_procs(children, _PATIENCE)
        self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(_command(program, *arguments), capture_output=True, text=True, timeout=_PATIENCE, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running(*, durable: bool = False, settings: Mapping[str, object] = {}) -> Iterator[Server]:
    """Run a server in a folder of its own, below /tmp: its user could not enter a folder of pytest's."""
    need_postgres()
    folder = Path(tempfile.mkdtemp(prefix="footfall-postgres-"))
    try:
        server = Server(folder, durable=durable, settings=settings)
        server.start()
        try:
            yield server
        finally:
            if server.runs:
                server.kill9()  # nobody needs what it would write in good order
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def need_postgres() -> None:
    """Skip the test if there is no PostgreSQL; with CI=true it fails."""
    if _program("postgres") is None:
        reason = "postgres is missing; expected Debian's postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def _program(name: str) -> str | None:
    """Return the program's path: Debian keeps all but the clients out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name)


def _command(name: str, *arguments: str) -> list[str]:
    program = _program(name)
    assert program is not None, "need_postgres was asked first"
    # With the end of the tests the server ends, however they end.
    other = ["--reuid", _USER, "--regid", _USER, "--clear-groups"] if os.getuid() == 0 else []
    return ["setpriv", "--pdeathsig", "KILL", *other, program, *arguments]
