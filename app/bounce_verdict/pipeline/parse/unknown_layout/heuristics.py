"""Part of step 2, the last reader: a mailer's notice in no known layout. It answers only what is beyond doubt.

Believed are an address that stands beside a reply or a sentence of failure, and the returned message's only recipient.
Where the text names several addresses and nothing says which of them failed, the answer is none: a guess here would
unsubscribe a bystander.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from msgspec.structs import replace

from bounce_verdict.model import Action, Notice, RecipientSource, RecipientStatus
from bounce_verdict.pipeline.budget import ADDRESSES, SENTENCES, Budget
from bounce_verdict.pipeline.match.re2_search import searcher, span_finder
from bounce_verdict.pipeline.parse.addresses import address_key, find_addresses
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

_REPLY = re.compile(r"(?:^|[\s:>(\"'\]])([45]\d\d[ -](?:#?[245]\.\d{1,3}\.\d{1,3}\b|[^\s\d]).*)")
_FAILURE = (
    r"(?:user|mailbox|recipient|address|account|domain|host)s?\b.{0,40}\b(?:unknown|not found|invalid|disabled|inactive|full|unavailable"
    r"|(?:does|do) ?(?:not|n't) exist|not exist|over ?quota|exceed|rejected|refused|restricted)"
    r"|no such (?:user|mailbox|address|person|domain|recipient)|unknown (?:user|recipient|address|mailbox|host|domain)|no mailbox"
    r"|(?:could|can) ?(?:not|n't) be (?:delivered|found|reached)|(?:was|has) ?(?:not|n't) (?:been )?delivered|(?:un|non)deliverable|quota exceeded|mailbox is full|over quota"
    r"|not listed in|relay(?:ing)? (?:access )?(?:denied|not permitted)|delivery (?:has )?failed|not our customer"
    r"|unzustellbar|empf[äa]nger.{0,30}(?:unbekannt|nicht)|n'existe pas|inconnue?\b|no existe|desconocido|non esiste|sconosciuto|不明|不存在"
)
# Python's own search takes a microsecond a character where lines name users again and again.
_says_failure = searcher(f"(?i){_FAILURE}")
_find_failure = span_finder(_FAILURE, "heuristics.py:0")
# Says that it failed, but not why: no reply.
_BARE_FAILURE = re.compile(r"deliver|unzustellbar|receive", re.IGNORECASE)
# The next line of a session, whatever marks it.
_TURN = re.compile(
    r"\s{0,20}(?:[CS]:|Client:|Server:|Sent:|Received:|[-=]{1,2}>|<[-=]{1,2}|>>>|<<<|(?:QUIT|RSET|RCPT|MAIL|DATA|EHLO|HELO)\b)"
)
_MAX_PARAGRAPH = 12  # lines; a longer one explains mail in general
_MAX_REPLY_LINES = 30
_NOT_RECIPIENTS = re.compile(
    r"(?:mailer-daemon|postmaster|abuse|hostmaster|webmaster|noc|support|helpdesk|admin|root|mdaemon)@", re.IGNORECASE
)
_DELAYED = re.compile(r"delay|still being|will (?:be )?(?:retr|keep|continue)|warning: (?:message|could)", re.IGNORECASE)


def read_unknown_layout(notice: Notice, budget: Budget) -> list[RecipientStatus]:
    """The recipients and the reply, both only where beyond doubt; [] where this is no mailer's notice or it says neither."""
    sender = notice.sender
    if not (sender.is_mailer or (sender.says_undelivered and notice.returned.fields)) or _is_of_itself(notice):
        return []
    if not budget.spend(_cost(notice.lines)):
        return []
    failures = list(map(_says_failure, notice.lines))
    reply = _reply(notice.lines, failures)
    if reply is None and not sender.says_undelivered:
        return []
    addresses, source = _recipients(notice, failures)
    action: Action = "delayed" if _DELAYED.search(notice.header("subject")[:500]) else "failed"
    if not addresses:
        return [RecipientStatus(action=action, reply=reply, said_by="local")] if reply else []
    return [RecipientStatus(address, source, action=action, reply=reply, said_by="local") for address in addresses]


def _is_of_itself(notice: Notice) -> bool:
    """Whether a mailer writes from an address of its own about anything: a filter's summary, a warning. A bounce has the null path."""
    path = notice.header("return-path")
    return "@" in path and not notice.sender.has_null_path and not notice.sender.says_undelivered and not notice.returned.fields


def _cost(lines: Sequence[str]) -> int:
    return sum([len(line) * (ADDRESSES if "@" in line else SENTENCES) for line in lines])


def explain(statuses: Sequence[RecipientStatus], notice: Notice, budget: Budget) -> list[RecipientStatus]:
    """The statuses, with the paragraph about the recipient as reply of those that have none and whom the text explains.

    A paragraph is about a recipient where it names the address and says that and why it failed.
    """
    silent = [status for status in statuses if _wants_explanation(status)]
    if not silent or not budget.spend(len(notice.text) * (SENTENCES + len(silent))):
        return list(statuses)
    paragraphs = [(text, text.lower()) for text in _paragraphs(notice.lines) if _says_failure(text)]
    explained = []
    for status in statuses:
        address = status.recipient.lower() if status.recipient and _wants_explanation(status) else None
        words = next((text for text, lower in paragraphs if address in lower), None) if address else None
        read_by = f"{status.read_by}+general"
        explained.append(replace(status, reply=words, said_by="local", read_by=read_by) if words else status)
    return explained


def _wants_explanation(status: RecipientStatus) -> bool:
    return bool(status.recipient) and not status.reply and status.action in {"failed", "delayed", None}


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """The paragraphs of a text, each on one line, without the long ones."""
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line.strip())
            continue
        if paragraph and len(paragraph) <= _MAX_PARAGRAPH:
            yield " ".join(paragraph)
        paragraph = []


def _recipients(notice: Notice, failures: Sequence[bool]) -> tuple[list[str], RecipientSource | None]:
    """Who failed: named beside a failure, else the only address of the text, else the returned message's only recipient."""
    ours = {address_key(address) for address in _ours(notice)}
    returned = _unique(address for text in notice.returned.get_all("to")[:10] for address in find_addresses(text))
    find = cache(find_addresses)
    beside = _not_ours(_beside_failure(notice.lines, failures, find), ours)
    if len(beside) == 1:
        return beside, "text"
    named = _not_ours((address for line in notice.lines for address in find(line)), ours)
    returned_keys = set(map(address_key, returned))
    both = [address for address in named if address_key(address) in returned_keys]
    if both and len(both) == len(returned):
        return both, "text"
    if len(named) == 1 and not returned:
        return named, "text"
    if len(returned) == 1 and (not named or both):
        return returned, "returned-message"
    return [], None


def _ours(notice: Notice) -> Iterator[str]:
    """Addresses that cannot be the failed one: the notice's own, and the sender of the returned message."""
    for name in ("from", "to", "reply-to", "return-path", "delivered-to"):
        yield from find_addresses(notice.header(name))
    for name in ("from", "return-path", "reply-to", "sender"):
        yield from find_addresses(notice.returned.get(name) or "")


def _beside_failure(lines: Sequence[str], failures: Sequence[bool], find: Callable[[str], list[str]]) -> Iterator[str]:
    """Addresses on a line with a reply or a failure, or alone on the line ahead of one."""
    for i, line in enumerate(lines):
        if failures[i] or _REPLY.search(line) is not None:
            here = find(line)
            yield from here
            if not here and i:
                yield from find(lines[i - 1]) if len(lines[i - 1]) < 200 else ()  # noqa: PLR2004  # a line, no paragraph


def _reply(lines: Sequence[str], failures: Sequence[bool]) -> str | None:
    """The first reply line with its continuation lines, else the first line that says why."""
    for i, line in enumerate(lines):
        if (found := _REPLY.search(line)) is not None:
            said = [found.group(1)]
            for following in lines[i + 1 : i + _MAX_REPLY_LINES]:
                if not following.strip() or _TURN.match(following):
                    break
                said.append(following.strip())
            return join_reply(said)
    return next((line.strip() for line, failed in zip(lines, failures, strict=True) if failed and _says_why(line)), None)


def _says_why(line: str) -> bool:
    """Whether a line that speaks of a failure says more than that it failed."""
    found = _find_failure(line)
    return found is not None and _BARE_FAILURE.search(line[slice(*found)]) is None


def _not_ours(addresses: Iterable[str], ours: set[str]) -> list[str]:
    return [
        address
        for address in _unique(addresses)
        if address_key(address) not in ours and _NOT_RECIPIENTS.match(address) is None and "." in address.rpartition("@")[2]
    ]


def _unique(addresses: Iterable[str]) -> list[str]:
    return list({address_key(address): address for address in addresses}.values())
