"""Pages that say what to type are walked through, word for word, and show what comes."""

from pathlib import Path

import pytest
from tests.docs.pages import DOCS, page_of
from tests.docs.walking import INSTALLS, Walk

WALKS = [
    "how-to/export-numbers.md",
    "how-to/import-history.md",
    "how-to/keep-and-delete.md",
    "how-to/mend-set-aside.md",
    "reference/api.md",
    "reference/collector.md",
    "tutorial/first-numbers.md",
]


@pytest.mark.browser
@pytest.mark.parametrize("name", WALKS)
def test_a_page_can_be_followed_word_for_word(name: str, tmp_path: Path) -> None:
    page = page_of(DOCS / name)

    walk = Walk(page, tmp_path)
    walk.go()

    assert len(walk.done) == len([block for block in page.fenced("sh") if INSTALLS not in block.text])


@pytest.mark.parametrize(
    "blocks",
    [
        "```sh\necho one\n```\n\n```text\ntwo\n```\n",
        '```sh\necho \'{"count": 1}\'\n```\n\n```json\n{"count": 2}\n```\n',
        "```sh\nfalse\ntrue\n```\n",
        "```sh\nfootfall no-such-command\n```\n",
    ],
)
def test_a_page_that_is_not_as_it_is_done_fails(blocks: str, tmp_path: Path) -> None:
    """Negative control."""
    file = tmp_path / "page.md"
    file.write_text(f"# Page\n\n{blocks}")

    with pytest.raises(AssertionError, match=r"page\.md:3|the page shows"):
        Walk(page_of(file), tmp_path).go()
