"""A schema registry is told what is written: Confluent's public HTTP API, `POST /subjects/NAME/versions`."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from footfall.errors import SettingsError, UnavailableError

_PATIENCE: Final = 5.0
"""Seconds that an answer may take."""

_LARGEST: Final = 1_000_000
"""Bytes of the longest answer that is read."""

_TYPE: Final = "application/vnd.schemaregistry.v1+json"


def register(address: str, topic: str, schema: object, user: str = "", ca: str | None = None) -> int:
    """Return the number of the schema of a topic's values, registering it if it is not known.

    `user`: NAME:PASSWORD, if the registry wants one; `ca`: file of certificates to trust. Raises SettingsError: the
    registry refuses, with its reason; UnavailableError: nobody answers.
    """
    url = f"{address}/subjects/{quote(topic + '-value', safe='')}/versions"
    body = json.dumps({"schema": json.dumps(schema)}).encode()
    request = urllib.request.Request(url, body, _headers(user))  # noqa: S310 - http(s), by the settings
    context = ssl.create_default_context(cafile=ca)
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE, context=context) as answer:  # noqa: S310
            number = json.loads(answer.read(_LARGEST))["id"]
    except urllib.error.HTTPError as error:
        raise _refused(address, error) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnavailableError(f"log: registry = {address}: {error}") from error
    return int(number)


def _headers(user: str) -> Mapping[str, str]:
    headers = {"Content-Type": _TYPE, "Accept": _TYPE}
    if user:
        headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    return headers


def _refused(address: str, error: urllib.error.HTTPError) -> SettingsError | UnavailableError:
    with error:
        said = error.read(_LARGEST).decode("utf-8", "replace")[:500]
    if error.code >= 500:
        return UnavailableError(f"log: registry = {address}: answered {error.code}: {said}")
    return SettingsError(f"log: registry = {address}: does not take the schema ({error.code}): {said}")
