"""A schema registry, asked for schemas by their numbers: Confluent's public HTTP API, `GET /schemas/ids/NUMBER`."""

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Final

from footfall.errors import InputError, UnavailableError
from footfall.log.avro_decode import AvroDecoder
from footfall.log.avro_schema import RecordSchema
from footfall.log.columns import Fields
from footfall.log.kafka_client import REGISTRY_USER

_PATIENCE: Final = 5.0
"""Seconds that an answer may take."""

_LARGEST: Final = 10_000_000
"""Bytes of the longest answer that is read."""

_FORGET: Final = 60.0
"""Seconds after which a number that had no schema is asked for again."""

_MOST: Final = 10_000
"""Numbers without a schema that are remembered: records of another kind may name any."""


class Registry:
    """Decoders by the numbers of their schemas. What a number means never changes, so each is asked for once."""

    def __init__(
        self, address: str, options: Mapping[str, str], fields: Fields, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask the registry at `address`; `options` may hold `basic.auth.user.info` and `ssl.ca.location`."""
        self._address, self._fields, self._now = address, fields, now
        self._user = options.get(REGISTRY_USER, "")
        self._tls = ssl.create_default_context(cafile=options.get("ssl.ca.location"))
        self._known: dict[int, AvroDecoder] = {}
        self._unknown: dict[int, tuple[float, str]] = {}

    def __call__(self, number: int) -> AvroDecoder:
        """Return the decoder of a schema. Raises InputError if there is none, UnavailableError if nobody answers."""
        decoder = self._known.get(number)
        if decoder is None:
            since, problem = self._unknown.get(number, (0.0, ""))
            if problem and self._now() - since < _FORGET:
                raise InputError(problem)
            decoder = self._asked(number)
        return decoder

    def _asked(self, number: int) -> AvroDecoder:
        try:
            schema = RecordSchema.of(self._tree(number))
        except InputError as error:
            problem = f"schema {number}: {error}"
            if len(self._unknown) >= _MOST:
                self._unknown.clear()
            self._unknown[number] = (self._now(), problem)
            raise InputError(problem) from error
        decoder = self._known[number] = AvroDecoder(schema, self._fields)
        return decoder

    def _tree(self, number: int) -> object:
        answer = self._get(f"{self._address}/schemas/ids/{number}")
        if not isinstance(answer, dict) or not isinstance(answer.get("schema"), str):
            raise InputError("the registry's answer holds no schema")
        if answer.get("schemaType", "AVRO") != "AVRO":
            raise InputError(f"it is of type {answer['schemaType']}; expected AVRO")
        if answer.get("references"):
            raise InputError("it refers to other schemas; expected one that is whole")
        try:
            return json.loads(answer["schema"])
        except (ValueError, RecursionError) as error:
            raise InputError(f"no JSON: {error}") from error

    def _get(self, url: str) -> object:
        request = urllib.request.Request(url, headers={"Accept": "application/vnd.schemaregistry.v1+json"})  # noqa: S310 - http(s), by the settings
        if self._user:
            request.add_header("Authorization", "Basic " + base64.b64encode(self._user.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE, context=self._tls) as answer:  # noqa: S310
                found: object = json.loads(answer.read(_LARGEST))
                return found
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                raise InputError("the registry has none of this number") from error
            raise UnavailableError(f"log: registry = {self._address}: answered {error.code}") from error
        except (OSError, ValueError) as error:
            raise UnavailableError(f"log: registry = {self._address}: {error}") from error
