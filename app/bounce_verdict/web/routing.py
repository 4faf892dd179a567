"""The routes' class: a route asks for the key that its own path needs, and gives its endpoint the request and nothing else.

An endpoint returns a response, or the value that one is to carry as JSON; its type is then what the contract says.
"""

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.keys import Denied
from bounce_verdict.response import encode
from bounce_verdict.web.access_log import CALLER
from bounce_verdict.web.request.head import fields_of
from bounce_verdict.web.responses import EncodedResponse
from bounce_verdict.web.service import service_of


class KeyedRoute(APIRoute):
    """A route that serves whoever may call it.

    The scope is that of the route which matched, not of the path as it was written: what the router takes for the same path
    needs the same key. FastAPI's dependency injection, which no endpoint of ours uses, would take a fifth of a single reply's time.
    """

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:  # noqa: ANN401  # as APIRoute takes them
        super().__init__(path, endpoint, **{**options, "response_model": None})
        self._options = options

    def described(self, **told: Any) -> APIRoute:  # noqa: ANN401  # options of APIRoute's
        """The same with the type of its answer, for the contract: to look into all these types takes a quarter of a second."""
        return APIRoute(self.path, self.endpoint, **{**self._options, **told})

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this route is meant; a path without parameters need not be searched for them."""
        if self.param_convertors or scope["type"] != "http" or scope["root_path"]:
            return super().matches(scope)
        if scope["path"] != self.path:
            return Match.NONE, {}
        taken = self.methods is None or scope["method"] in self.methods
        return Match.FULL if taken else Match.PARTIAL, {"endpoint": self.endpoint, "path_params": {}, "route": self}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises Refusal 401 or 403."""
        admit(scope, self.path)
        if scope["method"] in (self.methods or ()):
            answer = await self.endpoint(Request(scope, receive))
            await (answer if isinstance(answer, Response) else EncodedResponse(encode(answer)))(scope, receive, send)
        else:
            await super().handle(scope, receive, send)  # which says what the path takes


def router() -> APIRouter:
    """A router for one room's endpoints. In the contract an operation is called as its route is."""
    return APIRouter(route_class=KeyedRoute, generate_unique_id_function=lambda route: route.name)


def admit(scope: Scope, template: str) -> None:
    """Note whose key a request for `template` carries. Raises Refusal 401 or 403 where it may not be served."""
    service = service_of(scope)
    client = scope.get("client")
    admitted = service.keyring.admit(scope["method"], template, fields_of(scope), client[0] if client else None)
    if isinstance(admitted, Denied):
        service.metrics.count("bounces_refused_total", admitted.why)
        raise Refusal(admitted.document, {"WWW-Authenticate": admitted.challenge})
    if admitted is not None:
        scope[CALLER] = admitted


async def not_found(scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answer where no route matches: a 404, and where keys are in force a 401 for whoever has none."""
    if scope["type"] == "http":
        admit(scope, "")
    raise HTTPException(404)
