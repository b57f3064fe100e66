"""Every page: its links lead somewhere, its tables are whole, and it is on the map."""

import re
from pathlib import Path

import pytest
from tests.docs.pages import DOCS, ROOT, Page, page_of, pages

from footfall import __version__

_ELSEWHERE = ("http://", "https://", "mailto:")

_PIPE = re.compile(r"(?<!\\)\|")


def broken_links(page: Page) -> list[str]:
    """Return the links of a page that lead nowhere: no such file, or no such heading in it."""
    found = []
    for link in page.links:
        if link.startswith(_ELSEWHERE):
            continue
        name, _, anchor = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path
        if not target.exists() or (anchor and (target.suffix != ".md" or anchor not in page_of(target).anchors)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_and_anchor_leads_somewhere(page: Page) -> None:
    assert broken_links(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    """Negative control."""
    (tmp_path / "other.md").write_text("# Here\n\n## Twice\n\n## Twice\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n[a](other.md#here) [b](other.md#there) [c](gone.md) [d](#page) [e](other.md#twice-1) ![f](x.png)"
    )

    assert broken_links(page_of(page)) == ["other.md#there", "gone.md", "x.png"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_row_of_a_table_has_the_cells_of_its_head(page: Page) -> None:
    inside, cells, fenced = False, 0, False
    for number, line in enumerate(page.path.read_text(encoding="utf-8").splitlines(), 1):
        fenced ^= line.startswith("```")
        if fenced or not line.startswith("|"):
            inside = False
            continue
        cells = len(_PIPE.findall(line)) if not inside else cells
        inside = True
        assert len(_PIPE.findall(line)) == cells, f"{page.name}:{number}: {line}"


def test_every_page_of_the_documentation_is_on_the_map() -> None:
    """Decisions have a map of their own."""
    for folder, left_out in ((DOCS, DOCS / "decisions"), (DOCS / "decisions", None)):
        here = page_of(folder / "README.md")
        linked = {(folder / link).resolve() for link in here.links if not link.startswith(_ELSEWHERE)}
        there = {path for path in folder.rglob("*.md") if left_out is None or left_out not in path.parents}

        assert there - linked == {folder / "README.md"}


def test_the_newest_version_of_the_changelog_is_this_one() -> None:
    versions = [heading for heading in page_of(ROOT / "CHANGELOG.md").headings if heading[:1].isdigit()]

    assert re.match(r"[\d.]+", versions[0])[0] == __version__  # type: ignore[index]


def test_every_script_is_named_in_contributing() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if path.is_file()} - {"setup.sh"}
    scripts -= {f"{name}.py" for name in scripts}  # what a script of the same name runs

    assert [name for name in scripts if f"scripts/{name}" not in text] == []
