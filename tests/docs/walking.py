"""Doing what a page says, word for word: its commands, its browser, and a look whether the outputs are as it shows."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright
from tests.docs.pages import Block, Page

PORTS: Final = (8290, 5001, 8000)
"""What the pages name; each becomes a free port."""

INSTALLS: Final = "pip install"
"""A block with this is not done: the tests run in an environment where it has been."""

AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

_SERVES: Final = ("footfall up", "footfall collect", "footfall serve", "python3 -m http.server")
_ASKS: Final = ("curl ", "footfall ledger", "footfall events", "footfall set-aside list", "footfall export", "sqlite3 ")
_PROGRAMS: Final = ("curl", "sqlite3")
"""What readers are told to have; not everybody who runs the tests does."""

_PATIENCE: Final = 20.0
"""Seconds until what does not come will not come."""

_MOVING: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?"), "MOMENT"),
    (re.compile(r"\b(?:17[4-9]|1[89]\d|[2-9]\d\d)\d{7}\b"), "SECOND"),  # from 2025-02-19 on: now, not an example's past
    (re.compile(r"\b(?:17[4-9]|1[89]\d|[2-9]\d\d)\d{10}\b"), "MILLISECOND"),
    (re.compile(r"(\"(?:newest_event_age|bytes)\": ?)[\d.]+"), r"\1NUMBER"),
    (re.compile(r"[ \t]+"), " "),
)
"""What differs from one walk to the next, and what stands for it."""


def steady(text: str) -> str:
    """Return a text without what differs from walk to walk."""
    for pattern, word in _MOVING:
        text = pattern.sub(word, text)
    return text.strip()


class Walk:
    """One walk through a page, in a folder of its own."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.done: list[str] = []
        """The commands that were run."""
        self._ends = ExitStack()
        self._tab: Tab | None = None
        self._ports = {str(port): str(free_port()) for port in PORTS}

    def go(self) -> None:
        """Do what the page says from its beginning to its end; fail where it is not as the page says."""
        with self._ends:
            before: Block | None = None
            said = ""
            for block in self.page.blocks:
                if block.kind == "prose":
                    self._browse(block)
                    continue
                if block.kind == "sh":
                    said = self._run(block)
                elif before is not None and before.kind == "sh" and block.kind in ("text", "json"):
                    self._compare(before, said, block)
                before = block

    # The browser

    def _browse(self, block: Block) -> None:
        for address in re.findall(r"\bOpen <(http[^>]+)>", block.text):
            self._open(self._here(address))
        for button in re.findall(r"\bPress \*\*(\w+)\*\*", block.text):
            assert self._tab is not None
            self._tab.get_by_role("button", name=button).click()
        if block.text.startswith("Reload the page"):
            assert self._tab is not None
            self._tab.reload()

    def _open(self, address: str) -> None:
        chromium = _need("chromium")
        playwright = self._ends.enter_context(sync_playwright())
        flags = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        self._ends.callback(browser.close)
        self._tab = browser.new_page(user_agent=AGENT)
        self._tab.goto(address)

    # The commands

    def _run(self, block: Block) -> str:
        """Run a block and return what it said; a server goes on running until the walk ends."""
        text = self._here(block.text)
        if INSTALLS in text:
            return ""
        for program in _PROGRAMS:
            if text.startswith(program) or f"\n{program} " in text:
                _need(program)
        self.done.append(text)
        if text.startswith(_SERVES):
            return self._serve(text)
        done = self._bash(text)
        assert done.returncode == 0, f"{self._at(block)}: {text}{done.stdout}"
        return done.stdout

    def _bash(self, text: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", text],
            cwd=self.folder,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )

    def _serve(self, text: str) -> str:
        log = self.folder / f"server-{len(self.done)}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {text}"],
                cwd=self.folder,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self._ends.callback(_end, process)
        said = until(log.read_text, lambda said: bool(re.search(r"Ctrl-C|listening on|Serving", said)))
        assert process.poll() is None, said
        return said

    def _environ(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
        path = f"{Path(sys.executable).parent}:{clean['PATH']}"
        ports = {"FOOTFALL_COLLECTOR__PORT": self._ports["8290"], "FOOTFALL_API__PORT": self._ports["5001"]}
        return {**clean, **ports, "PATH": path, "HOME": str(self.folder), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}

    def _here(self, text: str) -> str:
        for port, free in self._ports.items():
            text = re.sub(rf"\b{port}\b", free, text)
        return text.replace("~/first-numbers", str(self.folder))

    # The outputs

    def _compare(self, command: Block, said: str, shown: Block) -> None:
        """Compare what was said with what the page shows: JSON as a whole; of a text, every line must have come."""
        text = self._here(command.text)
        if INSTALLS in text:
            return
        expected = self._here(shown.text)
        holds = _same_json if shown.kind == "json" else _has_lines
        if text.startswith(_ASKS) and " -d " not in text:
            said = until(lambda: self._bash(text).stdout, lambda said: holds(said, expected), said)
        assert holds(said, expected), f"{self._at(shown)}: the page shows\n{expected}\nbut it was\n{said}"

    def _at(self, block: Block) -> str:
        return f"{self.page.name}:{block.line}"


def _same_json(said: str, expected: str) -> bool:
    try:
        found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    except ValueError:
        return False
    return _dumped(found) == _dumped(json.loads(expected))


def _dumped(value: Any) -> str:
    return steady(json.dumps(value, sort_keys=True, ensure_ascii=False))


def _has_lines(said: str, expected: str) -> bool:
    lines = {steady(line) for line in said.splitlines()}
    return all(steady(line) in lines for line in expected.splitlines() if line.strip())


def until(ask: Callable[[], str], holds: Callable[[str], bool], first: str = "") -> str:
    """Ask until the answer is as it should be, or for long enough; return the last answer."""
    deadline = time.monotonic() + _PATIENCE
    said = first or ask()
    while not holds(said) and time.monotonic() < deadline:
        time.sleep(0.1)
        said = ask()
    return said


def _need(program: str) -> str:
    """Return where the program is; skip without it, or fail where all must be there."""
    found = shutil.which(program)
    if found is None and os.environ.get("CI") != "true":
        pytest.skip(f"no {program} on this machine")
    assert found is not None, f"{program} is missing; scripts/test installs it"
    return found


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
