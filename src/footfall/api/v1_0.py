"""The seed's four addresses, exactly as counting.md "Answers" says."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from footfall.answers import Answers
from footfall.api.problems import WrongParameter, describe

AHEAD: Final = 86_400
"""Seconds that a timestamp may lie ahead of now."""

_DIGITS: Final = re.compile(r"[0-9]{1,20}", re.ASCII)
"""Enough for any second there will be; int() of very many digits would take long."""

_MILLISECONDS: Final = 10**11
"""A number from here on is not a second (it would be the year 5138) but a mistaken millisecond."""


class UserRow(BaseModel):
    """Views of one item."""

    url: str = Field(description="Host of the shop.", examples=["shop.example"])
    id_item: str = Field(description="Id of the item.", examples=["dress"])
    count: int = Field(description="How often its page was viewed.", ge=1, examples=[4])
    deep: float = Field(description="Mean depth: which page of its visit a view was, on average.", examples=[2.0])


class OrderRow(BaseModel):
    """What was put into the cart of one item."""

    url: str = Field(description="Host of the shop.", examples=["shop.example"])
    id_item: str = Field(description="Id of the item.", examples=["dress"])
    count: int = Field(description="Pieces.", ge=1, examples=[2])
    sum: float = Field(description="Price x pieces; currencies are added up as plain numbers.", examples=[3980.0])


_Second = Annotated[int, Field(description="The second asked for, not rounded.", examples=[1790000000])]
_Check = Annotated[bool, Field(description="Always true.", examples=[True])]


class UsersAnswer(BaseModel):
    """Views and depth of every item that was viewed, by `url`, then `id_item`."""

    timestamp: _Second
    contents: list[UserRow]
    check: _Check


class OrdersAnswer(BaseModel):
    """Pieces and money of every item that was put into a cart, by `url`, then `id_item`."""

    timestamp: _Second
    contents: list[OrderRow]
    check: _Check


_Timestamp = Annotated[
    str,
    Path(
        description="Unix second from which events count; rounded down to its minute. At most a day ahead of now.",
        examples=[1790000000],
        json_schema_extra={"type": "integer", "minimum": 0},
    ),
]

_UNREADABLE = describe(503, "The store cannot be read just now.", detail="store.db: cannot be read: disk I/O error")
_EXPECTED = "a Unix second from 0 to 1790086400 (a day from now), in digits"
_WRONG = describe(
    422,
    "The timestamp is negative, not a number, or more than a day ahead.",
    detail=f"timestamp = -5: expected {_EXPECTED}",
    parameter="timestamp",
    value="-5",
    expected=_EXPECTED,
)


def read_timestamp(text: str, now: int) -> int:
    """Return the Unix second written in `text`. Raises WrongParameter, with what was expected."""
    latest = now + AHEAD
    if _DIGITS.fullmatch(text) and int(text) <= latest:
        return int(text)
    hint = ""
    if _DIGITS.fullmatch(text) and _MILLISECONDS <= int(text) <= latest * 1000:
        hint = f"; this looks like milliseconds: try {int(text) // 1000}"
    raise WrongParameter("timestamp", text, f"a Unix second from 0 to {latest} (a day from now), in digits{hint}")


def router(answers: Answers) -> APIRouter:
    """Return the routes of v1.0."""
    routes = APIRouter(prefix="/api/v1.0", tags=["v1.0"])

    def users_since(second: int) -> Response:
        rows = answers.users(second)
        return _shape(
            second,
            [{"url": row.shop, "id_item": row.item, "count": row.views, "deep": row.mean_depth} for row in rows],
        )

    def orders_since(second: int) -> Response:
        rows = answers.orders(second)
        return _shape(
            second,
            [{"url": row.shop, "id_item": row.item, "count": row.quantity, "sum": row.value} for row in rows],
        )

    @routes.get(
        "/users",
        summary="Views and depth of items in the last hour",
        response_model=UsersAnswer,
        response_description="One row an item, by url, then id_item.",
        responses=_UNREADABLE,
    )
    def users() -> Response:
        """How often each item was viewed since one hour ago, and how deep in their visit people were by then."""
        return users_since(answers.an_hour_ago())

    @routes.get(
        "/users/{timestamp}",
        summary="Views and depth of items since a moment",
        response_model=UsersAnswer,
        response_description="One row an item, by url, then id_item.",
        responses={**_WRONG, **_UNREADABLE},
    )
    def users_by_timestamp(timestamp: _Timestamp) -> Response:
        """How often each item was viewed since that Unix second, and how deep in their visit people were by then."""
        return users_since(read_timestamp(timestamp, answers.now()))

    @routes.get(
        "/orders",
        summary="Pieces and money put into carts in the last hour",
        response_model=OrdersAnswer,
        response_description="One row an item, by url, then id_item.",
        responses=_UNREADABLE,
    )
    def orders() -> Response:
        """How many pieces of each item were put into carts since one hour ago, and for how much."""
        return orders_since(answers.an_hour_ago())

    @routes.get(
        "/orders/{timestamp}",
        summary="Pieces and money put into carts since a moment",
        response_model=OrdersAnswer,
        response_description="One row an item, by url, then id_item.",
        responses={**_WRONG, **_UNREADABLE},
    )
    def orders_by_timestamp(timestamp: _Timestamp) -> Response:
        """How many pieces of each item were put into carts since that Unix second, and for how much."""
        return orders_since(read_timestamp(timestamp, answers.now()))

    return routes


def _shape(second: int, contents: Sequence[dict[str, Any]]) -> Response:
    body = orjson.dumps({"timestamp": second, "contents": contents, "check": True})
    return Response(body, media_type="application/json")
