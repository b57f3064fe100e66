"""The tag as it is served (divolte.md 3.7)."""

import base64
import gzip
import hashlib

import pytest
from tests.collector.running import SCRIPT, Running
from tests.collector.talking import Answer, ask, get

DIGEST = base64.b64encode(hashlib.sha256(SCRIPT).digest()).decode()


def script(collector: Running, *headers: str, path: str = "/divolte.js") -> Answer:
    return ask(collector.port, get(path, *headers))


@pytest.mark.parametrize("path", ["/divolte.js", "/footfall.js"])
def test_it_is_served_under_both_names(collector: Running, path: str) -> None:
    answer = script(collector, path=path)

    assert (answer.status, answer.body) == (200, SCRIPT)
    assert answer.header("content-type") == "application/javascript"
    assert answer.header("cache-control") == "public, max-age=3600"
    assert answer.header("etag") == f'"{DIGEST}"'
    assert answer.header("content-encoding") is None
    assert answer.header("vary") == "Accept-Encoding"


@pytest.mark.parametrize("taken", ["gzip", "br, gzip", "gzip, deflate, br", "deflate,gzip"])
def test_who_takes_gzip_gets_it(collector: Running, taken: str) -> None:
    answer = script(collector, f"Accept-Encoding: {taken}")

    assert gzip.decompress(answer.body) == SCRIPT
    assert len(answer.body) < len(SCRIPT) / 10
    assert answer.header("content-encoding") == "gzip"
    assert answer.header("etag") == f'"gz+{DIGEST}"'


@pytest.mark.parametrize("taken", ["gzip;q=0", "gzip;q=1", "br", "xgzip", ""])
def test_others_do_not(collector: Running, taken: str) -> None:
    assert script(collector, f"Accept-Encoding: {taken}").header("content-encoding") is None


@pytest.mark.parametrize("tags", [f'"{DIGEST}"', f'W/"{DIGEST}"', f'"x", "{DIGEST}"'])
def test_who_has_it_gets_304(collector: Running, tags: str) -> None:
    answer = script(collector, f"If-None-Match: {tags}")

    assert (answer.status, answer.body) == (304, b"")
    assert answer.header("etag") == f'"{DIGEST}"'


@pytest.mark.parametrize("tags", ["*", f'"gz+{DIGEST}"', f'"{DIGEST[:-2]}"', "x"])
def test_who_has_another_gets_it(collector: Running, tags: str) -> None:
    """Also who says `*`, as with Divolte; and the compressed form is another."""
    assert script(collector, f"If-None-Match: {tags}").status == 200
