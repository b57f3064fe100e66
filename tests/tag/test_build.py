"""The committed script is the build of its source, and small."""

import gzip
import json
import re
from importlib.resources import files

from tests.tag.building import ROOT, SOURCE, Builder

from footfall.settings import TagSettings
from footfall.tag import render

LIMIT = 4_000
"""Bytes, as it is sent."""


def test_the_committed_script_is_the_build_of_its_source(builder: Builder) -> None:
    built = builder.build()

    assert built == files("footfall.tag").joinpath("footfall.js").read_bytes(), "run: cd tag && npm ci && npm run build"


def test_a_changed_source_is_noticed(builder: Builder) -> None:
    """Negative control."""
    changed = builder.build({"transport.js": ("30000", "30001")})

    assert changed != files("footfall.tag").joinpath("footfall.js").read_bytes()


def test_it_is_small() -> None:
    assert len(gzip.compress(render(TagSettings()), 9, mtime=0)) <= LIMIT


def test_the_lock_names_each_package_by_its_hash_and_no_address() -> None:
    text = (SOURCE / "package-lock.json").read_text(encoding="utf-8")

    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert len(packages) > 1
    assert all(re.fullmatch(r"sha512-\S{88}", package["integrity"]) for package in packages.values())
    assert "resolved" not in text
    assert "//" not in re.sub(r'"integrity": ".*"', "", text)


def test_the_script_that_is_installed_is_the_one_of_the_source() -> None:
    assert (
        files("footfall.tag").joinpath("footfall.js").read_bytes()
        == (ROOT / "src" / "footfall" / "tag" / "footfall.js").read_bytes()
    )


def test_it_says_whose_it_is_and_under_which_licence() -> None:
    assert render(TagSettings()).startswith(b"/* Footfall, Apache-2.0 */\n")
