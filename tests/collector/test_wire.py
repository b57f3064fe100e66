"""The answers, byte by byte."""

from footfall.collector.wire import GIF, SENTINEL, Wire

NOON = 1_790_000_000.0

STORED = (
    b"HTTP/1.1 200 OK\r\n"
    b"Server: divolte\r\n"
    b"Date: Mon, 21 Sep 2026 14:13:20 GMT\r\n"
    b"Expires: Fri, 14 Apr 1995 11:30:00 GMT\r\n"
    b"Cache-Control: private, no-cache, proxy-revalidate\r\n"
    b"Pragma: no-cache\r\n"
    b'ETag: "6b3edc43-20ec-4078-bc47-e965dd76b88a"\r\n'
    b"Content-Type: image/gif\r\n"
    b"Access-Control-Allow-Origin: *\r\n"
    b"Connection: keep-alive\r\n"
    b"Content-Length: 37\r\n"
    b"\r\n"
)


def test_an_events_answer_is_divoltes_and_lets_pages_read_it() -> None:
    wire = Wire(NOON)

    assert wire.stored == STORED + GIF
    assert wire.stored_last == STORED.replace(b"keep-alive", b"close") + GIF
    assert len(GIF) == 37


def test_who_has_the_pixel_gets_no_body() -> None:
    answer = Wire(NOON).unchanged(last=False)

    assert answer.startswith(b"HTTP/1.1 304 Not Modified\r\n")
    assert answer.endswith(b"\r\n\r\n")
    assert SENTINEL in answer
    assert b"Content-Length" not in answer


def test_a_refusal_says_why_and_503_when_to_come_back() -> None:
    wire = Wire(NOON)

    assert b"Retry-After: 2\r\n" in wire.refused(503, "later")
    assert wire.refused(503, "later").endswith(b"\r\n\r\nlater\n")
    assert b"Retry-After" not in wire.refused(400, "no")
    assert b"Connection: close\r\n" in wire.refused(400, "no")
    assert b"Access-Control-Allow-Origin: *\r\n" in wire.refused(400, "no")


def test_the_date_is_renewed() -> None:
    wire = Wire(NOON)
    wire.renew(NOON + 1)

    assert b"14:13:21" in wire.stored
    assert b"14:13:21" in wire.refused(400, "no")
