"""The pages that are generated are what the code gives."""

import importlib.util
from types import ModuleType

import pytest
from tests.docs.pages import DOCS, ROOT


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings.md", "commands.md"])
def test_a_generated_page_is_what_the_code_gives(page: str, reference: ModuleType) -> None:
    written = (DOCS / "reference" / page).read_text(encoding="utf-8")

    assert written == reference.PAGES[page](), "not what the code gives; run: .venv/bin/python scripts/reference.py"


def test_both_generated_pages_are_looked_at(reference: ModuleType) -> None:
    assert set(reference.PAGES) == {"settings.md", "commands.md"}
