"""POST /v1/rules/check: a rules file tried beside those in force, before anyone saves it."""

import asyncio

from anyio import to_thread
from fastapi import Request

from bounce_verdict.contract.decoding import decode_json
from bounce_verdict.contract.inputs import text_input
from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.contract.requests import RulesCheckRequest
from bounce_verdict.contract.service_answers import Judgement, RulesChecked
from bounce_verdict.response import JSON, problem
from bounce_verdict.rulebook.files import rules_folder
from bounce_verdict.rulebook.sandbox import WALL_SECONDS, check_text
from bounce_verdict.web.request.body import Place, media_type, read_body
from bounce_verdict.web.request.head import query
from bounce_verdict.web.routing import router
from bounce_verdict.web.service import service_of

_RETRY_AFTER = 5  # seconds; most checks take two
_lock = asyncio.Lock()  # held by this process's check under way: a check takes a processor and up to 1.5 GB


routes = router()


@routes.post("/v1/rules/check", tags=["rules"], summary="Try a rules file")
async def check_rules(request: Request) -> RulesChecked:
    """Findings for one file, checked in a process of its own within limits of time and memory, one at a time.

    It changes nothing. Answered in seconds; a pattern too dear to compile is a finding after at most a minute.
    """
    service = service_of(request.scope)
    media_type(request.scope, [JSON])
    query(request.scope)
    with Place(service.places) as place:
        given = decode_json(await read_body(request, service.settings, place), RulesCheckRequest)
    pipeline = service.pipeline
    replies = [text_input(reply, pipeline.book.commands) for reply in given.replies]
    if _lock.locked():
        detail = f"Another file is being checked, which takes {WALL_SECONDS} s at most; try again in a moment."
        raise Refusal(problem(503, detail), {"Retry-After": str(_RETRY_AFTER)})
    async with _lock:
        folder, local = rules_folder(service.settings.rules), service.settings.local_rules
        checked = await to_thread.run_sync(check_text, given.file, given.path, folder, local, replies)
    judged = [Judgement(pipeline.reply(reply), after) for reply, after in zip(replies, checked.replies, strict=True)]
    return RulesChecked(checked.findings, judged)
