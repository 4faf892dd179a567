"""Step 2, a message: which kind it is, whom it is about, and the reply to judge for each.

Readers from the most authoritative down: feedback report (RFC 5965), report part (RFC 3464), the layout of the program that
wrote the text, automatic reply (RFC 3834), and at last one for any other text, which answers only what is beyond doubt. Report and
text are merged per recipient.
"""

from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from bounce_verdict.model import (
    DEFAULT_LIMITS,
    Limits,
    MessageInput,
    Notice,
    Origin,
    ReadMessage,
    RecipientStatus,
    ReportKind,
    ToMatch,
)
from bounce_verdict.pipeline.budget import CAREFUL, Budget
from bounce_verdict.pipeline.media_types import DELIVERY_STATUS, DISPOSITION
from bounce_verdict.pipeline.parse.addresses import KeyOf, clean_address, keys_of_message
from bounce_verdict.pipeline.parse.arf import FeedbackReport, read_feedback
from bounce_verdict.pipeline.parse.autoreply import read_auto_reply
from bounce_verdict.pipeline.parse.cautions import NOT_CARRIED, doubts, with_cautions
from bounce_verdict.pipeline.parse.dsn import NO_REPORT, DeliveryReport, read_report
from bounce_verdict.pipeline.parse.layouts import possible_layouts
from bounce_verdict.pipeline.parse.layouts.sieve import is_rejection
from bounce_verdict.pipeline.parse.merge import merge_statuses
from bounce_verdict.pipeline.parse.message_facts import message_facts
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.pipeline.parse.out_of_office import read_absence
from bounce_verdict.pipeline.parse.recipient_names import carried_recipient, header_addresses, name_by_returned, name_by_verp
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply
from bounce_verdict.pipeline.parse.unknown_layout.answered_command import with_commands
from bounce_verdict.pipeline.parse.unknown_layout.heuristics import explain, name_by_text, read_unknown_layout
from bounce_verdict.pipeline.parse.unknown_layout.sentences import with_sentences

Recipient = TypeVar("Recipient", str, RecipientStatus)

_READ_REPORTS = frozenset({"delivery-status", "global-delivery-status", "disposition-notification", "feedback-report"})
_BOUNCES = frozenset({"bounce", "delay"})
_MAX_EXPLAINED = 10  # recipients for whom the text is searched again


def read_statuses(
    notice: Notice,
    given: MessageInput,
    limits: Limits = DEFAULT_LIMITS,
    budget: Budget | None = None,
    return_paths: ReturnPaths = ReturnPaths(),  # noqa: B008  # a value
) -> ReadMessage:
    """What the message is and says of each recipient. Anything that is no report is `not-a-report` without recipients.

    Pure, so it may be called again with the same message as another splitter opened it.
    """
    budget = budget or Budget(limits.max_work)
    key_of = keys_of_message(budget)
    inner = notice.forwarded or notice
    kind, statuses, report, feedback = _read_one(inner, limits, budget, key_of)
    if kind == "not-a-report" and inner is not notice:
        inner = notice
        kind, statuses, report, feedback = _read_one(notice, limits, budget, key_of)
    statuses = _within_limit(statuses, limits, budget)
    envelope = (given.envelope_to or "").strip().strip("<>")
    path = return_paths.read(envelope, given.seconds)
    carried = path.carried or carried_recipient(statuses, [envelope] if envelope else header_addresses(notice), key_of)
    reasons = doubts(
        statuses,
        carried,
        path,
        is_envelope=bool(envelope),
        is_forwarded=inner is not notice or notice.message.headers.get("resent-from") is not None,
        is_announced=inner.sender.says_undelivered,
        is_anybodys=kind in _BOUNCES and not report.found and not inner.sender.is_plain,
        subject=inner.header("subject"),
        key_of=key_of,
    )
    statuses = name_by_verp(statuses, carried)
    if kind in _BOUNCES:
        statuses = name_by_returned(statuses, inner)
    statuses = with_cautions(statuses, carried, reasons, is_complaint=kind == "feedback-report", key_of=key_of)
    if envelope and carried and any(NOT_CARRIED in status.cautions for status in statuses):
        budget.warn(NOT_CARRIED)
    facts = message_facts(notice, inner, given, report, feedback, statuses, carried)
    to_match = ToMatch(facts.original_message_id, path.token or (carried if envelope else None), facts.original_envelope_id)
    answered = read_absence(inner) if kind == "auto-reply" else None
    return ReadMessage(kind, facts, Origin(to_match, path.proof), statuses, answered, inner.text)


def _read_one(
    notice: Notice, limits: Limits, budget: Budget, key_of: KeyOf
) -> tuple[ReportKind, list[RecipientStatus], DeliveryReport, FeedbackReport]:
    """What one notice says, by itself."""
    feedback = read_feedback(notice, limits, budget, key_of)
    report = NO_REPORT if feedback.found or not _is_believed(notice) else read_report(notice, limits, budget, key_of)
    budget.release_reserve()
    return *_read(notice, feedback, report, limits, budget, key_of), report, feedback


def _read(
    notice: Notice, feedback: FeedbackReport, report: DeliveryReport, limits: Limits, budget: Budget, key_of: KeyOf
) -> tuple[ReportKind, list[RecipientStatus]]:
    """The kind, and the statuses of the first reader that answers."""
    if feedback.found:
        return "feedback-report", _credited(feedback.statuses, "arf")
    reported = _credited(report.statuses, "dsn")
    if report.challenge:
        return "auto-reply", reported
    is_receipt = _is_receipt(notice) or _is_another_report(notice)
    if is_receipt or (not report.found and notice.sender.is_personal):
        answering = [] if is_receipt else _credited(read_auto_reply(notice), "autoreply")
        return ("auto-reply", answering) if answering else ("not-a-report", [])
    believed = report.found or notice.sender.may_report
    from_text = _by_layout(notice) if believed else []
    failed = _within_limit(_failed_header(notice), limits, budget) if believed else []
    if reported or from_text:
        statuses = merge_statuses(reported, from_text, failed, key_of)
        statuses = name_by_text(statuses, notice, budget)
        if len(statuses) <= _MAX_EXPLAINED:
            statuses = explain(statuses, notice, budget)
        statuses = [status if status.action else _with_action(status, limits, budget) for status in statuses]
        return _kind(statuses), _with_text(statuses, notice, budget)
    if not failed and (answering := read_auto_reply(notice)):
        return "auto-reply", _credited(answering, "autoreply")
    unknown = read_unknown_layout(notice, budget) if believed else []
    statuses = merge_statuses((), _credited(unknown, "general"), failed, key_of)
    return (_kind(statuses), _with_text(statuses, notice, budget)) if statuses else ("not-a-report", [])


def _with_text(statuses: Sequence[RecipientStatus], notice: Notice, budget: Budget) -> list[RecipientStatus]:
    """The statuses with what the human text says beside any layout: the command, and sentences where no reply is known."""
    return with_sentences(with_commands(statuses, notice, budget), notice, budget)


def _credited(statuses: Sequence[RecipientStatus], reader: str) -> list[RecipientStatus]:
    """The statuses with the reader that found them, and the text as source of an address, each where the reader left it open."""
    for status in statuses:  # nobody else has them yet
        status.read_by = status.read_by or reader
        if status.recipient_source is None and status.recipient is not None:
            status.recipient_source = "text"
    return list(statuses)


def _is_believed(notice: Notice) -> bool:
    """Whether report fields make a report: in a multipart/report of no other author (RFC 6522 §3), elsewhere in a mailer's notice."""
    message, sender = notice.message, notice.sender
    if message.content_type == "multipart/report":
        return not sender.is_other
    return sender.may_report and not sender.is_personal


def _by_layout(notice: Notice) -> list[RecipientStatus]:
    """What the first layout that knows the notice reads from it."""
    for layout in possible_layouts(notice):
        if statuses := layout.read(notice):
            return _credited(statuses, layout.name)
    return []


def _with_action(status: RecipientStatus, limits: Limits, budget: Budget) -> RecipientStatus:
    """A recipient whose report names no action: a Status of class 2 says "delivered", unless the reply beside it refuses."""
    if not status.status_decides or not (status.status or "").startswith("2."):
        return status
    if not budget.spend(CAREFUL * min(len(status.reply or ""), limits.max_reply_text)):
        return status
    reply = parse_reply(status.reply or "", limits).reply
    refused = str(reply.code or reply.enhanced_status or "").startswith(("4", "5"))
    return status if refused else replace(status, action="delivered")


def _is_receipt(notice: Notice) -> bool:
    """A message disposition notification (RFC 8098): the mail arrived, read or not; nothing about its delivery.

    Unless it says that the recipient's filter rejected the mail (RFC 5429 §2.1).
    """
    declared = notice.message.parameters.get("report-type", "").lower() == "disposition-notification"
    types = {part.content_type for part in notice.message.parts}
    disposed = not types.isdisjoint(DISPOSITION)
    if not (declared and disposed) and not types.isdisjoint(DELIVERY_STATUS):
        return False
    return (declared or disposed) and not is_rejection(notice)


def _is_another_report(notice: Notice) -> bool:
    """Whether it declares itself a report of another type, and holds a part of that type (RFC 6522 §3): of TLS failures (RFC 8460 §5.3)."""
    declared = notice.message.parameters.get("report-type", "").lower()
    if not declared or declared in _READ_REPORTS:
        return False
    subtypes = [part.content_type.partition("/")[2] for part in notice.message.parts]
    return any(subtype.partition("+")[0] == declared for subtype in subtypes)


def _within_limit(found: list[Recipient], limits: Limits, budget: Budget) -> list[Recipient]:
    """As many recipients as are answered."""
    if len(found) > limits.max_recipients:
        budget.warn(f"report: more than {limits.max_recipients} recipients, the rest unread")
    return found[: limits.max_recipients]


def _failed_header(notice: Notice) -> list[str]:
    """X-Failed-Recipients (Exim, Gmail, chasquid): a list, in one field or several."""
    if notice.message.headers.get("x-failed-recipients") is None:
        return []
    texts = notice.message.headers.get_all("x-failed-recipients")
    words = [word for text in texts for word in text.split(",")]
    return list(dict.fromkeys(address for word in words if (address := clean_address(word)) is not None))


def _kind(statuses: Sequence[RecipientStatus]) -> ReportKind:
    """By what became of the recipients: one that failed makes it a bounce, one that waits a delay."""
    if statuses[0].complaint:
        return "feedback-report"
    actions = {status.action or "failed" for status in statuses}
    if "failed" in actions:
        return "bounce"
    return "delay" if "delayed" in actions else "success"
