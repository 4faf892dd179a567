"""A reply that a source reports: an ESP's event, a log line, or a request that gives the codes and the category apart from the text.

It joins the pipeline at parse_reply, as a report's recipient status does. The text outranks the source's own category; where
there is no text, or none that decides, the category does.
"""

from dataclasses import replace
from typing import Literal

from msgspec import Struct

from bounce_verdict.errors import UnknownCommand
from bounce_verdict.model import (
    Action,
    Classification,
    Command,
    Evidence,
    RecipientStatus,
    ReplyInput,
    Rulebook,
    Suppress,
    Verdict,
)
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.context import resolve_command
from bounce_verdict.pipeline.decide.decider import Decision
from bounce_verdict.pipeline.decide.verdict import SUCCESS, Candidate

_BY_CODE = {"code", "first-digit"}  # decisions that no word of the text and no command supports


class Category(Struct, frozen=True):
    """What a source's own word for a failure means, in our words. None in `suppress`: the reason's own.

    outranks: "code" where the word is more exact than a reply code whose text decides nothing (a mailbox that does not exist);
    "text" where the text is only the source's own wording of the same (an address on its suppression list).
    """

    verdict: Verdict | None
    reason: str
    suppress: Suppress | None = None
    outranks: Literal["code", "text"] | None = None


class ReportedReply(Struct):
    """What a source says of one recipient.

    text: the reply as reported; "" where there is none. code, status: given apart from it. command: any name in use.
    category: what the source's own word means; word: that word, for the evidence.
    """

    recipient: str | None = None
    text: str = ""
    code: int | None = None
    status: str | None = None
    command: str | None = None
    action: Action | None = None
    remote_mta: str | None = None
    category: Category | None = None
    word: str | None = None
    occurred_at: str | None = None


def classify_reported(pipeline: Pipeline, said: ReportedReply, source: str) -> Classification:
    """The answer for one recipient. `source` is who says so, for the evidence."""
    line = reply_line(said)
    given = ReplyInput(line, _command(said.command, pipeline.book), said.remote_mta, said.recipient, said.action)
    status = RecipientStatus(
        recipient=said.recipient,
        recipient_source="request" if said.recipient else None,
        action=said.action,
        status=said.status,
        remote_mta=said.remote_mta,
        diagnostic_code=said.text or None,
        last_attempt_date=said.occurred_at,
        reply=line or None,
        said_by="remote",
        command=given.command,
        read_by=source,
    )
    walk = pipeline.walk(given, status)
    decision = pipeline.decider.decide(walk)
    category = said.category
    if category is None or not _decides(category, decision, said):
        answer = pipeline._answer(given, status, walk, decision)  # noqa: SLF001
        return _careful(answer)
    candidate = Candidate("source-category", category.verdict, category.reason, suppress=category.suppress)
    answer = pipeline._answer(given, status, walk, pipeline.decider.state(candidate, walk))  # noqa: SLF001
    found = Evidence("verdict", f"{source} says {said.word}" if said.word else f"reported by {source}", category.verdict)
    answer = replace(answer, evidence=[found, *answer.evidence])
    if category.verdict is None:  # nothing failed, yet a complaint or an unsubscribe stops the address
        suppress = category.suppress or pipeline.book.reasons[category.reason].suppress
        return replace(answer, suppress=suppress)
    return _careful(answer)


def reply_line(said: ReportedReply) -> str:
    """The reply as the server sent it: what is given apart stands before the text, unless the text begins with it."""
    text = said.text.strip()
    if said.code is None or text[:3] == str(said.code):
        return text
    if said.status and not text.startswith(said.status) and said.status[:1] == str(said.code)[:1] and not _has_status(text):
        text = f"{said.status} {text}"
    return f"{said.code} {text}".rstrip()


def _has_status(text: str) -> bool:
    """Whether the text begins with an enhanced status code of its own."""
    return text[:1] in "245" and text[1:2] == "." and text[2:3].isdigit()


def _decides(category: Category, decision: Decision, said: ReportedReply) -> bool:
    if said.action in SUCCESS:
        return False
    if category.outranks == "text" or decision.decided_by == "nothing":
        return True
    if not (said.text or said.code or said.status):
        return True
    return category.outranks == "code" and (
        decision.decided_by in _BY_CODE or (decision.rule is not None and decision.rule.layer == "fallback")
    )


def _careful(answer: Classification) -> Classification:
    """A delay whose text says that the address is dead counts against it; the source may be wrong to go on trying."""
    if answer.action == "delayed" and answer.verdict == "permanent" and answer.suppress == "never":
        return replace(answer, suppress="if-repeated")
    return answer


def _command(name: str | None, book: Rulebook) -> Command | None:
    if not name:
        return None
    try:
        return resolve_command(name, book.commands)
    except UnknownCommand:
        return None
