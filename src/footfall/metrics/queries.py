"""Named queries: a name line, a sentence, the query; parted by the next name line."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def counting(session_timeout: int, session_memory: int) -> Mapping[str, str]:
    """Return the queries of `sql/counting.sql` by name, in their order, for these two settings (ms)."""
    text = resources.files(__package__).joinpath("sql", "counting.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    settings = {"{timeout}": str(int(session_timeout)), "{memory}": str(int(session_memory))}
    return MappingProxyType(
        {name: _filled(body, settings) for name, body in zip(parts[::2], parts[1::2], strict=True)},
    )


def _filled(body: str, settings: Mapping[str, str]) -> str:
    for placeholder, value in settings.items():
        body = body.replace(placeholder, value)
    return body.strip().removesuffix(";")
