"""/openapi.json, /docs and /: the contract as it is kept, and the page that shows it."""

from pathlib import Path

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from bounce_verdict.response import JSON
from bounce_verdict.web.openapi.docs_page import PAGE_HEADERS, docs_page
from bounce_verdict.web.request.head import query

_PACKAGE = Path(__file__).parents[2]


def add_routes(app: FastAPI, *, pages: bool) -> None:
    """Add the contract, and with `pages` what is for people. Both are made here, once: nobody waits for them later."""
    kept = contract_file().read_bytes()
    document, page = msgspec.json.format(kept, indent=-1), docs_page(msgspec.json.decode(kept)).encode()

    async def show_contract(request: Request) -> Response:
        query(request.scope)
        return Response(document, media_type=JSON)

    async def show_docs(_: Request) -> Response:
        return Response(page, headers=PAGE_HEADERS, media_type="text/html")

    async def show_front(_: Request) -> Response:
        return RedirectResponse("docs")

    app.add_api_route("/openapi.json", show_contract, methods=["GET"], include_in_schema=False)
    if pages:
        app.add_api_route("/docs", show_docs, methods=["GET"], include_in_schema=False)
        app.add_api_route("/", show_front, methods=["GET"], include_in_schema=False)


def contract_file() -> Path:
    """The contract as `make openapi` writes it: the checkout's, else the wheel's. To make it anew would take a third of a second."""
    checkout = _PACKAGE.parents[1] / "openapi" / "openapi.json"
    return checkout if checkout.is_file() else _PACKAGE / "_openapi.json"
