"""Errors as problem documents (RFC 9457): what was wrong, and what was expected."""

from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from footfall.errors import FootfallError

MEDIA_TYPE: Final = "application/problem+json"

_TITLES: Final = {421: "Misdirected Request", 422: "Unprocessable Content"}
"""Names by RFC 9110, where Python's differ from version to version."""

_SHOWN: Final = 60
"""Characters shown of a wrong value."""

_SECONDS_TO_WAIT: Final = 5
"""Retry-After of an answer that the store could not give."""


class Problem(BaseModel):
    """What was wrong with a request (RFC 9457)."""

    type: str = Field(description="Always about:blank: the status says what kind of problem it is.")
    title: str = Field(description="The name of the status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="For a person: what was wrong, and what was expected.")
    parameter: str | None = Field(None, description="The parameter that was wrong.")
    value: str | None = Field(None, description="Its value, cut to 60 characters.")
    expected: str | None = Field(None, description="What was expected.")


class WrongParameter(Exception):  # noqa: N818 - a refusal with an answer of its own, not a failure
    """A parameter that cannot be used."""

    def __init__(self, parameter: str, value: str, expected: str) -> None:
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        super().__init__(f"{parameter} = {shown}: expected {expected}")
        self.parameter, self.value, self.expected = parameter, shown, expected


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: str) -> Response:
    """Return a problem document; `more` are its extension members."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def describe(status: int, what: str, **example: str) -> dict[int | str, dict[str, Any]]:
    """Return how OpenAPI describes an answer of this status."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    shown = {"type": "about:blank", "title": title, "status": status, **example}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": what, "content": {MEDIA_TYPE: {"schema": schema, "example": shown}}}}


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem document."""

    @app.exception_handler(WrongParameter)
    async def wrong_parameter(request: Request, error: WrongParameter) -> Response:
        return problem(422, str(error), parameter=error.parameter, value=error.value, expected=error.expected)

    @app.exception_handler(FootfallError)
    async def cannot_answer(request: Request, error: FootfallError) -> Response:
        return problem(503, str(error), {"Retry-After": str(_SECONDS_TO_WAIT)})

    @app.exception_handler(HTTPException)
    async def no_such_address(request: Request, error: HTTPException) -> Response:
        path = request.url.path[: _SHOWN * 2]
        match error.status_code:
            case 404:
                return problem(404, f"nothing is at {path}; the addresses are listed at /docs")
            case 405:
                why = f"{request.method} is not possible at {path}; expected GET or HEAD"
                return problem(405, why, {"Allow": "GET, HEAD"})
            case status:
                return problem(status, str(error.detail), dict(error.headers or {}))
