"""Clients that send events one after the other, and know which were acknowledged."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.collector.talking import an_event, get, post, target

from footfall.collector.wire import GIF


@dataclass
class Load:
    """What was sent, and what of it was acknowledged."""

    sent: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return status and body of the next answer. Raises IncompleteReadError, ConnectionError."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return int(head[9:12]), await reader.readexactly(length)


async def _visit(port: int, load: Load, name: str, posts: bool) -> None:
    """Send events as fast as they are acknowledged, until the connection breaks."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    number = 0
    try:
        while True:
            ids = [f"{name}-{number + n}" for n in range(5 if posts else 1)]
            number += len(ids)
            events = [an_event(eventId=id) for id in ids]
            load.sent += ids
            writer.write(post(json.dumps(events).encode()) if posts else get(target(ids[0])))
            status, body = await answer_of(reader)
            assert status in (200, 503)
            if status == 200:
                assert body == GIF or json.loads(body)["kept"] == len(ids)
                load.acknowledged += ids
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def load(port: int, name: str, clients: int, end: Callable[[], Awaitable[None]]) -> Load:
    """Send from so many clients, every fourth by POST, until `end` has returned and the connections broke.

    Ids begin with `name`, and are unique if it is.
    """
    found = Load()
    visits = [
        asyncio.create_task(_visit(port, found, f"{name}-{client}", client % 4 == 3)) for client in range(clients)
    ]
    await end()
    await asyncio.wait_for(asyncio.gather(*visits), timeout=30)
    return found
