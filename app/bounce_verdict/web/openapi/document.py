"""The contract: FastAPI's description of the routes, joined with what operations.json beside this file tells of each.

operations.json has what FastAPI cannot see: by the name of an endpoint its parameters, its body, its answer with an example, in
OpenAPI's own words, and the statuses that it refuses with. `{"$ref": "#/shared/…"}` stands for a part that several of them have.
Examples are fixed, so that a changed rule does not change the contract; tests hold them to the schemas.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from bounce_verdict import __version__
from bounce_verdict.keys import needed_for
from bounce_verdict.model import ACTIONS
from bounce_verdict.response import NDJSON, PROBLEM_JSON, TITLES, BatchAnswer, Problem, encode, problem
from bounce_verdict.web.request.schemas import STATUS_PATTERN, BatchItem, ReplyRequest
from bounce_verdict.web.routes.rules_check import RulesCheckRequest
from bounce_verdict.web.routing import KeyedRoute
from bounce_verdict.web.short_answers import ShortBatchAnswer
from bounce_verdict.webhooks import SOURCES

Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_SHARED = "#/shared/"
_LISTED = {  # parts that are lists of the code's own
    "action": {"type": "string", "enum": list(ACTIONS)},
    "source": {"type": "string", "enum": list(SOURCES)},
    "status": {"type": "string", "pattern": STATUS_PATTERN},
}


def contract(routes: Sequence[KeyedRoute]) -> Document:
    """The OpenAPI 3.1 document of these routes, the same bytes every time."""
    read = json.loads(Path(__file__).with_name("operations.json").read_bytes())
    told = _resolved(read, read["shared"] | _LISTED)
    described = [_described(route, told["operations"][route.endpoint.__name__], told["refusals"]) for route in routes]
    document = get_openapi(
        title="bounce-verdict",
        version=__version__,
        description=told["description"],
        routes=described,
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    paths: Document = document["paths"]
    _put_examples(described, paths)
    _put_keys(paths, told["refusals"])
    document["paths"] = dict(sorted(paths.items()))
    document["components"]["schemas"] = _schemas(document["components"]["schemas"])
    document["components"]["securitySchemes"] = told["securitySchemes"]
    return document


def _resolved(part: Any, shared: Document) -> Any:  # noqa: ANN401  # JSON
    """The part with what is shared in its place, and the lines of a batch as NDJSON."""
    if isinstance(part, list):
        return [_resolved(one, shared) for one in part]
    if not isinstance(part, dict):
        return part
    if (reference := part.get("$ref", "")).startswith(_SHARED):
        return _resolved(shared[reference.removeprefix(_SHARED)], shared)
    found = {name: _resolved(one, shared) for name, one in part.items()}
    if NDJSON in found:
        found[NDJSON]["example"] = "".join(encode(line).decode() + "\n" for line in found[NDJSON]["example"])
    return found


def _described(route: KeyedRoute, operation: Document, refusals: Document) -> APIRoute:
    """The route with what is told of it. Any may refuse with 500 and 503; a parameter of the path is one of this path."""
    extra: Document = {name: part for name, part in operation.items() if name in {"parameters", "requestBody"}}
    if "parameters" in extra:
        extra["parameters"] = [one for one in extra["parameters"] if one["in"] != "path" or f"{{{one['name']}}}" in route.path]
    answers = {status: _refusal(status, refusals) for status in (*operation["refusals"], 500, 503)}
    return route.described(responses={200: operation["answer"], **answers}, openapi_extra=extra)


def _refusal(status: int, refusals: Document) -> Document:
    """The problem document of that status."""
    told = dict(refusals[str(status)])
    description = f"{TITLES[status]}. {told.pop('description')}"
    example = msgspec.to_builtins(problem(status, **told))
    return {
        "description": description,
        "content": {PROBLEM_JSON: {"schema": {"$ref": _REF.format(model="Problem")}, "example": example}},
    }


def _put_examples(described: Sequence[APIRoute], paths: Document) -> None:
    """Put the examples of the answers back whole: FastAPI leaves every null out of its document."""
    for route in described:
        for operation in paths[route.path_format].values():
            for status, response in route.responses.items():
                for media, content in response["content"].items():
                    operation["responses"][str(status)]["content"][media]["example"] = content["example"]


def _put_keys(paths: Document, refusals: Document) -> None:
    """Say which operations take a key, of which scope. The empty requirement is a service without keys."""
    for path, item in paths.items():
        for verb, operation in item.items():
            needed = needed_for(verb.upper(), path)
            if needed != "nothing":
                scopes = [] if needed == "any" else [needed]
                operation["security"] = [{}, {"bearer": scopes}, {"key": scopes}]
                refused = {str(status): _refusal(status, refusals) for status in (401, 403)}
                operation["responses"] = dict(sorted({**operation["responses"], **refused}.items()))


def _schemas(described: Document) -> Document:
    """The schemas of all values: of answers as pydantic describes them, of requests as msgspec does."""
    answered = {**described, **_schema_of(Problem), **_schema_of(BatchAnswer), **_schema_of(ShortBatchAnswer)}
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
    return dict(sorted({**answered, **taken}.items()))


def _name_kind(schemas: Document, name: str, answer: str) -> None:
    """Give the enumeration of an answer's `kind` a name of its own: the two have words in common, and are two."""
    kind = schemas[answer]["properties"]["kind"]
    schemas[name] = {"type": "string", "enum": kind["enum"], "title": name}
    schemas[answer]["properties"]["kind"] = {"$ref": _REF.format(model=name), "description": kind["description"]}


def _schema_of(answer: type[object]) -> Document:
    """A value's schema and those of its parts, by name."""
    schema = TypeAdapter(answer).json_schema(mode="serialization", ref_template=_REF)
    parts: Document = schema.pop("$defs", {})
    return {**parts, answer.__name__: schema}
