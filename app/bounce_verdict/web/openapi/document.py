"""The contract: FastAPI's description of the routes, joined with what it cannot see, the same bytes every time."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from bounce_verdict import __version__
from bounce_verdict.keys import needed_for
from bounce_verdict.response import BatchAnswer, Problem
from bounce_verdict.web.openapi.describe import Document, refusals
from bounce_verdict.web.request.schemas import BatchItem, ReplyRequest
from bounce_verdict.web.routes.rules_check import RulesCheckRequest

_REF = "#/components/schemas/{model}"
_DESCRIPTION = """Reads bounces: an SMTP reply or a bounce message in, one verdict per recipient with its evidence out.

The verdict says what kind of thing went wrong: `retry` (nothing is wrong with address or sender), `permanent` (the address or
its domain is dead), `policy` (refused for what the sender is, says or did), `storage` (no room), or null (nothing failed, or
nothing tells what did). `suppress` says what to do with the address. Every answer carries the digest of the rules and the
version of the program, and the same input with the same two always gives the same answer.

Every error is a problem document (RFC 9457). Every key of an answer is always there, null where nothing is known.
Bodies may be compressed with gzip or zstd, one coding at a time.

Where the service has keys, a request carries one as a bearer token or in `X-API-Key`. Every answer carries `X-Request-ID`, the
caller's own where that is 1 to 64 letters, digits, `-` or `_`."""
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, as `bounces key new` prints it."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
}


def contract(described: Sequence[APIRoute]) -> Document:
    """The OpenAPI 3.1 document of these routes."""
    document = get_openapi(
        title="bounce-verdict",
        version=__version__,
        description=_DESCRIPTION,
        routes=described,
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    paths: dict[str, Any] = document["paths"]
    _put_examples(described, paths)
    _put_keys(paths)
    document["paths"] = dict(sorted(paths.items()))
    answered = {**document["components"]["schemas"], **_described(Problem), **_described(BatchAnswer)}
    for name, answer in (("ReportKind", "Report"), ("EventKind", "Event")):
        _name_kind(answered, name, answer)
    for schema in answered.values():
        if "properties" in schema:
            schema["required"] = list(schema["properties"])
    _, taken = msgspec.json.schema_components(
        [ReplyRequest, BatchItem, RulesCheckRequest], ref_template="#/components/schemas/{name}"
    )
    one_of = [{"required": [name]} for name in ("reply", "message", "message_base64", "log")]
    apart = {"not": {"anyOf": one_of}, "anyOf": [{"required": [name]} for name in ("status", "category")]}
    taken["BatchItem"]["oneOf"] = [*one_of, apart]
    document["components"]["schemas"] = dict(sorted({**answered, **taken}.items()))
    document["components"]["securitySchemes"] = _SCHEMES
    return document


def _put_examples(described: Sequence[APIRoute], paths: Document) -> None:
    """Put the examples of the answers back whole: FastAPI leaves every null out of its document."""
    for route in described:
        for operation in paths[route.path_format].values():
            for status, response in route.responses.items():
                for media, content in response["content"].items():
                    operation["responses"][str(status)]["content"][media]["example"] = content["example"]


def _put_keys(paths: Document) -> None:
    """Say which operations take a key, of which scope. The empty requirement is a service without keys."""
    for path, item in paths.items():
        for verb, operation in item.items():
            needed = needed_for(verb.upper(), path)
            if needed != "nothing":
                scopes = [] if needed == "any" else [needed]
                operation["security"] = [{}, {"bearer": scopes}, {"key": scopes}]
                refused = {str(status): told for status, told in refusals(401, 403).items()}
                operation["responses"] = dict(sorted({**operation["responses"], **refused}.items()))


def _name_kind(schemas: Document, name: str, answer: str) -> None:
    """Give the enumeration of an answer's `kind` a name of its own: the two have words in common, and are two."""
    kind = schemas[answer]["properties"]["kind"]
    schemas[name] = {"type": "string", "enum": kind["enum"], "title": name}
    schemas[answer]["properties"]["kind"] = {"$ref": _REF.format(model=name), "description": kind["description"]}


def _described(answer: type[object]) -> Document:
    """A value's schema and those of its parts, by name."""
    schema = TypeAdapter(answer).json_schema(mode="serialization", ref_template=_REF)
    parts: Document = schema.pop("$defs", {})
    return {**parts, answer.__name__: schema}
