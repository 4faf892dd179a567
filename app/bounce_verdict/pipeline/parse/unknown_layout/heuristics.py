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
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import ADDRESS, DOMAIN
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply, join_reply
from bounce_verdict.pipeline.parse.unknown_layout.blocks import REPLY, continued, read_blocks, read_list

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
# Says that a mail did not arrive.
_says_undelivered = searcher(
    r"(?i)(?:could|can) ?(?:not|n['’]t) (?:be|deliver)|(?:was|were|has|have) ?(?:not|n['’]t) (?:been )?(?:delivered|accepted)|(?:un|non)deliver|unable to deliver"
    r"|fail(?:ed|ure) to deliver|delivery (?:has )?failed|nicht (?:zugestellt|ausgeliefert)|unzustellbar|n['’]a pas (?:pu )?[êe]t|non (?:remis|distribu|d[ée]livr)"
    r"|no (?:se )?(?:ha podido|pudo|puede|ha sido) (?:ser )?entreg|non (?:è|e'|puo'|può) (?:stato |essere )?(?:consegnat|recapitat)|impossibile (?:consegn|recapit)"
    r"|n[ãa]o (?:p[ôo]de|foi|pode) (?:ser )?(?:poss[íi]vel )?entreg|niet (?:worden |kunnen )?(?:bezorgd|afgeleverd)|не (?:было |может быть |удалось )?доставлен|не удалось доставить"
    r"|nie (?:została?o? |mogła (?:być|zostać) )?dostarcz|nepodařilo (?:se )?doru[čc]it|nelze doru[čc]it|nebyla? doru[čc]en|kunne ikke (?:leveres|levere)|kunde inte (?:levereras|leverera)|ei voitu toimittaa|sikerült kézbesíteni|teslim edileme|iletileme|δεν (?:ήταν δυνατ|παραδόθηκε|μπόρεσε)"
    r"|nu a (?:putut fi|fost) livrat|не (?:може|могло) (?:да )?бъде доставен|не (?:може|могло|було) (?:бути )?доставлен|không (?:thể|được) (?:gửi|chuyển)|tidak dapat (?:dikirim|disampaikan)|ไม่สามารถส่ง|تعذر (?:تسليم|التسليم)|לא ניתן (?:היה )?למסור|届きません"
    r"|未(?:能)?送[达達]|(?:投递|发送|投遞|傳送)失[败敗]|전송되지|배달되지|送信でき|配信でき|届けられ|无法(?:投递|送达)|無法(?:投遞|傳送|送達)|退信|退回|전송.{0,6}실패|반송"
)
_MAX_AHEAD = 200  # characters of a line ahead of a reply; a longer one is a paragraph
_MAX_PARAGRAPH = 12  # lines; a longer one explains mail in general
_ROLE = r"(?:mailer-daemon|postmaster|abuse|hostmaster|webmaster|noc|support|helpdesk|admin|root|mdaemon)@"
_NOT_RECIPIENTS = re.compile(_ROLE, re.IGNORECASE)
_names_role = searcher(f"(?i){_ROLE}")
_MAX_ROLES = 20  # lines that name one
_MAX_BLANK = 3  # lines in which the one ahead is looked for
_CODE = r"([45]\.\d{1,3}\.\d{1,3})"
_STATUS = re.compile(
    rf"\s{{0,20}}(?:[-*|] )?(?:(?:DSN |[Ee]nhanced )?(?:[Ss]tatus|[Cc]ode)(?: [Cc]ode)?|DSN)\s{{0,10}}[:=|]\s{{0,10}}#?{_CODE}\b|\s{{0,20}}<[\w.-]{{1,255}} #{_CODE}"
)
_SENT_TO_ROLE = re.compile(
    rf"(?:\s{{0,20}}|.{{0,200}}?\b(?:to|for|an|[àa]|para|per|aan|til|till)\b:?\s{{0,3}}|[\w ()-]{{1,30}}[:：]\s{{0,5}})<?(?P<to>{_ROLE}{DOMAIN})(?![\w@])",
    re.IGNORECASE,
)
_TURN_TO = re.compile(
    r"contact|write|\bmail us\b|help|assist|question|report|\bask\b|\bcall\b|complain|kontakt|hilfe|fragen|wenden|\baide\b|adress[ez]|ayuda|aiuto|ajuda|contat|помощ|обрат",
    re.IGNORECASE,
)
_IN_SUBJECT = re.compile(rf"[^@:：]{{1,80}}[:：]?\s{{0,5}}[<(\[]?(?P<to>{ADDRESS})[>)\]]?\s{{0,5}}")
_ONE_FOR_ALL = "the notice has one reply for all recipients that it lists"
_SUBJECT = "only the notice's subject names the recipient"
_DELAYED = re.compile(r"delay|still being|will (?:be )?(?:retr|keep|continue)|warning: (?:message|could)", re.IGNORECASE)


def read_unknown_layout(notice: Notice, budget: Budget) -> list[RecipientStatus]:
    """The recipients and the reply, both only where beyond doubt; [] where this is no mailer's notice or it says neither."""
    if not _may_be_bounce(notice) or not budget.spend(_cost(notice.lines)):
        return []
    failures = list(map(_says_failure, notice.lines))
    reply = _reply(notice.lines, failures)
    says_undelivered = notice.sender.says_undelivered or _text_says_undelivered(notice)
    if reply is None and not says_undelivered:
        return []
    action: Action = "delayed" if _DELAYED.search(notice.header("subject")[:500]) else "failed"
    ours = {address_key(address) for address in _ours(notice)}
    if len(blocks := read_blocks(notice.lines, ours, failures)) > 1:
        return [RecipientStatus(address, "text", action=action, reply=words, said_by="local") for address, words in blocks]
    addresses, source = _recipients(notice, failures, ours)
    cautions: Sequence[str] = ()
    if not addresses and (listed := _not_ours(read_list(notice.lines, ours), ours)):
        addresses, source, cautions = listed, "text", (_ONE_FOR_ALL,)
    if not addresses and (role := _role(notice, ours)):
        addresses, source = [role], "text"
    if not addresses and (named := _named_by_subject(notice, ours)):
        addresses, source, cautions = [named], "text", (_SUBJECT,)
    if not addresses:
        is_certain = reply is not None and (says_undelivered or is_reply(reply))
        return [RecipientStatus(action=action, reply=reply, said_by="local")] if is_certain else []
    if not says_undelivered and not is_reply(reply) and not _may_be_null_path(notice):
        return []  # a postmaster's letter
    status = _status(notice.lines) if len(addresses) == 1 else None
    return [
        RecipientStatus(address, source, action=action, status=status, reply=reply, said_by="local", cautions=cautions)
        for address in addresses
    ]


def _may_be_bounce(notice: Notice) -> bool:
    sender = notice.sender
    return (sender.is_mailer or (sender.says_undelivered and bool(notice.returned.fields))) and not _is_of_itself(notice)


def _is_of_itself(notice: Notice) -> bool:
    """Whether a mailer writes from an address of its own about anything: a filter's summary, a warning. A bounce has the null path."""
    path = notice.header("return-path")
    return "@" in path and not notice.sender.has_null_path and not notice.sender.says_undelivered and not notice.returned.fields


def _text_says_undelivered(notice: Notice) -> bool:
    """Whether a mailer's own words say that a mail did not arrive; a postmaster's letter has a path that answers reach."""
    return notice.sender.is_mailer and _may_be_null_path(notice) and _says_undelivered(notice.text)


def _may_be_null_path(notice: Notice) -> bool:
    return notice.sender.has_null_path or notice.message.headers.get("return-path") is None


def name_by_text(statuses: list[RecipientStatus], notice: Notice, budget: Budget) -> list[RecipientStatus]:
    """The recipient whom the text names beside a failure, where the report has one and names it in a way that cannot be read (X.400)."""
    if len(statuses) != 1 or statuses[0].recipient or not budget.spend(_cost(notice.lines)):
        return statuses
    ours = {address_key(address) for address in _ours(notice)}
    beside = _not_ours(_beside_failure(notice.lines, list(map(_says_failure, notice.lines)), find_addresses), ours)
    return [replace(statuses[0], recipient=beside[0], recipient_source="text")] if len(beside) == 1 else statuses


def _cost(lines: Sequence[str]) -> int:
    return sum([len(line) * (ADDRESSES if "@" in line else SENTENCES) for line in lines])


def explain(statuses: Sequence[RecipientStatus], notice: Notice, budget: Budget) -> list[RecipientStatus]:
    """The statuses, with the paragraph about the recipient as reply of those that have none and whom the text explains.

    A paragraph is about a recipient where it names the address and says that and why it failed.
    """
    silent = [status for status in statuses if _wants_explanation(status)]
    if not silent or not budget.spend(len(notice.text) * (SENTENCES + ADDRESSES + len(silent))):
        return list(statuses)
    known = {address_key(status.recipient) for status in statuses if status.recipient}
    paragraphs = [(lines, " ".join(lines).lower(), _beside(lines, known)) for lines in _paragraphs(notice.lines)]
    paragraphs = [each for each in paragraphs if _says_failure(each[1])]
    explained = []
    for status in statuses:
        words = _words_about(status.recipient, paragraphs) if status.recipient and _wants_explanation(status) else None
        read_by = f"{status.read_by}+general"
        explained.append(replace(status, reply=words, said_by="local", read_by=read_by) if words else status)
    return explained


def _beside(lines: Sequence[str], known: set[str]) -> set[str]:
    """The recipients that stand on a line which speaks of a failure."""
    return {
        key for line in lines if "@" in line and _says_failure(line) for key in map(address_key, find_addresses(line))
    } & known


def _words_about(recipient: str, paragraphs: Iterable[tuple[list[str], str, set[str]]]) -> str | None:
    """The first paragraph that names the recipient; of one in which others failed his own lines; None where those alone did."""
    address, key = recipient.lower(), address_key(recipient)
    for lines, lower, beside in paragraphs:
        if address in lower and (key in beside or not beside):
            return " ".join(lines if len(beside) < 2 else (line for line in lines if address in line.lower()))  # noqa: PLR2004
    return None


def _wants_explanation(status: RecipientStatus) -> bool:
    return bool(status.recipient) and not status.reply and status.action in {"failed", "delayed", None}


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    """The paragraphs of a text, each as its lines, without the long ones."""
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line.strip())
            continue
        if paragraph and len(paragraph) <= _MAX_PARAGRAPH:
            yield paragraph
        paragraph = []


def _status(lines: Sequence[str]) -> str | None:
    """The enhanced status code that stands behind a label or at the end of Exchange 2003's `<mx.example.org #5.1.1>`, if all are one."""
    found = {code for line in lines if (hit := _STATUS.match(line)) is not None for code in hit.groups() if code}
    return found.pop() if len(found) == 1 else None


def _role(notice: Notice, ours: set[str]) -> str | None:
    """The one role's address to which a mail was sent, as the text says, where it names nobody else; no address to turn to."""
    if not _names_role(notice.text):
        return None
    own = find_addresses(notice.header("from"))
    domains = {address_key(address).rpartition("@")[2] for address in own}
    found: dict[str, str] = {}
    named = [number for number, line in enumerate(notice.lines) if "@" in line and _names_role(line)]
    if len(named) > _MAX_ROLES:
        return None
    for number in named:
        sent = _SENT_TO_ROLE.match(notice.lines[number])
        before = next((line for line in reversed(notice.lines[:number][-_MAX_BLANK:]) if line), "")
        if sent is not None and not _TURN_TO.search(notice.lines[number]) and not _TURN_TO.search(before):
            found |= {address_key(address): address for address in find_addresses(sent["to"])}
    found = {key: address for key, address in found.items() if key not in ours and key.rpartition("@")[2] not in domains}
    return found.popitem()[1] if len(found) == 1 else None


def _named_by_subject(notice: Notice, ours: set[str]) -> str | None:
    """The address that a subject says was not reached and names behind a colon, where the text names nobody."""
    if not notice.sender.says_undelivered or "@" in notice.text:
        return None
    named = _IN_SUBJECT.fullmatch(notice.header("subject")[:500])
    found = _not_ours(find_addresses(named["to"]), ours) if named is not None else []
    return found[0] if found else None


def _recipients(notice: Notice, failures: Sequence[bool], ours: set[str]) -> tuple[list[str], RecipientSource | None]:
    """Who failed: named beside a failure, else the only address of the text, else the returned message's only recipient."""
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
        if failures[i] or REPLY.search(line) is not None:
            here = find(line)
            yield from here
            if not here and i and len(lines[i - 1]) < _MAX_AHEAD and _TURN_TO.search(lines[i - 1]) is None:
                yield from find(lines[i - 1])


def _reply(lines: Sequence[str], failures: Sequence[bool]) -> str | None:
    """The first reply line with its continuation lines, else the first line that says why."""
    for i, line in enumerate(lines):
        if (found := REPLY.search(line)) is not None:
            return join_reply([found.group(1), *continued(lines, i + 1)])
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
