"""What OpenAPI promises is what is answered."""

from typing import Any

import jsonschema
import pytest
from httpx import Client
from tests.answers.facts import example, fill
from tests.api.clients import NOW, client_of

from footfall.errors import UnavailableError
from footfall.store import MemoryStore


@pytest.fixture(scope="module")
def client() -> Client:
    store = MemoryStore()
    fill(store, example((NOW - 3000) // 60 * 60_000))
    return client_of(store, ends=lambda: {"live": 9})


@pytest.fixture(scope="module")
def api(client: Client) -> dict[str, Any]:
    return dict(client.get("/openapi.json").json())


def fits(api: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    whole = {**schema, "components": api["components"]}
    jsonschema.Draft202012Validator.check_schema(whole)
    jsonschema.validate(value, whole, cls=jsonschema.Draft202012Validator)


def promised(api: dict[str, Any], path: str, status: int) -> tuple[str, dict[str, Any]]:
    ((media_type, content),) = api["paths"][path]["get"]["responses"][str(status)]["content"].items()
    return media_type, content


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/api/v1.0/users", "/api/v1.0/users", 200),
        ("/api/v1.0/users/{timestamp}", "/api/v1.0/users/0", 200),
        ("/api/v1.0/users/{timestamp}", "/api/v1.0/users/-1", 422),
        ("/api/v1.0/orders", "/api/v1.0/orders", 200),
        ("/api/v1.0/orders/{timestamp}", "/api/v1.0/orders/0", 200),
        ("/api/v1.0/orders/{timestamp}", "/api/v1.0/orders/x", 422),
        ("/health", "/health", 200),
    ],
)
def test_answers_fit_their_schemas(client: Client, api: dict[str, Any], path: str, asked: str, status: int) -> None:
    answer = client.get(asked)

    media_type, content = promised(api, path, status)
    assert answer.status_code == status
    assert answer.headers["content-type"] == media_type
    fits(api, content["schema"], answer.json())


def test_a_store_that_cannot_be_read_is_answered_as_promised(api: dict[str, Any]) -> None:
    class Gone(MemoryStore):
        def positions(self) -> list[Any]:
            raise UnavailableError("store.db: the store cannot be read")

    answer = client_of(Gone()).get("/health")

    fits(api, promised(api, "/health", 503)[1]["schema"], answer.json())


def test_every_example_of_a_problem_fits_the_problem_document(api: dict[str, Any]) -> None:
    shown = [
        (status, content["application/problem+json"])
        for methods in api["paths"].values()
        for status, response in methods["get"]["responses"].items()
        if (content := response.get("content", {})).get("application/problem+json")
    ]

    assert len(shown) == 6
    for status, content in shown:
        fits(api, content["schema"], content["example"])
        assert content["example"]["status"] == int(status)


def test_every_field_and_parameter_says_what_it_means_and_has_an_example(api: dict[str, Any]) -> None:
    parameters = [p for methods in api["paths"].values() for p in methods["get"].get("parameters", ())]
    fields = {
        f"{name}.{field}": schema
        for name, parts in api["components"]["schemas"].items()
        if name != "Problem"
        for field, schema in parts["properties"].items()
        if field != "contents"
    }

    assert all(p["description"] and p["schema"]["type"] == "integer" for p in parameters)
    assert [name for name, schema in fields.items() if not (schema.get("description") and "examples" in schema)] == []


def test_only_what_exists_is_promised(api: dict[str, Any]) -> None:
    assert sorted(api["paths"]) == [
        "/api/v1.0/orders",
        "/api/v1.0/orders/{timestamp}",
        "/api/v1.0/users",
        "/api/v1.0/users/{timestamp}",
        "/health",
        "/metrics",
    ]
    assert "HTTPValidationError" not in api["components"]["schemas"]
