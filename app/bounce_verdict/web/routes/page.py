"""GET and POST /, and /assets: the page for people. What is pasted is answered and forgotten: neither stored nor logged."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from bounce_verdict import __version__
from bounce_verdict.contract.refusals import Refusal, problem_of
from bounce_verdict.errors import InputError
from bounce_verdict.model import COMMANDS
from bounce_verdict.response import JSON, Problem, problem
from bounce_verdict.web.access_log import CALLER
from bounce_verdict.web.counting import count_problem
from bounce_verdict.web.page.answering import answered
from bounce_verdict.web.page.paste import FORM, MAX_FORM, MULTIPART, read_form
from bounce_verdict.web.page.shown import shown
from bounce_verdict.web.request.body import Place, media_type, read_body
from bounce_verdict.web.request.head import fields_of
from bounce_verdict.web.request.preferences import preferred_type
from bounce_verdict.web.responses import json_response
from bounce_verdict.web.routing import KeyedRoute
from bounce_verdict.web.service import service_of
from bounce_verdict.webhooks import SOURCES

HTML = "text/html"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_PASTED = "bounces.pasted"  # in a request's scope: what stays in the form though it is refused
_FOLDER = Path(__file__).parents[1] / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_KEY_WORDS = (
    "This service asks for a key, which a form cannot send without JavaScript. Switch it on, or use the curl line with a key."
)

_templates = Environment(loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
_templates.globals.update(version=__version__, commands=COMMANDS, sources=list(SOURCES))


class PageRoute(KeyedRoute):
    """A route for people: what is wrong with a form, or with its key, is said on the page."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises as KeyedRoute does where the page's own script asks, which takes a problem document."""
        try:
            await super().handle(scope, receive, send)
        except (Refusal, InputError, HTTPException) as error:
            if _is_for_script(scope) or (isinstance(error, HTTPException) and error.status_code != 400):  # noqa: PLR2004
                raise
            document = problem(400, "The form cannot be read.") if isinstance(error, HTTPException) else problem_of(error)
            count_problem(service_of(scope).metrics, document)
            headers = error.headers if isinstance(error, Refusal) else None
            await _page(document.status, headers, problem=_said(document), pasted=scope.get(_PASTED))(scope, receive, send)


def add_routes(app: FastAPI) -> None:
    """Add the page with its files, which are read here, once."""
    front = _page(200)
    assets = {file.name: (file.read_bytes(), _TYPES[file.suffix]) for file in (_FOLDER / "assets").iterdir()}

    async def show_front(request: Request) -> Response:
        return front if request.method == "GET" else await _answer(request)

    async def show_asset(request: Request) -> Response:
        found = assets.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return Response(found[0], media_type=found[1])

    for route in (
        PageRoute("/", show_front, methods=["GET", "POST"], include_in_schema=False),
        KeyedRoute("/assets/{name}", show_asset, methods=["GET"], include_in_schema=False),
    ):
        app.router.routes.append(route)


def render(template: str, status: int = 200, headers: dict[str, str] | None = None, /, **told: Any) -> HTMLResponse:  # noqa: ANN401  # as Jinja takes it
    """A page by its template, under the policy of all of them."""
    return HTMLResponse(_templates.get_template(template).render(told), status, {**(headers or {}), **HEADERS})


def _page(status: int, headers: Any = None, **told: Any) -> HTMLResponse:  # noqa: ANN401
    return render("page.html", status, headers, **told)


async def _answer(request: Request) -> Response:
    scope, service = request.scope, service_of(request.scope)
    # Else another site could put words into our mouth.
    if fields_of(scope).get(b"sec-fetch-site") in {b"cross-site", b"same-site"}:
        raise Refusal(problem(403, "This form was sent by another site's page."))
    media, _ = media_type(scope, (FORM, MULTIPART))
    with Place(service.places) as place:
        body = await read_body(request, service.settings, place, MAX_FORM)
        pasted = scope[_PASTED] = await read_form(request, media, body)
        answer = await answered(scope, service, pasted)
    base = str(request.base_url).rstrip("/")
    view = shown(pasted, answer, base, keyed=CALLER in scope)
    return json_response(view) if _is_for_script(scope) else _page(200, shown=view, pasted=pasted)


def _is_for_script(scope: Scope) -> bool:
    return preferred_type(scope, (HTML, JSON)) == JSON


def _said(document: Problem) -> str:
    fields = " ".join(f"{error.field} {error.message}." for error in document.errors or ())
    return _KEY_WORDS if document.status == 401 else fields or document.detail  # noqa: PLR2004
