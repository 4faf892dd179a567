"""Step 2, a message: which kind it is, whom it is about, and the reply to judge for each.

Readers from the most authoritative down: feedback report (RFC 5965), report part (RFC 3464), the layout of the program that
wrote the text, automatic reply (RFC 3834), and at last a general reader that answers only what is beyond doubt. Report and
text are merged per recipient.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from bounce_verdict.model import DEFAULT_LIMITS, Kind, Limits, MessageFacts, MessageInput, Notice, ReadMessage, RecipientStatus
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.parse.addresses import clean_address, find_addresses
from bounce_verdict.pipeline.parse.arf import FeedbackReport, read_feedback
from bounce_verdict.pipeline.parse.autoreply import read_auto_reply
from bounce_verdict.pipeline.parse.dsn import NO_REPORT, DeliveryReport, read_report
from bounce_verdict.pipeline.parse.forwarded import unwrap_notice
from bounce_verdict.pipeline.parse.heuristics import read_general, words_about
from bounce_verdict.pipeline.parse.layouts import possible_layouts
from bounce_verdict.pipeline.parse.layouts.sieve import is_rejection
from bounce_verdict.pipeline.parse.merge import merge_statuses
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply
from bounce_verdict.pipeline.parse.sender import is_personal, may_report
from bounce_verdict.pipeline.parse.verp import may_carry, peel_address, read_verp

_ENVELOPE_FIELDS = ("x-original-to", "envelope-to", "delivered-to", "to")

Named = TypeVar("Named", str, RecipientStatus)

_USUAL_ID = re.compile(r"<[!-;=?-~]{1,500}+>")
_FEW = 10  # recipients for whom the text is searched again
_UNPROVEN = (
    "unproven-origin: nothing ties this report to a message that was sent (no VERP, BATV or returned Message-ID); "
    "match it to one before suppressing an address"
)


def read_statuses(
    notice: Notice, given: MessageInput, limits: Limits = DEFAULT_LIMITS, budget: Budget | None = None
) -> ReadMessage:
    """What the message is and says of each recipient. Anything that is no report is `not-a-report` without recipients.

    Pure, so it may be called again with the same message as another splitter opened it.
    """
    budget = budget or Budget(limits.max_work)
    inner = unwrap_notice(notice, limits, budget) or notice
    envelope_to = _envelope_to(notice, given)
    feedback = read_feedback(inner, limits, budget)
    report = NO_REPORT if feedback.found else read_report(inner, limits, budget)
    if report.found and not _is_believed(report, inner):
        report = NO_REPORT
    kind, statuses = _read(inner, feedback, report, limits, budget)
    statuses = _first(statuses, limits, budget)
    statuses, verp = _name_by_verp(statuses, envelope_to)
    statuses = _name_by_returned(statuses, inner) if kind in {"bounce", "delay"} else statuses
    facts = _facts(notice, inner, given, report, feedback, statuses, verp)
    warnings = [*notice.message.warnings, *(report.warnings if kind != "not-a-report" else ())]
    if len(warnings) > 1:
        warnings = list(dict.fromkeys(warnings))
    if kind in {"bounce", "delay", "success", "feedback-report"} and not _is_proven(facts, envelope_to):
        warnings.insert(0, _UNPROVEN)
    return ReadMessage(kind, facts, statuses, warnings)


def _read(
    notice: Notice, feedback: FeedbackReport, report: DeliveryReport, limits: Limits, budget: Budget
) -> tuple[Kind, list[RecipientStatus]]:
    """The kind, and the statuses of the first reader that answers."""
    if feedback.found:
        return "feedback-report", list(feedback.statuses)
    if report.challenge:
        return "auto-reply", [replace(status, read_by="dsn") for status in report.statuses]
    read = _is_receipt(notice)
    if read or (not report.found and is_personal(notice)):
        answering = [] if read else read_auto_reply(notice)
        return ("auto-reply", answering) if answering else ("not-a-report", [])
    told = _by_layout(notice, believed=report.found or may_report(notice))
    failed = _first(_failed_header(notice), limits, budget)
    if report.statuses or told:
        statuses = merge_statuses(report.statuses, told, failed)
        if len(statuses) <= _FEW:
            statuses = [status if status.reply else _with_words(status, notice) for status in statuses]
        statuses = [status if status.action else _with_action(status, limits) for status in statuses]
        return _kind(statuses), statuses
    if not failed and (answering := read_auto_reply(notice)):
        return "auto-reply", answering
    statuses = merge_statuses((), read_general(notice), failed)
    return (_kind(statuses), statuses) if statuses else ("not-a-report", [])


def _is_believed(report: DeliveryReport, notice: Notice) -> bool:
    """Whether report fields make a report: in a multipart/report always, elsewhere not in a person's mail (RFC 6522 §3)."""
    if notice.message.content_type == "multipart/report":
        return True
    return not is_personal(notice) and (report.declared or may_report(notice))


def _by_layout(notice: Notice, *, believed: bool) -> list[RecipientStatus]:
    """What the first layout that knows the notice reads from it; the ones that anyone quotes only where it is believed."""
    for layout in possible_layouts(notice):
        statuses = layout.read(notice) if believed or layout.in_any_mail else []
        if statuses:
            return [status if status.read_by else replace(status, read_by=layout.name) for status in statuses]
    return []


def _with_words(status: RecipientStatus, notice: Notice) -> RecipientStatus:
    """A recipient whose report gives no reason, with the sentence about it in the text."""
    if not status.recipient or status.action not in {"failed", "delayed", None}:
        return status
    words = words_about(notice, status.recipient)
    return replace(status, reply=words, said_by="local", read_by=f"{status.read_by}+general") if words else status


def _with_action(status: RecipientStatus, limits: Limits) -> RecipientStatus:
    """A recipient whose report names no action: a Status of class 2 says "delivered", unless the reply beside it refuses."""
    if not status.status_decides or not (status.status or "").startswith("2."):
        return status
    reply = parse_reply(status.reply or "", limits).reply
    refused = str(reply.code or reply.enhanced_status or "").startswith(("4", "5"))
    return status if refused else replace(status, action="delivered")


def _is_receipt(notice: Notice) -> bool:
    """A message disposition notification (RFC 8098): the mail arrived, read or not; nothing about its delivery.

    Unless it says that the recipient's filter rejected the mail (RFC 5429 §2.1).
    """
    receipt = notice.message.parameters.get("report-type", "").lower() == "disposition-notification"
    for part in notice.message.parts:
        if part.content_type == "message/delivery-status":
            return False
        receipt = receipt or part.content_type == "message/disposition-notification"
    return receipt and not is_rejection(notice)


def _first(found: list[Named], limits: Limits, budget: Budget) -> list[Named]:
    """As many recipients as are answered."""
    if len(found) > limits.max_recipients:
        budget.cut(f"report: more than {limits.max_recipients} recipients, the rest unread")
    return found[: limits.max_recipients]


def _failed_header(notice: Notice) -> list[str]:
    """X-Failed-Recipients (Exim, Gmail, chasquid): a list, in one field or several."""
    if notice.message.headers.get("x-failed-recipients") is None:
        return []
    texts = notice.message.headers.get_all("x-failed-recipients")
    words = [word for text in texts for word in text.split(",")]
    return list(dict.fromkeys(address for word in words if (address := clean_address(word)) is not None))


def _kind(statuses: Sequence[RecipientStatus]) -> Kind:
    """By what became of the recipients: one that failed makes it a bounce, one that waits a delay."""
    if statuses[0].complaint:
        return "feedback-report"
    actions = {status.action or "failed" for status in statuses}
    if "failed" in actions:
        return "bounce"
    return "delay" if "delayed" in actions else "success"


def _envelope_to(notice: Notice, given: MessageInput) -> list[str]:
    """Where the message was sent to: as the caller knows, else as its headers tell, as far as these may carry an address."""
    if given.envelope_to:
        return [given.envelope_to.strip().strip("<>")]
    get = notice.message.headers.get
    texts = [text for name in _ENVELOPE_FIELDS if (text := get(name)) and may_carry(text)]
    return [address for text in texts for address in find_addresses(text)[:2]]


def _name_by_verp(statuses: list[RecipientStatus], envelope_to: Sequence[str]) -> tuple[list[RecipientStatus], str | None]:
    """The recipient as the return path carries it; only a report about one recipient is renamed by it.

    A reported address may itself be wrapped (mail sent to a prvs= or SRS0= return path): it is peeled.
    """
    carried = _carried(statuses, envelope_to) if envelope_to else None
    if len(statuses) == 1 and carried is not None:
        old = statuses[0]
        final = old.final_recipient or (old.recipient if old.recipient != carried else None)
        return [replace(old, recipient=carried, recipient_source="verp", final_recipient=final)], carried
    return [_peeled(status) if status.recipient and may_carry(status.recipient) else status for status in statuses], carried


def _carried(statuses: Sequence[RecipientStatus], envelope_to: Sequence[str]) -> str | None:
    """The recipient that the first of the return paths carries which carries any."""
    known = {
        told for status in statuses for told in (status.recipient, status.original_recipient, status.final_recipient) if told
    }
    paths = [address for address in envelope_to if "=" in address]
    return next((found for address in paths if (found := read_verp(address, known)) is not None), None)


def _peeled(status: RecipientStatus) -> RecipientStatus:
    inner = peel_address(status.recipient) if status.recipient else None
    if inner is None:
        return status
    final = status.final_recipient or status.recipient
    return replace(status, recipient=inner.address, recipient_source=inner.wrapper, final_recipient=final)


def _name_by_returned(statuses: list[RecipientStatus], notice: Notice) -> list[RecipientStatus]:
    """The returned message's only recipient, where the report has one recipient and does not name it."""
    if len(statuses) != 1 or (statuses[0].recipient and "@" in statuses[0].recipient):
        return statuses
    addresses = [
        address for name in ("to", "cc", "bcc") for text in notice.returned.get_all(name)[:10] for address in find_addresses(text)
    ]
    if len(set(addresses)) != 1:
        return statuses
    return [replace(statuses[0], recipient=addresses[0], recipient_source="returned-message")]


def _facts(
    notice: Notice,
    inner: Notice,
    given: MessageInput,
    report: DeliveryReport,
    feedback: FeedbackReport,
    statuses: Sequence[RecipientStatus],
    verp: str | None,
) -> MessageFacts:
    about = feedback if feedback.found else report
    get, got = notice.message.headers.get, inner.returned.get
    list_id = got("list-id") or get("list-id")
    return MessageFacts(  # by place: twice as fast as by name
        _id(get("message-id")),
        given.envelope_to,
        given.envelope_from or clean_address(get("return-path") or ""),
        verp,
        about.reporting_mta,
        about.original_envelope_id,
        about.arrival_date,
        _id(got("message-id")) or report.original_message_id or _answered(inner, report),
        clean_address(got("from") or "") or feedback.original_from,
        list_id[:500] or None if list_id else None,
        feedback.feedback_type or next((told.complaint for told in statuses if told.complaint), None),
        feedback.source_ip,
    )


def _answered(notice: Notice, report: DeliveryReport) -> str | None:
    """The message that a report answers, where it returns none: In-Reply-To, else References (Exim, Haraka, chasquid)."""
    if not report.found:
        return None
    return _id(notice.header("in-reply-to")) or _id(notice.header("references").rpartition("<")[2])


def _id(raw: str | None) -> str | None:
    """A message identifier with its angle brackets (RFC 5322 §3.6.4)."""
    if not raw or _USUAL_ID.fullmatch(raw) is not None:
        return raw or None
    words = raw.strip().strip("<>").split()
    return f"<{words[0][:500].strip('<>')}>" if words else None


def _is_proven(facts: MessageFacts, envelope_to: Sequence[str]) -> bool:
    return (
        facts.verp is not None
        or facts.original_message_id is not None
        or any(peel_address(address) is not None for address in envelope_to)
    )
