"""GET and POST /, and /assets: the page for people. What is pasted is answered and forgotten: neither stored nor logged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from bounce_verdict import __version__
from bounce_verdict.contract.refusals import Refusal, problem_of
from bounce_verdict.errors import InputError
from bounce_verdict.model import COMMANDS
from bounce_verdict.response import problem
from bounce_verdict.web.access_log import CALLER
from bounce_verdict.web.counting import count_problem
from bounce_verdict.web.page.answering import answered
from bounce_verdict.web.page.paste import FORM, MAX_FORM, MULTIPART, read_form
from bounce_verdict.web.page.shown import shown
from bounce_verdict.web.request.body import Place, media_type, read_body
from bounce_verdict.web.request.head import fields_of
from bounce_verdict.web.routing import KeyedRoute
from bounce_verdict.web.service import service_of
from bounce_verdict.webhooks import SOURCES

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_PASTED = "bounces.pasted"  # in a request's scope: what stays in the form though it is refused
_FOLDER = Path(__file__).parents[1] / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_templates = Environment(loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
_words = msgspec.json.decode((_FOLDER / "words.json").read_bytes())  # what an answer is in words, by what it holds
_templates.globals.update(version=__version__, commands=COMMANDS, sources=list(SOURCES), words=_words)


class PageRoute(KeyedRoute):
    """A route for people: what is wrong with a form, or with its key, is said on the page."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await super().handle(scope, receive, send)
        except (Refusal, InputError) as error:
            document = problem_of(error)
            count_problem(service_of(scope).metrics, document)
            headers = error.headers if isinstance(error, Refusal) else None
            refused = render("page.html", document.status, headers, problem=document, pasted=scope.get(_PASTED))
            await refused(scope, receive, send)


def add_routes(app: FastAPI) -> None:
    """Add the page with its files, which are read here, once."""
    front = render("page.html")
    assets = {file.name: Response(file.read_bytes(), media_type=_TYPES[file.suffix]) for file in (_FOLDER / "assets").iterdir()}

    async def show_front(request: Request) -> Response:
        return front if request.method == "GET" else await _answer(request)

    async def show_asset(request: Request) -> Response:
        if (asset := assets.get(request.path_params["name"])) is None:
            raise HTTPException(404)
        return asset

    for route in (
        PageRoute("/", show_front, methods=["GET", "POST"], include_in_schema=False),
        KeyedRoute("/assets/{name}", show_asset, methods=["GET"], include_in_schema=False),
    ):
        app.router.routes.append(route)


def render(template: str, status: int = 200, headers: Mapping[str, str] | None = None, /, **told: Any) -> HTMLResponse:  # noqa: ANN401  # as Jinja takes it
    """A page by its template, under the policy of all of them."""
    return HTMLResponse(_templates.get_template(template).render(told), status, {**(headers or {}), **HEADERS})


async def _answer(request: Request) -> Response:
    scope, service = request.scope, service_of(request.scope)
    # Else another site could put words into our mouth.
    if fields_of(scope).get(b"sec-fetch-site") in {b"cross-site", b"same-site"}:
        raise Refusal(problem(403, "This form was sent by another site's page."))
    media_type(scope, (FORM, MULTIPART))
    with Place(service.places) as place:
        body = await read_body(request, service.settings, place, MAX_FORM)
        pasted = scope[_PASTED] = await read_form(request, body)
        answer = await answered(scope, service, pasted)
    base = str(request.base_url).rstrip("/")
    return render("page.html", pasted=pasted, **shown(pasted, answer, base, keyed=CALLER in scope))
