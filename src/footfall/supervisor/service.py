"""One service as a child process: forked, so that what all of them import is in memory once."""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from footfall.errors import FootfallError

Ready = Callable[[str], None]
"""Called by a service once, with what it is ready for: an address, or a sentence."""

_ENDING = (signal.SIGTERM, signal.SIGINT)

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something that runs until SIGTERM and says when it is ready."""

    name: str
    run: Callable[[Ready], None]
    """Blocks until SIGTERM, then returns. Runs in a process of its own."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running service."""

    service: Service
    pid: int
    ready: int
    """File descriptor from which its ready message comes."""
    born: float
    """Monotonic seconds."""


def start(service: Service, now: float) -> Child:
    """Fork the service. The caller must not have started threads."""
    readable, writable = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # a child with our handler would not end
    pid = os.fork()
    if pid == 0:
        os.close(readable)
        _live(service, writable, parent, before)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(writable)
    os.set_blocking(readable, False)
    return Child(service, pid, readable, now)


def _live(service: Service, writable: int, parent: int, mask: Iterable[int]) -> NoReturn:
    """Run the service in the child and leave with its exit code; never return into the parent's code."""
    code = 1
    try:
        os.setpgid(0, 0)  # Ctrl-C in a terminal goes to the supervisor alone, which then asks each in turn
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os._exit(0)

        def ready(message: str) -> None:
            os.write(writable, message.encode() + b"\n")

        service.run(ready)
        code = 0
    except FootfallError as error:
        print(f"footfall {service.name}: {error}", file=sys.stderr)
        code = error.exit_code
    except (KeyboardInterrupt, SystemExit):
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
