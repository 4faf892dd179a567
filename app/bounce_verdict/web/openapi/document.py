"""The contract: FastAPI's description of the routes, joined with what operations.json beside this file tells of each.

operations.json has what FastAPI cannot see: by the name of an endpoint its parameters, its body and its answer, in OpenAPI's own
words, and the statuses that it refuses with. `{"$ref": "#/shared/…"}` stands for a part that several of them have.
answers.json has, by the same names, what a service answers to the examples in operations.json. It is kept, so that a changed rule
does not change the contract; a test asks a service for each, and `python -m tests.openapi.documented` writes them anew.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from bounce_verdict import __version__
from bounce_verdict.contract.requests import STATUS_PATTERN
from bounce_verdict.keys import needed_for
from bounce_verdict.response import NDJSON_TYPES, PROBLEM_JSON, TITLES, encode, problem
from bounce_verdict.web.openapi.schemas import REF, schemas
from bounce_verdict.web.routing import KeyedRoute

Document = dict[str, Any]

_SHARED = "#/shared/"
_LISTED = {  # parts that the code knows
    "action": {"$ref": REF.format(name="Action")},
    "source": {"$ref": REF.format(name="WebhookSource")},
    "status": {"type": "string", "pattern": STATUS_PATTERN},
}


def contract(routes: Sequence[KeyedRoute]) -> Document:
    """The OpenAPI 3.1 document of these routes, the same bytes every time."""
    read, answers = (json.loads(Path(__file__).with_name(name).read_bytes()) for name in ("operations.json", "answers.json"))
    for name, operation in read["operations"].items():
        for content in operation["answer"]["content"].values():
            content["example"] = answers.get(name, "")  # of a new one there is none yet
    told = _resolved(read, read["shared"] | _LISTED)
    described = [_described(route, told["operations"][route.endpoint.__name__], told["refusals"]) for route in routes]
    document = get_openapi(
        title="bounce-verdict",
        version=__version__,
        description=told["description"],
        routes=described,
        servers=told["servers"],
        tags=told["tags"],
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    paths: Document = document["paths"]
    _put_answers(described, paths)
    _put_keys(paths, told["refusals"])
    document["paths"] = dict(sorted(paths.items()))
    document["components"]["schemas"] = schemas(document["components"]["schemas"])
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
    for media in found.keys() & set(NDJSON_TYPES):
        found[media]["example"] = "".join(encode(line).decode() + "\n" for line in found[media]["example"])
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
        "content": {PROBLEM_JSON: {"schema": {"$ref": REF.format(name="Problem")}, "example": example}},
    }


def _put_answers(described: Sequence[APIRoute], paths: Document) -> None:
    """Put back what is told of the answers: FastAPI leaves every null out of an example, and calls whatever is no JSON a string."""
    for route in described:
        item = paths[route.path_format]
        for verb in {method.lower() for method in route.methods or ()} & item.keys():
            for status, response in route.responses.items():
                for media, content in response["content"].items():
                    item[verb]["responses"][str(status)]["content"][media] |= content


def _put_keys(paths: Document, refusals: Document) -> None:
    """Say which operations take a key, of which scope. The empty requirement is a service without keys."""
    for path, item in paths.items():
        for verb, operation in item.items():
            needed = needed_for(verb.upper(), path)
            if needed == "nothing":
                operation["security"] = []
            else:
                operation["security"] = [{}, {"bearer": []}, {"key": []}]
                operation["description"] += (
                    f"\n\nWhere keys are in force it takes one of {'any scope' if needed == 'any' else f'scope {needed}'}."
                )
                refused = {str(status): _refusal(status, refusals) for status in (401, 403)}
                operation["responses"] = dict(sorted({**operation["responses"], **refused}.items()))
