"""The tag's source, built anew, as it is or with something switched off."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import pytest

ROOT: Final = Path(__file__).parent.parent.parent
SOURCE: Final = ROOT / "tag"

_PATIENCE: Final = 120
"""Seconds for installing; a registry may be slow."""

Changes = Mapping[str, tuple[str, str]]
"""Module -> what stands in it once, and what shall stand there instead."""


def need(command: str) -> str:
    """Return where the command is; without it, skip, or fail on CI."""
    found = shutil.which(command)
    if found is None:
        missing(f"{command} is missing; expected Debian's package")
    return found


def missing(what: str) -> NoReturn:
    """Skip for what this machine does not have; on CI nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


class Builder:
    """A copy of the source with the locked tools, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Install. Skips without node or a registry, fails on CI."""
        self._node, self._folder = need("node"), folder
        for name in ("package.json", "package-lock.json", "build.js"):
            shutil.copy(SOURCE / name, folder)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        done = _run(need("npm"), "ci", *options, folder=folder)
        if done.returncode:
            missing(f"npm ci failed: {done.stderr[-500:]}")

    def build(self, changes: Changes | None = None) -> bytes:
        """Return the built script of the source, changed as said."""
        source = self._folder / "src"
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(SOURCE / "src", source)
        for module, (before, after) in (changes or {}).items():
            text = (source / module).read_text(encoding="utf-8")
            assert text.count(before) == 1, f"{module}: {before!r} stands there {text.count(before)} times"
            (source / module).write_text(text.replace(before, after), encoding="utf-8")
        built = self._folder / "built.js"
        done = _run(self._node, "build.js", str(built), folder=self._folder)
        assert done.returncode == 0, done.stderr
        return built.read_bytes()


def _run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False)
