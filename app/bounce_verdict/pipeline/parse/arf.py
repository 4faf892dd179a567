"""Part of step 2: feedback reports: a recipient, or the recipient's provider, complains about a message (RFC 5965).

Microsoft's JMRP sends no feedback part: the message alone, from staff@hotmail.com, with the complainer in a field of its
own in the returned headers. Where a report hides the address, the returned message's To is all there is.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from bounce_verdict.model import Headers, Limits, Notice, RecipientSource, RecipientStatus
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.caching import cache_texts
from bounce_verdict.pipeline.media_types import FEEDBACK_REPORT
from bounce_verdict.pipeline.parse.addresses import KeyOf, clean_address, find_addresses, keys_of_message
from bounce_verdict.pipeline.parse.dates import read_date
from bounce_verdict.pipeline.parse.dsn import read_mta

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60}+)[ \t]{0,5}:(.*)")
_COMPLAINT_SUBJECT = re.compile(r"complaint about message from (\S{1,100})|abuse report|email feedback report", re.IGNORECASE)
_COMPLAINT_SENDER = re.compile(
    r"staff@(?:hotmail|outlook|live)\.com|scomp@aol\.net|feedback(?:loop)?@|fbl[-_.@]|@arf\.|@fbl\.", re.IGNORECASE
)
_IP = re.compile(r"[0-9a-fA-F.:]{3,45}")


class FeedbackReport(Struct):
    """Who complained, and what the report says of the message. `found` is whether it is a feedback report at all."""

    found: bool = False
    statuses: Sequence[RecipientStatus] = ()
    feedback_type: str | None = None
    source_ip: str | None = None
    original_from: str | None = None
    original_envelope_id: str | None = None
    reporting_mta: str | None = None
    arrival_date: str | None = None


_NO_FEEDBACK = FeedbackReport()


def read_feedback(notice: Notice, limits: Limits, budget: Budget | None = None, key_of: KeyOf | None = None) -> FeedbackReport:
    """The complaint, with one status for each address it names; `found` false where the message is no feedback report."""
    budget = budget or Budget(limits.max_work)
    key_of = key_of or keys_of_message(budget)
    for part in notice.ahead:
        if part.content_type == FEEDBACK_REPORT:
            fields = _fields(part.read_text(), limits, budget)
            if part.is_cut:
                budget.warn(f"report: more than {limits.max_report} characters, the rest unread")
            return _read_fields(fields, notice, limits, budget, key_of)
    declared = notice.message.parameters.get("report-type", "").lower() == "feedback-report"
    about = _complaint(notice)
    if declared or (
        about is not None and _COMPLAINT_SENDER.search(notice.header("from")[:500]) is not None and _has_copy(notice)
    ):
        address = _ip(about.group(1) or "") if about is not None else None
        return FeedbackReport(
            found=True,
            statuses=_statuses({}, notice.returned, limits, budget, key_of),
            feedback_type="abuse",
            source_ip=address,
            original_from=_sender(notice.returned),
        )
    return _NO_FEEDBACK


def _complaint(notice: Notice) -> re.Match[str] | None:
    """Where the subject speaks of a complaint."""
    return _search_subject(notice.header("subject")[:500])


@cache_texts(100)  # nearly all mails to a return path have one of a few subjects
def _search_subject(subject: str) -> re.Match[str] | None:
    return _COMPLAINT_SUBJECT.search(subject)


def _has_copy(notice: Notice) -> bool:
    return any(part.read_message() is not None for part in notice.message.parts)


def _read_fields(fields: dict[str, list[str]], notice: Notice, limits: Limits, budget: Budget, key_of: KeyOf) -> FeedbackReport:
    def first(name: str) -> str:
        return fields.get(name, [""])[0]

    return FeedbackReport(
        found=True,
        statuses=_statuses(fields, notice.returned, limits, budget, key_of),
        feedback_type=first("feedback-type").strip().lower()[:100] or None,
        source_ip=_ip(first("source-ip")),
        original_from=_sender(notice.returned) or clean_address(first("original-mail-from")),
        original_envelope_id=first("original-envelope-id").strip()[:500] or None,
        reporting_mta=read_mta(first("reporting-mta")),
        arrival_date=read_date(first("arrival-date") or first("received-date")),
    )


def _fields(text: str, limits: Limits, budget: Budget) -> dict[str, list[str]]:
    """Name → values, unfolded. Fields may repeat (RFC 5965 §3.2)."""
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    lines = text.split("\n")
    budget.warn_of_cut_lines(lines, limits.max_lines, limits.max_line)
    for raw in lines[: limits.max_lines]:
        line = raw[: limits.max_line]
        if line[:1] in (" ", "\t") and values:
            values[-1] += " " + line.strip()
        elif (found := _FIELD.match(line)) is not None:
            values = fields.setdefault(found.group(1).lower(), [])
            values.append(found.group(2).strip())
    return fields


def _statuses(
    fields: dict[str, list[str]], returned: Headers, limits: Limits, budget: Budget, key_of: KeyOf
) -> list[RecipientStatus]:
    """Original-Rcpt-To and Removal-Recipient; else the providers' own fields; else the returned message's To."""
    named = [text for name in ("original-rcpt-to", "removal-recipient", "x-original-rcpt-to") for text in fields.get(name, [])]
    source: RecipientSource = "original-recipient"
    addresses = [address for text in named if (address := clean_address(text)) is not None]
    if not addresses:
        named_by_provider = [returned.get(name) or "" for name in ("x-hmxmroriginalrecipient", "x-rcpt-to", "x-original-to")]
        addresses = [address for text in named_by_provider if (address := clean_address(text)) is not None][:1]
    if not addresses:
        addresses = _returned_to(returned)
        source = "returned-message"
    if len(addresses) > limits.max_recipients:
        budget.warn(f"report: more than {limits.max_recipients} recipients, the rest unread")
    unique = {key_of(address): address for address in reversed(addresses[: limits.max_recipients])}
    return [RecipientStatus(address, source, original_recipient=_own(address, source)) for address in reversed(unique.values())]


def _returned_to(returned: Headers) -> list[str]:
    """Whom the returned message was for; some providers remove To and leave a trace field."""
    for name in ("to", "cc", "x-envelope-to", "envelope-to", "delivered-to", "apparently-to", "x-receiver"):
        addresses = [address for text in returned.get_all(name)[:10] for address in find_addresses(text)]
        if addresses:
            return addresses
    return []


def _own(address: str, source: RecipientSource) -> str | None:
    return address if source == "original-recipient" else None


def _sender(returned: Headers) -> str | None:
    return clean_address(returned.get("from") or "")


def _ip(raw: str) -> str | None:
    found = _IP.fullmatch(raw.strip().strip("[]()"))
    return found.group() if found is not None else None
