"""Part of step 2: the report part of a bounce (RFC 3464, RFC 6533), the most authoritative reader for addresses and actions.

Real reports bend the format: fields without blank lines between recipients (Haraka 3.3), blank lines inside a
recipient's block, unfolded continuation lines, any content type. A block that cannot be read costs a warning, nothing else.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from bounce_verdict.model import Action, Limits, Notice, RecipientSource, RecipientStatus, SaidBy
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.caching import cache_texts
from bounce_verdict.pipeline.media_types import DELIVERY_STATUS
from bounce_verdict.pipeline.parse.addresses import KeyOf, clean_address, keys_of_message
from bounce_verdict.pipeline.parse.dates import read_date
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply
from bounce_verdict.pipeline.parse.report_fields import JOINED, Block, read_blocks, split_type, undeclared_fields

_CODES = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_ONE_DIGIT_EACH = 5  # characters of X.Y.Z
_LETTERS = re.compile(r"[a-z]*+")
_MTA_TYPE = re.compile(r"(?:dns|smtp|unknown|x400|x-[a-z0-9-]{1,60}+)[ \t]{0,5};", re.IGNORECASE)
_RECIPIENT = frozenset({"final-recipient", "original-recipient", "x-actual-recipient"})
_OF_MESSAGE = frozenset({"reporting-mta", "original-envelope-id", "arrival-date", "x-original-message-id"})
_OF_RECIPIENT = _RECIPIENT | {"action", "status", "diagnostic-code"}

_CHALLENGE = "x-boxbe-notice"
# Haraka 3.3 writes `5.1.2 (550 Tried all MXs …)`, "bad destination system", whenever no server could be reached: a living
# recipient must not be lost to the network.
_WHATEVER = "Tried all MXs"

# Types of a Diagnostic-Code whose number is a process's exit status (sysexits.h) or a reason of X.411: no reply code.
_OF_PROCESSES = frozenset({"x-unix", "unix", "x400", "x-x400", "local", "x-local"})

_SEVERAL = "the field that names the recipient holds more than one address"
_JOINED = "no blank line parts this recipient's fields from another's"

_ACTIONS: dict[str, Action] = {
    "failed": "failed",
    "failure": "failed",
    "fail": "failed",
    "bounced": "failed",
    "expired": "failed",
    "delayed": "delayed",
    "delay": "delayed",
    "deferred": "delayed",
    "delivered": "delivered",
    "deliverable": "delivered",
    "relayed": "relayed",
    "expanded": "expanded",
}


class DeliveryReport(Struct):
    """What the report part says. Dates are ISO 8601 in UTC.

    found: whether there are report fields at all.
    challenge: whether it is no report but a demand to be approved, dressed as one (Boxbe).
    """

    found: bool = False
    statuses: Sequence[RecipientStatus] = ()
    reporting_mta: str | None = None
    original_envelope_id: str | None = None
    arrival_date: str | None = None
    original_message_id: str | None = None
    challenge: bool = False


NO_REPORT = DeliveryReport()


def read_report(notice: Notice, limits: Limits, budget: Budget | None = None, key_of: KeyOf | None = None) -> DeliveryReport:
    """The notice's delivery status: all recipients of all its status parts, and the fields about the message."""
    budget = budget or Budget(limits.max_work)
    key_of = key_of or keys_of_message(budget)
    declared = [part for part in notice.ahead if part.content_type in DELIVERY_STATUS]
    texts = [part.read_text() for part in declared]
    blocks = [block for text in texts for block in read_blocks(text, limits, budget)]
    if all(map(_OF_RECIPIENT.isdisjoint, blocks)):
        for text in undeclared_fields(notice.undeclared, limits, budget):
            texts.append(text)
            blocks += read_blocks(text, limits, budget)
    if not blocks:
        return NO_REPORT
    budget.release_reserve()
    about = _about(blocks)
    is_challenge = any(_CHALLENGE in text.lower() for text in texts) and _has_challenge(blocks)
    statuses = _unique(_read_blocks(blocks, limits, budget), key_of)
    for part in declared:
        if part.is_cut:
            budget.warn(f"report: more than {limits.max_report} characters, the rest unread")
            break
    return DeliveryReport(
        found=True,
        statuses=statuses,
        reporting_mta=read_mta(about.get("reporting-mta", "")),
        original_envelope_id=_short(about.get("original-envelope-id", "")),
        arrival_date=read_date(about.get("arrival-date", "")),
        original_message_id=_short(about.get("x-original-message-id", "")),
        challenge=is_challenge,
    )


def read_mta(raw: str) -> str | None:
    """A server's name without its type, brackets or address: `dns; mx1.example.org [192.0.2.1]` → mx1.example.org."""
    if not raw:
        return None
    text = raw[:400].strip()
    if text.startswith("dns;"):
        text = text[4:]
    elif (typed := _MTA_TYPE.match(text)) is not None:
        text = text[typed.end() :]
    words = text.split(maxsplit=1)
    return words[0].strip("[]()<>;,").rstrip(".") or None if words else None


def _about(blocks: Sequence[Block]) -> Block:
    """A block with the fields about the message, each from the first block that has it."""
    about = blocks[0]
    for block in blocks[1:]:
        if not _OF_MESSAGE.isdisjoint(block):
            both = {**block, **about}
            about = {name: both[name] for name in _OF_MESSAGE if name in both}
    return about


def _has_challenge(blocks: Sequence[Block]) -> bool:
    return any(_CHALLENGE in value.lower() for block in blocks for value in block.values())


def _read_blocks(blocks: Sequence[Block], limits: Limits, budget: Budget) -> list[RecipientStatus]:
    statuses: list[RecipientStatus] = []
    pending: Block = {}
    named = not all(map(_RECIPIENT.isdisjoint, blocks))
    for block in _whole(blocks):
        if len(statuses) >= limits.max_recipients:
            budget.warn(f"report: more than {limits.max_recipients} recipients, the rest unread")
            break
        if _RECIPIENT.isdisjoint(block):
            if named:
                pending = block  # Boxbe writes Action ahead of the recipient, among the message's fields
            else:
                statuses.append(_read_block(block))
            continue
        status = _read_block({**pending, **block} if pending else block)
        pending = {}
        if status.original_recipient is None and status.final_recipient is None and status.recipient is None:
            budget.warn("report: a block names its recipient in a way that cannot be read")
        statuses.append(status)
    return statuses


def _whole(blocks: Sequence[Block]) -> list[Block]:
    """The recipients' blocks, each in one piece: what follows a blank line and repeats no field goes on with the block before."""
    whole: list[Block] = []
    last: Block = {}
    for block in blocks:
        if _OF_RECIPIENT.isdisjoint(block):
            continue
        begun = not _RECIPIENT.isdisjoint(last) and last.keys().isdisjoint(block)
        if begun and (_RECIPIENT.isdisjoint(block) or last.keys() <= _RECIPIENT):
            last = whole[-1] = last | block
        else:
            last = block
            whole.append(block)
    return whole


def _read_block(fields: Block) -> RecipientStatus:
    get = fields.get
    original = clean_address(get("original-recipient", ""))
    final = clean_address(get("final-recipient", ""), bare=True)
    actual = clean_address(get("x-actual-recipient", ""), bare=True)
    recipient, source = _choose(original, final, actual)
    kind, diagnostic = split_type(get("diagnostic-code", ""))
    diagnostic = diagnostic.strip()
    status, comment = _status(get("status", ""))
    action = get("action", "")
    if action != "failed" and action[:6].lower() == "failed":
        comment = comment or _comment(action[6:])  # TeamWARE: "failed (Bad destination mailbox address)"
    kind = kind.lower() if kind else None
    reply = comment if kind in _OF_PROCESSES and diagnostic.isdigit() else diagnostic or comment
    if (further := get("x-supplementary-info") or get("supplementary-info")) and not is_reply(reply):
        reply = further.strip(" \"'") or reply  # gateways to X.400: what the system behind them said
    return RecipientStatus(
        recipient=recipient,
        recipient_source=source,
        original_recipient=original,
        final_recipient=final,
        action=_ACTIONS.get(action) or _ACTIONS.get(_LETTERS.match(action.lower())[0]),  # type: ignore[index]  # it matches the empty string
        status=status,
        remote_mta=read_mta(get("remote-mta", "")),
        diagnostic_code=" ".join(diagnostic.split()) if diagnostic else None,
        diagnostic_type=kind,
        last_attempt_date=read_date(get("last-attempt-date", "")),
        will_retry_until=read_date(get("will-retry-until", "")),
        reply=reply,
        said_by=_said_by(kind, reply) if diagnostic else ("local" if comment else None),
        status_decides=comment is None or _WHATEVER not in comment,
        cautions=_cautions(fields, recipient, source),
    )


def _cautions(fields: Block, recipient: str | None, source: RecipientSource | None) -> Sequence[str]:
    """Why these fields do not name the recipient beyond doubt."""
    joined = (_JOINED,) if JOINED in fields else ()
    named = fields.get(source or "", "")
    if recipient and named.count("@") > 1 and "@" in named.lower().replace(recipient.lower(), ""):
        return (*joined, _SEVERAL)
    return joined


def _choose(original: str | None, final: str | None, actual: str | None) -> tuple[str | None, RecipientSource | None]:
    """The address the sender used, as far as this block tells: the one with a domain first."""
    if original is None and final is not None and "@" in final:
        return final, "final-recipient"
    given: list[tuple[str | None, RecipientSource]] = [
        (original, "original-recipient"),
        (final, "final-recipient"),
        (actual, "x-actual-recipient"),
    ]
    known = [(address, source) for address, source in given if address]
    return next(((address, source) for address, source in known if "@" in address), known[0] if known else (None, None))


@cache_texts(20)  # nearly all reports have one of a few
def _status(raw: str) -> tuple[str | None, str | None]:
    """The status code, and its comment: Haraka 3.3 writes `5.1.2 (550 Tried all MXs example.org)`."""
    found = _CODES.search(raw[:400])
    if found is None:  # a sentence
        words = raw[:400].strip()
        return None, words if " " in words else None
    code = found[0] if len(found[0]) == _ONE_DIGIT_EACH else ".".join([str(int(number)) for number in found.groups()])
    return code, _comment(raw[found.end() :])


def _comment(raw: str) -> str | None:
    """What stands in brackets at the end of a value (RFC 822 §3.1.4), or behind a code without any."""
    start = raw.find("(")
    if start >= 0:
        text = raw[start + 1 :].strip()
        return text[:-1].strip() or None if text.endswith(")") else None
    words = raw.strip(" -:;,.")
    return words if " " in words else None


def _said_by(kind: str | None, reply: str | None) -> SaidBy:
    """RFC 3464 §2.3.6: type smtp means that the text is a server's reply; it is only if it starts with a code."""
    return "remote" if kind in {"smtp", "esmtp", "lmtp", None} and reply and is_reply(reply) else "local"


def _unique(statuses: list[RecipientStatus], key_of: KeyOf) -> list[RecipientStatus]:
    """A recipient that two status parts report alike counts once."""
    if len(statuses) == 1:
        return statuses
    kept: dict[object, RecipientStatus] = {}
    for i, status in enumerate(statuses):
        final = key_of(status.final_recipient or "")  # a list's members share the Original-Recipient
        key = (key_of(status.recipient), final, status.action, status.status, status.reply) if status.recipient else i
        kept.setdefault(key, status)
    return list(kept.values())


def _short(raw: str) -> str | None:
    return raw.strip()[:500] or None
