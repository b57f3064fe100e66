"""The loop that keeps services alive and ends them cleanly."""

import os
import selectors
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from footfall.errors import HeldError, SettingsError, VersionError
from footfall.supervisor.service import Child, Service, start

_HOPELESS = {SettingsError.exit_code, HeldError.exit_code, VersionError.exit_code}
"""Exit codes that a restart cannot mend: at the first start they end everything."""

_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the 1st, 2nd ... restart in a row; the last for all further ones. It never gives up."""

_STEADY = 10.0
"""A service that lived so many seconds starts again without a pause."""


@dataclass(slots=True)
class _Troop:
    """All services and how each is doing."""

    say: Callable[[str, str], None]
    children: dict[int, Child] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    due: list[tuple[float, Service]] = field(default_factory=list)
    ready: dict[str, str] = field(default_factory=dict)
    signals: int = 0


def supervise(
    services: Sequence[Service],
    *,
    say: Callable[[str, str], None],
    all_ready: Callable[[dict[str, str]], None],
    patience: float = 30.0,
) -> int:
    """Run the services until SIGTERM or SIGINT, restarting those that die, and return the exit code.

    `say(service, what)` is told of starts, deaths and restarts; `all_ready` is called once with every service's ready
    message. On a signal each service gets SIGTERM and `patience` seconds; a second signal, or the end of patience,
    is SIGKILL. A service that cannot start for a reason that a restart does not mend (settings, a held journal, a
    newer data folder) ends all of them with its exit code.
    """
    troop = _Troop(say)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)

    def on_signal(number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            troop.signals += 1

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)}
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    selector = selectors.DefaultSelector()
    selector.register(wake_read, selectors.EVENT_READ)
    try:
        for service in services:
            _start(troop, selector, service)
        return _watch(troop, selector, wake_read, len(services), all_ready, patience)
    finally:
        _kill(troop, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        selector.close()
        os.close(wake_read)
        os.close(wake_write)


def _watch(
    troop: _Troop,
    selector: selectors.BaseSelector,
    wake: int,
    services: int,
    all_ready: Callable[[dict[str, str]], None],
    patience: float,
) -> int:
    announced = False
    while True:
        for key, _ in selector.select(_pause(troop)):
            if key.fd == wake:
                _drain(wake)
            else:
                _hear(troop, selector, key.fd, key.data)
        code = _bury(troop, selector)
        if code is not None:
            _end(troop, patience)
            return code
        if troop.signals:
            _end(troop, patience)
            return 0
        if not announced and len(troop.ready) == services:
            announced = True
            all_ready(dict(troop.ready))
        now = time.monotonic()
        for entry in [entry for entry in troop.due if entry[0] <= now]:
            troop.due.remove(entry)
            _start(troop, selector, entry[1])


def _pause(troop: _Troop) -> float | None:
    return max(0.0, min(due for due, _ in troop.due) - time.monotonic()) if troop.due else None


def _start(troop: _Troop, selector: selectors.BaseSelector, service: Service) -> None:
    child = start(service, time.monotonic())
    troop.children[child.pid] = child
    selector.register(child.ready, selectors.EVENT_READ, service.name)


def _hear(troop: _Troop, selector: selectors.BaseSelector, fd: int, name: str) -> None:
    message = _drain(fd).decode(errors="replace").strip()
    if message:
        troop.ready[name] = message.splitlines()[0]
        troop.say(name, f"ready: {message.splitlines()[0]}")
    selector.unregister(fd)
    os.close(fd)


def _drain(fd: int) -> bytes:
    try:
        return os.read(fd, 65536)
    except BlockingIOError:
        return b""


def _bury(troop: _Troop, selector: selectors.BaseSelector) -> int | None:
    """Note the dead and when each starts again; return an exit code if there is no hope."""
    while troop.children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return None
        child = troop.children.pop(pid, None)
        if child is None:
            continue
        if child.ready in selector.get_map():
            _hear(troop, selector, child.ready, child.service.name)
        if troop.signals:
            continue
        name, code = child.service.name, os.waitstatus_to_exitcode(status)
        if code in _HOPELESS and name not in troop.ready:
            return code
        lived = time.monotonic() - child.born
        failures = 0 if lived > _STEADY else troop.failures.get(name, 0)
        pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
        troop.failures[name] = failures + 1
        troop.due.append((time.monotonic() + pause, child.service))
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        troop.say(name, f"ended ({how}); starting again in {pause:g} s")
    return None


def _end(troop: _Troop, patience: float) -> None:
    """Ask all to end, wait, and kill those that do not."""
    troop.due.clear()
    _kill(troop, signal.SIGTERM)
    asked, deadline = troop.signals, time.monotonic() + patience
    while troop.children and time.monotonic() < deadline and troop.signals <= max(asked, 1):
        pid, _status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            time.sleep(0.02)
        else:
            troop.children.pop(pid, None)
    for child in troop.children.values():
        troop.say(child.service.name, "did not end in time; killed")
    _kill(troop, signal.SIGKILL)


def _kill(troop: _Troop, number: signal.Signals) -> None:
    for pid in troop.children:
        os.kill(pid, number)
    if number == signal.SIGKILL:
        for pid in list(troop.children):
            os.waitpid(pid, 0)
            del troop.children[pid]
