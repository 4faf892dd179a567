"""/openapi.json and /docs: the contract as it is kept, and the page that shows it."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response

from bounce_verdict.response import JSON
from bounce_verdict.web.request.head import query
from bounce_verdict.web.routes import page

_PACKAGE = Path(__file__).parents[2]
_REFERENCE = re.compile(r'"\$ref": "#/components/schemas/([^"]+)"')


def add_routes(app: FastAPI, *, pages: bool) -> None:
    """Add the contract, and with `pages` what is for people. Both are made here, once: nobody waits for them later."""
    kept = contract_file().read_bytes()
    document = msgspec.json.format(kept, indent=-1)
    docs = page.render("docs.html", contract=json.loads(kept), type_of=_type, references=_references, as_text=_text)

    async def show_contract(request: Request) -> Response:
        query(request.scope)
        return Response(document, media_type=JSON)

    async def show_docs(_: Request) -> Response:
        return docs

    app.add_api_route("/openapi.json", show_contract, methods=["GET"], include_in_schema=False)
    if pages:
        app.add_api_route("/docs", show_docs, methods=["GET"], include_in_schema=False)
        page.add_routes(app)


def contract_file() -> Path:
    """The contract as `make openapi` writes it: the checkout's, else the wheel's. To make it anew would take a third of a second."""
    checkout = _PACKAGE.parents[1] / "openapi" / "openapi.json"
    return checkout if checkout.is_file() else _PACKAGE / "_openapi.json"


def _type(schema: dict[str, Any]) -> str:
    """A schema's type in words."""
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    if several := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(found for one in several if (found := _type(one))))
    if schema.get("type") == "array":
        return f"array of {_type(schema['items'])}".removesuffix(" of ")
    kind = schema.get("type", "")
    return kind if isinstance(kind, str) else " | ".join(kind)


def _references(part: object) -> list[str]:
    """The schemas that a part of the contract refers to, in its order."""
    return [*dict.fromkeys(_REFERENCE.findall(json.dumps(part)))]


def _text(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
