"""Part of step 2, the last reader: a mailer's notice in no known layout. It answers only what is beyond doubt.

Believed are an address that stands beside a reply or a sentence of failure, and the returned message's only recipient.
Where the text names several addresses and nothing says which of them failed, the answer is none: a guess here would
unsubscribe a bystander.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from bounce_verdict.model import Action, Notice, RecipientSource, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import address_key, find_addresses
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

Failures = Sequence[re.Match[str] | None]  # of each line

_REPLY = re.compile(r"(?:^|[\s:>(\"'\]])([45]\d\d[ -](?:#?[245]\.\d{1,3}\.\d{1,3}\b|[^\s\d]).*)")
_FAILURE = re.compile(
    r"(?:user|mailbox|recipient|address|account|domain|host)s?\b.{0,40}\b(?:unknown|not found|invalid|disabled|inactive|full|unavailable"
    r"|(?:does|do) ?(?:not|n't) exist|not exist|over ?quota|exceed|rejected|refused|restricted)"
    r"|no such (?:user|mailbox|address|person|domain|recipient)|unknown (?:user|recipient|address|mailbox|host|domain)|no mailbox"
    r"|(?:could|can) ?(?:not|n't) be (?:delivered|found|reached)|(?:was|has) ?(?:not|n't) (?:been )?delivered|(?:un|non)deliverable|quota exceeded|mailbox is full|over quota"
    r"|not listed in|relay(?:ing)? (?:access )?(?:denied|not permitted)|delivery (?:has )?failed|not our customer"
    r"|unzustellbar|empf[äa]nger.{0,30}(?:unbekannt|nicht)|n'existe pas|inconnue?\b|no existe|desconocido|non esiste|sconosciuto|不明|不存在",
    re.IGNORECASE,
)
# Says that it failed, but not why: no reply.
_BARE_FAILURE = re.compile(r"deliver|unzustellbar|receive", re.IGNORECASE)
_PARAGRAPH = 12  # lines; a longer one explains mail in general
_NOT_RECIPIENTS = re.compile(
    r"(?:mailer-daemon|postmaster|abuse|hostmaster|webmaster|noc|support|helpdesk|admin|root|mdaemon)@", re.IGNORECASE
)
_DELAYED = re.compile(r"delay|still being|will (?:be )?(?:retr|keep|continue)|warning: (?:message|could)", re.IGNORECASE)


def read_general(notice: Notice) -> list[RecipientStatus]:
    """The recipients and the reply, both only where beyond doubt; [] where this is no mailer's notice or it says neither."""
    if not (notice.sender.is_mailer or (notice.sender.says_undelivered and notice.returned.fields)):
        return []
    failures = [_FAILURE.search(line) for line in notice.lines]  # once: it takes a microsecond a character where lines name users
    reply = _reply(notice.lines, failures)
    if reply is None and not notice.sender.says_undelivered:
        return []
    addresses, source = _recipients(notice, failures)
    action: Action = "delayed" if _DELAYED.search(notice.header("subject")[:500]) else "failed"
    if not addresses:
        return [RecipientStatus(action=action, reply=reply, said_by="local", read_by="general")] if reply else []
    return [
        RecipientStatus(address, source, action=action, reply=reply, said_by="local", read_by="general") for address in addresses
    ]


def words_about(notice: Notice, address: str) -> str | None:
    """The paragraph that names the address and says that and why it failed, on one line; None where none does both."""
    paragraph: list[str] = []
    for line in [*notice.lines, ""]:
        if line.strip():
            paragraph.append(line.strip())
            continue
        text = " ".join(paragraph)
        if len(paragraph) <= _PARAGRAPH and address.lower() in text.lower() and _FAILURE.search(text):
            return text
        paragraph = []
    return None


def _recipients(notice: Notice, failures: Failures) -> tuple[list[str], RecipientSource | None]:
    """Who failed: named beside a failure, else the only address of the text, else the returned message's only recipient."""
    ours = {address_key(address) for address in _ours(notice)}
    returned = _unique(address for text in notice.returned.get_all("to")[:10] for address in find_addresses(text))
    beside = _not_ours(_beside_failure(notice.lines, failures), ours)
    if len(beside) == 1:
        return beside, "text"
    named = _not_ours((address for line in notice.lines for address in find_addresses(line)), ours)
    both = [address for address in named if address_key(address) in set(map(address_key, returned))]
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


def _beside_failure(lines: Sequence[str], failures: Failures) -> Iterator[str]:
    """Addresses on a line with a reply or a failure, or alone on the line ahead of one."""
    for i, line in enumerate(lines):
        if failures[i] is not None or _REPLY.search(line) is not None:
            here = find_addresses(line)
            yield from here
            if not here and i:
                yield from find_addresses(lines[i - 1]) if len(lines[i - 1]) < 200 else ()  # noqa: PLR2004  # a line, no paragraph


def _reply(lines: Sequence[str], failures: Failures) -> str | None:
    """The first reply line with its continuation lines, else the first line that says why."""
    for i, line in enumerate(lines):
        if (found := _REPLY.search(line)) is not None:
            said = [found.group(1)]
            for following in lines[i + 1 : i + 30]:
                if not following.strip():
                    break
                said.append(following.strip())
            return join_reply(said)
    return next(
        (line.strip() for line, why in zip(lines, failures, strict=True) if why and not _BARE_FAILURE.search(why.group())), None
    )


def _not_ours(addresses: Iterable[str], ours: set[str]) -> list[str]:
    return [
        address
        for address in _unique(addresses)
        if address_key(address) not in ours and _NOT_RECIPIENTS.match(address) is None and "." in address.rpartition("@")[2]
    ]


def _unique(addresses: Iterable[str]) -> list[str]:
    return list({address_key(address): address for address in addresses}.values())
