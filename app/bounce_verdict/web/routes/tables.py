"""What the service judges by, for whoever asks why: its rules and reasons, and the tables of codes."""

import re

from fastapi import Request, Response

from bounce_verdict.contract.inputs import command_named
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.errors import InputError
from bounce_verdict.model import Command
from bounce_verdict.pipeline.decide.code_meanings import (
    EnhancedCodeAnswer,
    ReplyCodeAnswer,
    describe_enhanced,
    describe_reply_code,
)
from bounce_verdict.response import problem
from bounce_verdict.rulebook.code_pages import CodeList, EnhancedCodeList, code_list, enhanced_code_list
from bounce_verdict.rulebook.rule_pages import ReasonList, RuleList, RulePage, reason_list, rule_list, rule_page
from bounce_verdict.web.request.head import query
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
    return json_response(describe_reply_code(int(code), command, pipeline.decider.tables))


@routes.get("/v1/enhanced-status-codes", tags=["codes"], summary="The enhanced status codes", response_model=EnhancedCodeList)
async def list_enhanced_codes(request: Request) -> Response:
    """Every enhanced status code of the tables, with what it decides under class 4 and 5."""
    query(request.scope)
    return json_response(enhanced_code_list(service_of(request.scope).pipeline.book))


@routes.get(
    "/v1/enhanced-status-codes/{code}", tags=["codes"], summary="One enhanced status code", response_model=EnhancedCodeAnswer
)
async def show_enhanced_code(request: Request) -> Response:
    """What the registry says of the code, and what it decides."""
    query(request.scope)
    page = describe_enhanced(request.path_params["code"], service_of(request.scope).pipeline.decider.tables)
    if page is None:
        raise InputError("code", "must be an enhanced status code, as in 5.1.1 or X.1.1")
    return json_response(page)


@routes.get("/v1/rules", tags=["rules"], summary="Every rule", response_model=RuleList)
async def list_rules(request: Request) -> Response:
    """The rules in the order in which they are tried, within their layer and provider."""
    query(request.scope)
    return json_response(rule_list(service_of(request.scope).pipeline.book))


@routes.get("/v1/rules/{id}", tags=["rules"], summary="One rule, whole", response_model=RulePage)
async def show_rule(request: Request) -> Response:
    """The rule with its conditions, explanation, reference and examples."""
    query(request.scope)
    book = service_of(request.scope).pipeline.book
    rule = next((rule for rule in book.rules if rule.id == request.path_params["id"]), None)
    if rule is None:
        raise Refusal(problem(404, "There is no rule of this id; /v1/rules lists them."))
    return json_response(rule_page(rule, book))


@routes.get("/v1/reasons", tags=["rules"], summary="The closed list of reasons", response_model=ReasonList)
async def list_reasons(request: Request) -> Response:
    """Each reason with its explanation, and the verdict that goes with it."""
    query(request.scope)
    return json_response(reason_list(service_of(request.scope).pipeline.book))


def _asked(request: Request) -> Command | None:
    """The command of the query, None where it has none."""
    name = query(request.scope, "command").get("command")
    return None if name is None else command_named(name, service_of(request.scope).pipeline.book.commands)
