"""What the service judges by, for whoever asks why: its rules and reasons, and the tables of codes."""

import re

from fastapi import Request

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
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

_CODE = re.compile(r"[1-9][0-9]{2}")

routes = router()


@routes.get("/v1/reply-codes", tags=["codes"], summary="The reply codes, at each command or at one")
async def list_reply_codes(request: Request) -> CodeList:
    """Every code of the tables at every command it may answer, or at the one asked about."""
    pipeline = service_of(request.scope).pipeline
    return code_list(pipeline.book, pipeline.decider.tables, _asked(request))


@routes.get("/v1/reply-codes/{code}", tags=["codes"], summary="One reply code")
async def show_reply_code(request: Request) -> ReplyCodeAnswer:
    """What is known of the code at the command, and what each digit says; a code of no table is judged by its first digit."""
    pipeline, command, code = service_of(request.scope).pipeline, _asked(request), request.path_params["code"]
    if not _CODE.fullmatch(code):
        raise InputError("code", "must be a reply code, three digits as in 550")
    return describe_reply_code(int(code), command, pipeline.decider.tables)


@routes.get("/v1/enhanced-status-codes", tags=["codes"], summary="The enhanced status codes")
async def list_enhanced_codes(request: Request) -> EnhancedCodeList:
    """Every enhanced status code of the tables, with what it decides under class 4 and 5."""
    query(request.scope)
    return enhanced_code_list(service_of(request.scope).pipeline.book)


@routes.get("/v1/enhanced-status-codes/{code}", tags=["codes"], summary="One enhanced status code")
async def show_enhanced_code(request: Request) -> EnhancedCodeAnswer:
    """What the registry says of the code, and what it decides."""
    query(request.scope)
    page = describe_enhanced(request.path_params["code"], service_of(request.scope).pipeline.decider.tables)
    if page is None:
        raise InputError("code", "must be an enhanced status code, as in 5.1.1 or X.1.1")
    return page


@routes.get("/v1/rules", tags=["rules"], summary="Every rule")
async def list_rules(request: Request) -> RuleList:
    """The rules in the order in which they are tried, within their layer and provider."""
    query(request.scope)
    return rule_list(service_of(request.scope).pipeline.book)


@routes.get("/v1/rules/{id}", tags=["rules"], summary="One rule, whole")
async def show_rule(request: Request) -> RulePage:
    """The rule with its conditions, explanation, reference and examples."""
    query(request.scope)
    book = service_of(request.scope).pipeline.book
    rule = next((rule for rule in book.rules if rule.id == request.path_params["id"]), None)
    if rule is None:
        raise Refusal(problem(404, "There is no rule of this id; /v1/rules lists them."))
    return rule_page(rule, book)


@routes.get("/v1/reasons", tags=["rules"], summary="The closed list of reasons")
async def list_reasons(request: Request) -> ReasonList:
    """Each reason with its explanation, and the verdict that goes with it."""
    query(request.scope)
    return reason_list(service_of(request.scope).pipeline.book)


def _asked(request: Request) -> Command | None:
    """The command of the query, None where it has none."""
    name = query(request.scope, "command").get("command")
    return None if name is None else command_named(name, service_of(request.scope).pipeline.book.commands)
