"""GET /v1/reply-codes, /v1/reply-codes/{code}, /v1/enhanced-status-codes/{code}: the tables as the classifier uses them."""

import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from fastapi import FastAPI, Request, Response

from bounce_verdict import __version__
from bounce_verdict.errors import InputError
from bounce_verdict.model import COMMANDS, Command, ReplyCode, Verdict, value
from bounce_verdict.pipeline.decide.code_meanings import (
    Digits,
    EnhancedCodePage,
    ReplyCodePage,
    Series,
    describe_enhanced,
    describe_reply_code,
)
from bounce_verdict.web.openapi.describe import answers, parameter
from bounce_verdict.web.openapi.examples import DIGEST
from bounce_verdict.web.request.inputs import command_named
from bounce_verdict.web.request.query import query
from bounce_verdict.web.responses import json_response
from bounce_verdict.web.service import Service, service_of

_CODE = re.compile(r"[1-9][0-9]{2}")


@value
class CodeLine:
    """A reply code in the list, at one command or at any."""

    code: int
    """The reply code."""
    command: Command | None
    """The command it answers; null where the row holds for any."""
    series: Series
    """What the first digit says."""
    meaning: str | None
    """The RFC's words in short."""
    verdict: Verdict | None
    """What the code alone would decide there."""
    reason: str
    """The reason beside it."""
    status: str | None
    """Whether the RFC that lists it is current."""
    reference: str | None
    """RFC section."""


@value
class CodeList:
    """The reply codes."""

    reply_codes: Sequence[CodeLine]
    """The codes in order, each with the commands it may answer."""
    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@value
class ReplyCodeAnswer(ReplyCodePage):
    """A reply code, at one command or at any."""

    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


@value
class EnhancedCodeAnswer(EnhancedCodePage):
    """An enhanced status code."""

    rules_digest: str
    """sha256 of the rules as loaded."""
    version: str
    """The program's version."""


_LINE = CodeLine(
    550, "RCPT", "permanent-failure", "mailbox unavailable", "permanent", "mailbox-unknown", "current", "RFC 5321 §4.2.3"
)
_REPLY_CODE = ReplyCodeAnswer(
    code=550,
    command="RCPT",
    series="permanent-failure",
    digits=Digits("failed", "the mail system", "a finer grade of what the second digit names"),
    meaning="mailbox unavailable",
    verdict="permanent",
    reason="mailbox-unknown",
    scope="recipient",
    suppress="if-repeated",
    transient=False,
    decided_by="command-and-code",
    reference="RFC 5321 §4.2.3",
    status="current",
    listed=[ReplyCode(550, "RCPT", "mailbox unavailable", "permanent", "mailbox-unknown", "RFC 5321 §4.2.3", "current")],
    notes=[],
    rules_digest=DIGEST,
    version=__version__,
)
_ENHANCED_CODE = EnhancedCodeAnswer(
    code="5.1.1",
    registered=True,
    class_meaning="permanent failure",
    subject_meaning="addressing",
    meaning="bad destination mailbox address",
    classes=[4, 5],
    basic_codes="451, 550",
    specific=True,
    verdict_4="retry",
    verdict_5="permanent",
    reason="mailbox-unknown",
    suppress_now=True,
    reference="RFC 3463 §3.2",
    notes=[],
    rules_digest=DIGEST,
    version=__version__,
)


def add_routes(app: FastAPI) -> None:
    """Add the endpoints that show the code tables."""
    command = parameter(
        "command", "query", "The command that was answered, by any name that it goes by.", {"type": "string"}, "RCPT"
    )
    code = parameter("code", "path", "Three digits.", {"type": "string", "pattern": f"^{_CODE.pattern}$"}, "550")
    written = {"type": "string", "pattern": r"^[245xX]\.[0-9]{1,3}\.[0-9]{1,3}$"}
    enhanced = parameter("code", "path", "Class, subject and detail; the class may be X.", written, "5.1.1")
    listed = CodeList([_LINE], DIGEST, __version__)
    for path, handler, summary, model, example, parameters in (
        ("/v1/reply-codes", list_reply_codes, "The reply codes, at each command or at one", CodeList, listed, [command]),
        ("/v1/reply-codes/{code}", show_reply_code, "One reply code", ReplyCodeAnswer, _REPLY_CODE, [code, command]),
        (
            "/v1/enhanced-status-codes/{code}",
            show_enhanced_code,
            "One enhanced status code",
            EnhancedCodeAnswer,
            _ENHANCED_CODE,
            [enhanced],
        ),
    ):
        app.add_api_route(
            path,
            handler,
            methods=["GET"],
            tags=["codes"],
            summary=summary,
            response_model=model,
            responses=answers(f"{model.__doc__}", example, [400, 422] if "{" in path else [422]),
            openapi_extra={"parameters": parameters},
        )


async def list_reply_codes(request: Request) -> Response:
    """Every code of the tables at every command it may answer, or at the one asked about."""
    service = service_of(request.scope)
    command = _asked(request, service)
    book, tables = service.pipeline.book, service.pipeline.decider.tables
    pairs = {(row.code, row.command) for row in book.reply_codes}
    if command is not None:
        pairs = {(code, command) for code, at in pairs if at in {command, None}}
    order = [None, *COMMANDS]
    pages = [describe_reply_code(*pair, tables) for pair in sorted(pairs, key=lambda pair: (pair[0], order.index(pair[1])))]
    return json_response(CodeList([_line(page) for page in pages], book.digest, __version__))


async def show_reply_code(request: Request) -> Response:
    """What is known of the code at the command, and what each digit says; a code of no table is judged by its first digit."""
    service = service_of(request.scope)
    command = _asked(request, service)
    code = request.path_params["code"]
    if not _CODE.fullmatch(code):
        raise InputError("code", "must be a reply code, three digits as in 550")
    page = describe_reply_code(int(code), command, service.pipeline.decider.tables)
    return json_response(ReplyCodeAnswer(**_fields(page), rules_digest=service.pipeline.book.digest, version=__version__))


async def show_enhanced_code(request: Request) -> Response:
    """What the registry says of the code, and what it decides."""
    query(request.scope)
    service = service_of(request.scope)
    page = describe_enhanced(request.path_params["code"], service.pipeline.decider.tables)
    if page is None:
        raise InputError("code", "must be an enhanced status code, as in 5.1.1 or X.1.1")
    return json_response(EnhancedCodeAnswer(**_fields(page), rules_digest=service.pipeline.book.digest, version=__version__))


def _asked(request: Request, service: Service) -> Command | None:
    """The command of the query, None where it has none."""
    name = query(request.scope, "command").get("command")
    return None if name is None else command_named(name, service.pipeline.book.commands)


def _line(page: ReplyCodePage) -> CodeLine:
    return CodeLine(page.code, page.command, page.series, page.meaning, page.verdict, page.reason, page.status, page.reference)


def _fields(page: ReplyCodePage | EnhancedCodePage) -> dict[str, Any]:
    return {field.name: getattr(page, field.name) for field in fields(page)}
