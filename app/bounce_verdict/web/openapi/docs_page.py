"""/docs: what the page of the API shows of the contract, the classifying endpoints first; page/templates/docs.html lays it out."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

Document = dict[str, Any]

_USED = ("/v1/classify/reply", "/v1/classify/message", "/v1/classify/batch")  # by most readers of the page, in this order


def docs_view(document: Document) -> Document:
    """What the template takes: about, groups of operations in the order of the contract's tags, and the schemas with their fields."""
    schemas = document["components"]["schemas"]
    paths = sorted(document["paths"].items(), key=lambda one: (_USED.index(one[0]) if one[0] in _USED else len(_USED), one[0]))
    operations = [(path, verb, op) for path, item in paths for verb, op in item.items()]
    return {
        "about": document["info"]["description"].split("\n\n"),
        "groups": [
            {
                "name": tag["name"].capitalize(),
                "about": tag["description"],
                "operations": [_operation(*one, schemas) for one in operations if tag["name"] in one[2]["tags"]],
            }
            for tag in document["tags"]
        ],
        "schemas": [
            {"name": name, "description": schema.get("description", ""), "fields": _fields(schema)}
            for name, schema in sorted(schemas.items())
        ],
    }


def _operation(path: str, verb: str, op: Document, schemas: Document) -> Document:
    body = op.get("requestBody")
    return {
        "id": op["operationId"],
        "path": path,
        "verb": verb.upper(),
        "summary": op["summary"],
        "about": op["description"],
        "parameters": [{**_row(one["name"], one["schema"], one), "place": one["in"]} for one in op.get("parameters", ())],
        "body": body and _body(body, schemas),
        "answers": [
            {
                "status": status,
                "description": answer["description"],
                "schemas": []
                if status != "200"
                else sorted({name for one in answer["content"].values() for name in _names(one)}),
                "examples": [] if status != "200" else _examples(answer["content"]),
            }
            for status, answer in op["responses"].items()
        ],
        "tryable": verb in {"get", "post"} and "webhooks" not in op["tags"],
    }


def _body(body: Document, schemas: Document) -> Document:
    media, first = next(iter(body["content"].items()))
    named = next(iter(_names(first)), None)
    return {
        "description": body["description"],
        "fields": _fields(schemas[named]) if named else [],
        "examples": _examples(body["content"]),
        "media": media,
        "example": _examples({media: first})[0][1],
    }


def _fields(schema: Document) -> list[Document]:
    required = schema.get("required", ())
    return [_row(name, one, {"required": name in required}) for name, one in schema.get("properties", {}).items()]


def _row(name: str, schema: Document, told: Document) -> Document:
    return {
        "name": name,
        "type": _type(schema),
        "schema": next(iter(_names(schema)), ""),
        "required": told.get("required", False),
        "description": told.get("description") or schema.get("description") or "",
        "example": told.get("example", ""),
    }


def _type(schema: Document) -> str:
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(found for one in schema[several] if (found := _type(one))))
    if schema.get("type") == "array":
        return f"array of {_type(schema['items'])}".removesuffix(" of ")
    kind = schema.get("type", "")
    return kind if isinstance(kind, str) else " | ".join(kind)


def _names(part: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    """The schemas that a part refers to, in its order."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].rpartition("/")[2]
        for name, one in part.items():
            if name != "example":
                yield from _names(one)
    elif isinstance(part, list):
        for one in part:
            yield from _names(one)


def _examples(content: Document) -> Sequence[tuple[str, str]]:
    shown = [(media, told.get("example")) for media, told in content.items()]
    return [(media, one if isinstance(one, str) else json.dumps(one, indent=2, ensure_ascii=False)) for media, one in shown]
