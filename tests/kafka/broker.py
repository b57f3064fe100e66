"""A real Kafka broker (KRaft, one node) in a folder of its own, on free ports of 127.0.0.1."""

import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
LIBS: Final = ROOT / ".cache" / "kafka-libs"
"""Kafka's jars: 46 of them, 44 MB, copied once."""

_PATIENCE: Final = 60.0
"""Seconds in which a broker must have started or ended: it takes 3-8 on two idle cores."""

_PORTS: Final = range(15_000, 32_000)
"""Below what Linux gives to clients: no client can take the port of a broker that is down, not even by calling it."""

_JVM: Final = (
    *("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=2", "-XX:TieredStopAtLevel=1"),
    *("-Xshare:auto", "-Djava.awt.headless=true"),
    *("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"),
)

_SETTINGS: Final[Mapping[str, object]] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "BROKER",
    "auto.create.topics.enable": "false",
    "num.partitions": 4,
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 300,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    # After a SIGKILL the controller waits for the old session to end: 13 s with the default, 4 with this.
    "broker.session.timeout.ms": 1500,
    "broker.heartbeat.interval.ms": 300,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "num.recovery.threads.per.data.dir": 1,
    "background.threads": 2,
    "log.segment.bytes": 64 << 20,
    "log.retention.check.interval.ms": 500,
    "log.initial.task.delay.ms": 500,
    "log.cleaner.dedupe.buffer.size": 10 << 20,
    "log.cleaner.backoff.ms": 200,
}


class Broker:
    """A broker that can be started, stopped, killed and started again; what was written stays."""

    def __init__(self, folder: Path, settings: Mapping[str, object] = {}) -> None:
        """Take free ports. `settings` go over those of `server.properties`."""
        self.folder, self.log = folder, folder / "broker.log"
        self.port, controller = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = folder / "server.properties"
        listeners = f"BROKER://{self.address},CONTROLLER://127.0.0.1:{controller}"
        places = {
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": listeners,
            "advertised.listeners": f"BROKER://{self.address}",
            "log.dirs": folder / "data",
        }
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{key}={value}\n" for key, value in {**_SETTINGS, **places, **settings}.items()]
        self._properties.write_text("".join(lines))

    @property
    def running(self) -> bool:
        """Say whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the process id of the running broker."""
        assert self._process is not None, "the broker runs"
        return self._process.pid

    def start(self) -> None:
        """Start it and return when it answers."""
        assert not self.running, "the broker runs already"
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
        with self.log.open("ab") as log:
            # With the end of the tests the broker ends, however they end.
            command = ["setpriv", "--pdeathsig", "KILL", *_java("kafka.Kafka"), str(self._properties)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _PATIENCE
        while not _answers(self.port):
            if not self.running or time.monotonic() > deadline:
                self.kill9()
                pytest.fail(f"the broker did not start: {self._last_words()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill9(self) -> None:
        """End it at once."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it, if it runs, and start it again on the same ports with the same data."""
        self.stop()
        self.start()

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            pytest.fail(f"the broker did not stop: {self._last_words()}")

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "a")
        command = [*_java("kafka.tools.StorageTool"), "format", "-t", cluster, "-c", str(self._properties)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


def _java(main: str) -> list[str]:
    return ["java", *_JVM, "-cp", f"{LIBS}/*", main]


def _answers(port: int) -> bool:
    with closing(socket.socket()) as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has, and no client will be given."""
    choose = random.SystemRandom()
    while True:
        port = choose.choice(_PORTS)
        with closing(socket.socket()) as server:
            if server.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with closing(socket.socket()) as server:
            try:
                server.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def need_kafka() -> None:
    """See to Kafka's jars. Without java or mvn the test is skipped; with CI=true it fails."""
    missing = [command for command in ("java", "mvn") if shutil.which(command) is None]
    if missing:
        reason = f"{' and '.join(missing)} missing; expected Debian's default-jdk-headless and maven"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    LIBS.parent.mkdir(exist_ok=True)
    with (LIBS.parent / "kafka-libs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, wanted = LIBS / "pom.xml", (HERE / "pom.xml").read_text()
        if not stamp.exists() or stamp.read_text() != wanted:
            _copy_jars()
            stamp.write_text(wanted)


def _copy_jars() -> None:
    shutil.rmtree(LIBS, ignore_errors=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={LIBS}"]
    command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), *goal]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"mvn: {done.stdout[-2000:]}{done.stderr[-2000:]}"
