"""POST /v1/admin/reload: check the rules on disk and answer by them, as SIGHUP does, and be told what came of it."""

from typing import Literal

from fastapi import Request, Response

from bounce_verdict import __version__
from bounce_verdict.model import value
from bounce_verdict.response import FieldError, problem
from bounce_verdict.web.refusals import Refusal
from bounce_verdict.web.request.query import query
from bounce_verdict.web.responses import json_response
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

routes = router()


@value
class Reloaded:
    """The rules on disk are in use, in every worker."""

    result: Literal["ok", "unchanged"]
    """Whether they were others than before."""
    rules: int
    """How many rules there are."""
    rules_digest: str
    """sha256 of the rules."""
    version: str
    """The program's version."""


@routes.post("/v1/admin/reload", tags=["rules"], summary="Take the rules on disk into use", response_model=Reloaded)
async def reload_rules(request: Request) -> Response:
    """Answers when every worker has the new rules, some seconds after. Bad rules change nothing: a 422 with file:line of each fault."""
    query(request.scope)
    reload = service_of(request.scope).reload
    if reload is None:
        raise Refusal(problem(409, "This process serves without a parent, which could reload; restart it."))
    answer = await reload()
    if answer.result == "refused":
        raise Refusal(problem(409, answer.detail))
    if answer.result == "failed":
        faults = [FieldError(fault.place, fault.message) for fault in answer.faults]
        raise Refusal(problem(422, "The rules on disk cannot be used; those before stay in use.", errors=faults))
    return json_response(Reloaded(answer.result, answer.rules, answer.digest, __version__))
