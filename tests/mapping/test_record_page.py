"""docs/reference/record.md names the fields and types that there are, in their order."""

import re
from pathlib import Path
from typing import Any

import pytest

from footfall.mapping import SchemaName, avro_schema

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "record.md"


def written(field: dict[str, Any]) -> tuple[str, str]:
    """Return a field as the page should have it."""
    kind = field["type"]
    return field["name"], kind if isinstance(kind, str) else f"{', '.join(kind[1:])} or null"


@pytest.mark.parametrize("schema", ["default", "lab2"])
def test_the_page_lists_the_record(schema: SchemaName) -> None:
    section = PAGE.read_text(encoding="utf-8").split(f"\n## `{schema}`\n")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", section, re.MULTILINE)

    assert listed == [written(field) for field in avro_schema(schema)["fields"]]  # type: ignore[attr-defined]
