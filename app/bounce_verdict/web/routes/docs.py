"""/openapi.json and /docs: the contract as it is kept, and the page that shows it."""

from pathlib import Path

import msgspec
from fastapi import FastAPI, Request, Response

from bounce_verdict.response import JSON
from bounce_verdict.web.openapi.docs_page import docs_view
from bounce_verdict.web.request.head import query
from bounce_verdict.web.routes import page

_PACKAGE = Path(__file__).parents[2]


def add_routes(app: FastAPI, *, pages: bool) -> None:
    """Add the contract, and with `pages` what is for people. Both are made here, once: nobody waits for them later."""
    kept = contract_file().read_bytes()
    document = msgspec.json.format(kept, indent=-1)
    docs = page.render("docs.html", **docs_view(msgspec.json.decode(kept)))

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
