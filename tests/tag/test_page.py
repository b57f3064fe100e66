"""docs/reference/tag.md names every call, attribute, setting and stored name that there is."""

import re
from typing import Final

from tests.tag.building import ROOT, SOURCE

from footfall.settings import TagSettings

PAGE: Final = (ROOT / "docs" / "reference" / "tag.md").read_text(encoding="utf-8")


def source(module: str) -> str:
    return (SOURCE / "src" / module).read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_member_of_the_object_is_described() -> None:
    declared = re.findall(r"^  (\w+): ", source("main.js").split("const divolte = {")[1].split("\n};")[0], re.MULTILINE)
    filled = re.findall(r"divolte\.(\w+) = ", source("visitor.js"))

    described = re.findall(r"`(\w+)(?:\(.*?\))?`", "".join(re.findall(r"^\|([^|]*)\|", section("Calls"), re.MULTILINE)))
    assert sorted(described) == sorted({*declared, *filled})


def test_every_setting_is_described() -> None:
    described = re.findall(r"`tag\.(\w+)`", "".join(re.findall(r"^\|([^|]*)\|", section("Settings"), re.MULTILINE)))

    assert described == list(TagSettings.model_fields)


def test_the_figures_are_the_sources() -> None:
    sending, stored = section("How events are sent"), section("What is stored in the browser")
    queue, transport = source("queue.js"), source("transport.js")

    assert "const OLDEST = 12 * 3600000;" in queue
    assert "12 hours old" in sending
    assert "const STUBBORN = 8;" in queue
    assert "more than 8 times" in sending
    assert "const LONGEST = 60000;" in queue
    assert "... 60 seconds" in sending
    assert "const PATIENCE = 30000;" in transport
    assert "no answer in 30 s" in sending
    assert "const CAPACITY = 500000;" in queue
    assert "500,000 characters" in stored


def test_every_stored_name_is_described() -> None:
    names = re.findall(r'^const [A-Z_]+ = "(footfall[^"]*)"', source("queue.js") + source("visitor.js"), re.MULTILINE)

    assert len(names) == 3
    assert all(f"`{name}" in section("What is stored in the browser") for name in names)


def test_what_the_preset_watches_is_described() -> None:
    selectors = re.findall(r'"(\.[\w-]+)"', source("clicks.js"))

    assert len(selectors) == 3
    assert all(f"`{selector}`" in section("Attributes") for selector in selectors)
