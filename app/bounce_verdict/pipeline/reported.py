"""A reply that a source reports: an ESP's event, a log line, or a request that gives the codes and the category apart from the text.

It joins the pipeline at parse_reply, as a report's recipient status does. The text outranks the source's own category; where
there is no text, or none that decides, the category does.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from bounce_verdict.errors import InputError
from bounce_verdict.model import (
    COMMANDS,
    Action,
    Classification,
    Command,
    Evidence,
    Identity,
    RecipientStatus,
    ReplyInput,
    Rulebook,
    Suppress,
    Verdict,
)
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.answer_cache import Key, cache_key
from bounce_verdict.pipeline.decide import Decision
from bounce_verdict.pipeline.decide.verdict import SUCCESS, Candidate
from bounce_verdict.pipeline.parse.smtp_commands import resolve_command

_MAILBOX_CODES = {550, 551, 553}  # RFC 5321 §4.2.2: mailbox unavailable, not local, name not allowed
_COMMANDS: dict[str, Command] = {command: command for command in COMMANDS}
_BY_CODE = {"code", "first-digit"}  # decisions that no word of the text and no command supports


class Category(Struct, frozen=True):
    """What a source's own word for a failure means, in our words. None in `suppress`: the reason's own.

    outranks: what may stand in the reply and is less exact than the word: "mailbox-code", a 550, 551 or 553 whose text decides nothing;
    "code", any such code; "text", where the text is only the source's own wording of the same (an address on its suppression list).
    is_transient: the word says that it will pass, and not what it is.
    """

    verdict: Verdict | None
    reason: str
    suppress: Suppress | None = None
    outranks: Literal["mailbox-code", "code", "text"] | None = None
    is_transient: bool = False


class ReportedReply(Struct):
    """What a source says of one recipient.

    text: the reply as reported; "" where there is none. code, status: given apart from it. command: any name in use.
    original_recipient: the address before the source's own aliases. cautions: why this must not stop the address at once.
    source: who says so. sender, sending_ip, sending_host: who we are. category: what its own word means; word: that word, for the evidence. occurred_at: RFC 3339.
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
    id: Identity | None = None
    source: str = "request"
    sender: str | None = None
    sending_ip: str | None = None
    sending_host: str | None = None
    original_recipient: str | None = None
    cautions: tuple[str, ...] = ()


def classify_reported(pipeline: Pipeline, said: ReportedReply) -> Classification:
    """The answer for one recipient."""
    key = _key(pipeline, said)
    answer = pipeline.answers.get(key)
    if answer is None:
        answer = _classify(pipeline, said)
        pipeline.answers.keep(key, answer)
    return replace(  # type: ignore[type-var]  # to mypy a record is a dataclass
        answer,
        id=said.id,
        recipient=said.recipient,
        original_recipient=said.original_recipient,
        last_attempt_date=said.occurred_at,
    )


def _key(pipeline: Pipeline, said: ReportedReply) -> Key:
    """All that the answer depends on, but for what it echoes."""
    given = (said.code, said.status, said.category, said.word, said.source, said.cautions)
    return *cache_key(reply_input(pipeline, said), pipeline.providers, knows_us=bool(pipeline.own_domains)), *given


def _classify(pipeline: Pipeline, said: ReportedReply) -> Classification:
    given = reply_input(pipeline, said)
    status = RecipientStatus(
        recipient=said.recipient,
        recipient_source="request" if said.recipient else None,
        action=said.action,
        status=said.status,
        remote_mta=said.remote_mta,
        diagnostic_code=said.text or None,
        reply=given.reply or None,
        said_by="remote",
        command=given.command,
        read_by=said.source,
        cautions=said.cautions,
    )
    scanned = pipeline.scan_reply(given, status)
    decision, category = pipeline.judge.decide(scanned), said.category
    if category is None or not _decides(category, decision, said, scanned.parsed.reply.code):
        return _heeding(said, _still_counted(pipeline.answer_decision(given, status, scanned, decision)))
    candidate = Candidate("source-category", category.verdict, category.reason, suppress=category.suppress)
    answer = pipeline.answer_decision(given, status, scanned, pipeline.decider.decide_as(candidate, scanned))
    found = Evidence(
        "verdict", f"{said.source} says {said.word}" if said.word else f"reported by {said.source}", category.verdict
    )
    answer = replace(answer, evidence=[found, *answer.evidence])  # type: ignore[type-var]
    if category.verdict is None:  # nothing failed, yet a complaint or an unsubscribe stops the address
        suppress = category.suppress or pipeline.book.reasons[category.reason].suppress
        return replace(answer, suppress=suppress)  # type: ignore[type-var]
    return _still_counted(answer)


def reply_input(pipeline: Pipeline, said: ReportedReply) -> ReplyInput:
    """What is reported, as a reply to judge."""
    return ReplyInput(
        reply_line(said),
        _command(said.command, pipeline.book),
        said.remote_mta,
        said.recipient,
        said.action,
        sender=said.sender,
        sending_ip=said.sending_ip,
        sending_host=said.sending_host,
    )


def reply_line(said: ReportedReply) -> str:
    """The reply as the server sent it: what is given apart stands before the text, unless the text begins with it."""
    text = said.text.strip()
    if said.code is None or text[:3] == str(said.code):
        return text
    if said.status and said.status[:1] == str(said.code)[:1] and not _has_status(text):
        text = f"{said.status} {text}"
    return f"{said.code} {text}".rstrip()


def _has_status(text: str) -> bool:
    """Whether the text begins with an enhanced status code of its own."""
    return text[:1] in "245" and text[1:2] == "." and text[2:3].isdigit()


def _decides(category: Category, decision: Decision, said: ReportedReply, code: int | None) -> bool:
    """Whether the category decides, and not the text."""
    if said.action in SUCCESS:
        return False
    if category.outranks == "text" or decision.decided_by == "nothing":
        return True
    if not said.text.strip():
        return decision.decided_by not in {"rule", "enhanced-status"}
    by_code = decision.decided_by in _BY_CODE or (decision.rule is not None and decision.rule.layer == "fallback")
    return by_code and (category.outranks == "code" or (category.outranks == "mailbox-code" and code in _MAILBOX_CODES))


def _still_counted(answer: Classification) -> Classification:
    """A delay whose text says that the address is dead counts against it; the source may be wrong to go on trying."""
    if answer.action == "delayed" and answer.verdict == "permanent" and answer.suppress == "never":
        return replace(answer, suppress="if-repeated")  # type: ignore[type-var]
    return answer


def _heeding(said: ReportedReply, answer: Classification) -> Classification:
    """An answer whose `now` is held back where the source's own word is that it will pass, or another cause than a dead address."""
    category = said.category
    if answer.suppress != "now" or category is None or (category.verdict in {None, "permanent"} and not category.is_transient):
        return answer
    line = Evidence("verdict", f"`now` is held back: {said.source} says {said.word}", category.verdict)
    return replace(answer, suppress="if-repeated", evidence=[*answer.evidence, line])  # type: ignore[type-var]


def _command(name: str | None, book: Rulebook) -> Command | None:
    if not name:
        return None
    if name in _COMMANDS:
        return _COMMANDS[name]
    try:
        return resolve_command(name, book.commands)
    except InputError:
        return None
