"""GET /v1/reply-codes, /v1/reply-codes/{code}, /v1/enhanced-status-codes/{code}: the tables as the classifier uses them."""

import re

from fastapi import Request, Response

from bounce_verdict.errors import InputError
from bounce_verdict.model import Command
from bounce_verdict.rulebook.code_pages import CodeList, EnhancedCodeAnswer, ReplyCodeAnswer, code_list, enhanced_code, reply_code
from bounce_verdict.web.request.inputs import command_named
from bounce_verdict.web.request.query import query
from bounce_verdict.web.responses import json_response
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

_CODE = re.compile(r"[1-9][0-9]{2}")

routes = router()


@routes.get("/v1/reply-codes", tags=["codes"], summary="The reply codes, at each command or at one", response_model=CodeList)
async def list_reply_codes(request: Request) -> Response:
    """Every code of the tables at every command it may answer, or at the one asked about."""
    pipeline = service_of(request.scope).pipeline
    return json_response(code_list(pipeline.book, pipeline.decider.tables, _asked(request)))


@routes.get("/v1/reply-codes/{code}", tags=["codes"], summary="One reply code", response_model=ReplyCodeAnswer)
async def show_reply_code(request: Request) -> Response:
    """What is known of the code at the command, and what each digit says; a code of no table is judged by its first digit."""
    pipeline, command, code = service_of(request.scope).pipeline, _asked(request), request.path_params["code"]
    if not _CODE.fullmatch(code):
        raise InputError("code", "must be a reply code, three digits as in 550")
    return json_response(reply_code(int(code), command, pipeline.decider.tables, pipeline.book.digest))


@routes.get(
    "/v1/enhanced-status-codes/{code}", tags=["codes"], summary="One enhanced status code", response_model=EnhancedCodeAnswer
)
async def show_enhanced_code(request: Request) -> Response:
    """What the registry says of the code, and what it decides."""
    query(request.scope)
    pipeline = service_of(request.scope).pipeline
    page = enhanced_code(request.path_params["code"], pipeline.decider.tables, pipeline.book.digest)
    if page is None:
        raise InputError("code", "must be an enhanced status code, as in 5.1.1 or X.1.1")
    return json_response(page)


def _asked(request: Request) -> Command | None:
    """The command of the query, None where it has none."""
    name = query(request.scope, "command").get("command")
    return None if name is None else command_named(name, service_of(request.scope).pipeline.book.commands)
