"""The pages of the documentation, taken apart: blocks, links, headings and commands."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).parents[2]
"""The checkout."""

DOCS: Final = ROOT / "docs"

_FOLDERS: Final = ("docs", "benchmarks", "requirements")

_NOT_IN_A_SLUG: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block, or a paragraph."""

    kind: str
    """The word behind the fence (`sh`, `json`, `text`, ...); `prose` for a paragraph."""
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    path: Path
    blocks: tuple[Block, ...]
    """In their order."""
    links: tuple[str, ...]
    """Addresses of links and pictures."""
    headings: tuple[str, ...]
    """Their texts, without marks."""
    codes: tuple[str, ...]
    """What stands between backticks in a line of text."""

    @property
    def name(self) -> str:
        """Return where it lies in the checkout."""
        return str(self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path)

    @property
    def anchors(self) -> set[str]:
        """Return the anchors that headings have on the pages of a repository."""
        found: set[str] = set()
        for heading in self.headings:
            slug = _NOT_IN_A_SLUG.sub("", heading.strip().lower()).replace(" ", "-")
            number, unique = 0, slug
            while unique in found:
                number += 1
                unique = f"{slug}-{number}"
            found.add(unique)
        return found

    def fenced(self, kind: str) -> list[Block]:
        """Return the blocks of a kind."""
        return [block for block in self.blocks if block.kind == kind]


def pages() -> list[Page]:
    """Return every page of the checkout that is for readers."""
    paths = sorted(ROOT.glob("*.md")) + [path for name in _FOLDERS for path in sorted((ROOT / name).rglob("*.md"))]
    return [page_of(path) for path in paths]


@cache
def page_of(path: Path) -> Page:
    """Return the page of a file."""
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    inlines = [token for token in tokens if token.type == "inline"]
    parts = [child for token in inlines for child in token.children or ()]
    links = [str(part.attrs[name]) for part in parts for name in ("href", "src") if name in part.attrs]
    return Page(
        path=path,
        blocks=tuple(_blocks(tokens)),
        links=tuple(links),
        headings=tuple(_headings(tokens)),
        codes=tuple(part.content for part in parts if part.type == "code_inline"),
    )


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "fence":
            yield Block(token.info.strip(), token.content, line)
        elif token.type == "paragraph_open" and after is not None:
            yield Block("prose", after.content, line)


def _headings(tokens: list[Token]) -> Iterator[str]:
    for token, after in pairwise(tokens):
        if token.type == "heading_open":
            yield "".join(part.content for part in after.children or () if part.type in ("text", "code_inline"))


def commands(block: Block) -> Iterator[str]:
    """Yield the commands of an `sh` block: continued lines joined, comments and here-documents left out."""
    end = ""
    held = ""
    for line in block.text.splitlines():
        if end:
            end = "" if line == end else end
            continue
        held += line
        if held.endswith("\\"):
            held = held[:-1]
            continue
        if _is_open(held):
            held += "\n"
            continue
        if found := re.search(r"<<'?(\w+)'?", held):
            end = found[1]
        if held.strip() and not held.lstrip().startswith("#"):
            yield held
        held = ""


def _is_open(command: str) -> bool:
    """Say whether a quote goes on in the next line."""
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False
