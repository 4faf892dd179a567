"""Microsoft Exchange's notices, 4.0 to 2019, in any language: known by their structure, not their words.

Three generations. The Internet Mail Service (4.0 to 5.5) and 2000/2003 write `address on DATE` in the system's language and
indent the reasons below it; 5.5 ends them with `MSEXCH:… (000C05A6) …`, 2003 with `<server #5.1.1 smtp;550 …>`.
2007 and later write, under a localised "Diagnostic information for administrators", the address alone on a line, then
`#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##`, `mx.example #550 …##` or `Remote Server returned '550 …'`.
The SMTP service (2000/2003, IIS, Hotmail) writes one sentence and a list; the reply, if any, is in its report part.
"""

import re
from collections.abc import Iterator, Sequence

from bounce_verdict.model import Action, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import ADDRESS, TO, merge_copies, said_by
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

SIGNS = ("MSEXCH:", "#", "Unable to deliver message to the following recipients, ", "Delivery to the following recipients ")
_EMBEDDED_REPORT = "x-ms-embedded-report"  # 2000 and 2003, always empty
_LANGUAGE = "content-language"  # 2007 and later
FIELDS = (_EMBEDDED_REPORT, _LANGUAGE)
# ana@example.org on Thu, 29 Apr 2010 · 'ana@example.org' am 29.04.2010 10:00 · c=US;a= ;dda:SMTP=ana@example.org; on Fri, 4 Oct
_ON_DATE = re.compile(
    rf"^\s*+(?:(?:c=[^@]*?SMTP=|SMTP:)(?P<x400>{ADDRESS});?|['\"<]?{TO}['\">]?)\s++(?:[^\W\d]{{1,12}}\s|\()\D{{0,20}}\d{{1,4}}\D",
    re.IGNORECASE,
)
_NOT_WORDS = re.compile(r"^(?:\d{1,2}:\d\d|The MTS-ID of the original message|;)")  # the rest of a date, and of an X.400 name
_MSEXCH = re.compile(r"MSEXCH:[^()]{0,300}+\([0-9A-F]{8}\)\s*+(?P<tail>.*)$", re.DOTALL)
_SERVER = re.compile(r"<[^\s<>]*+ #(?P<status>[245]\.\d{1,3}\.\d{1,3})(?P<rest>.*)>$", re.DOTALL)
_SMTP = re.compile(r"<(?P<host>[^\s#<>]++)? ?#[245]\.\d{1,3}\.\d{1,3} smtp; ?(?P<reply>[245]\d\d.*)>", re.DOTALL)
_ALONE = re.compile(rf"^\s*+<?{TO}>?(?:<mailto:[^>]*+>)?\s*$")
_HASH = re.compile(r"(?:^|\n)(?:(?P<host>[\w-]++\.[\w.-]*+) )?#(?P<reply>[245]\d\d[ -].*)$", re.DOTALL)
_QUOTED = re.compile(r"['‘\"„«「] ?(?P<reply>[245]\d\d[ -].*)$", re.DOTALL)
_CLOSING = re.compile(r" ?['’\"“»」][^'’\"“»」]{0,24}$")  # what follows it is the verb, where a language puts it last
_REMOTE_HOST = re.compile(r"(?:^|\bat )(?P<host>[\w-]++\.[\w.-]*+)(?: \(|\n)")
_OWN = re.compile(r"\b(?:RESOLVER|STOREDRV|QUEUE|SMTPSEND|ROUTING|TRANSPORT|AGENT)\.")
_SENTENCE = re.compile(
    r"^(?:Unable to deliver message to the following recipients, (?P<why>.+)"
    r"|Delivery to the following recipients (?:failed|has been (?P<delayed>delayed))\.)$"
)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient; [] where the notice is not Exchange's."""
    text = notice.text
    statuses: list[RecipientStatus] = []
    if "MSEXCH:" in text or " #5." in text or " #4." in text or _has(notice, _EMBEDDED_REPORT):
        statuses = _read_dated(notice.lines)
    if not statuses and ("#5" in text or "#4" in text or _has(notice, _LANGUAGE)):
        statuses = _read_diagnostics(notice.lines)
    if not statuses and "o the following recipients" in text:
        statuses = _read_sentence(notice.lines)
    return merge_copies(statuses)


def _has(notice: Notice, name: str) -> bool:
    """Whether the field is there at all, though it may be empty."""
    return notice.message.headers.get(name) is not None


def _read_dated(lines: Sequence[str]) -> list[RecipientStatus]:
    statuses = []
    for number, line in enumerate(lines):
        hit = _ON_DATE.match(line) if "@" in line else None
        address = clean_address(hit["x400"] or hit["to"]) if hit else None
        body = "\n".join(_body(lines, number + 1)) if address else ""
        if address and body:
            statuses.append(_dated(address, body))
    return statuses


def _body(lines: Sequence[str], start: int) -> Iterator[str]:
    """The lines below `address on DATE`, to a blank line or the next recipient."""
    for line in lines[start : start + 20]:
        if not line.strip() or _ON_DATE.match(line):
            return
        if not _NOT_WORDS.match(line.strip()):
            yield line.strip()


def _dated(address: str, body: str) -> RecipientStatus:
    if msexch := _MSEXCH.search(body):
        tail = msexch["tail"].strip()
        remote = said_by(tail) == "remote"
        return _status(address, tail if remote else f"{body[: msexch.start()]}{tail}".strip())
    if server := _SERVER.search(body) if body.endswith(">") else None:
        smtp = _search_smtp(body)
        return _status(address, smtp["reply"] if smtp else body[: server.start()].strip(), status=server["status"])
    return _status(address, body)


def _read_diagnostics(lines: Sequence[str]) -> list[RecipientStatus]:
    statuses = []
    for number, line in enumerate(lines):
        hit = _ALONE.match(line) if "@" in line else None
        address = clean_address(hit["to"]) if hit else None
        if address and (status := _diagnosis(address, _paragraph(lines, number + 1))):
            statuses.append(status)
    return statuses


def _paragraph(lines: Sequence[str], start: int) -> str:
    """The lines below an address, to a blank line or the next address."""
    kept: list[str] = []
    for line in lines[start : start + 12]:
        if not line.strip() or _ALONE.match(line):
            break
        kept.append(line.strip())
    return "\n".join(kept)


def _diagnosis(address: str, paragraph: str) -> RecipientStatus | None:
    hit = _search_smtp(paragraph)
    hashed = None if hit else _HASH.search(paragraph)
    quoted = None if hit or hashed else _QUOTED.search(paragraph)
    found = hit or hashed or quoted
    if found is None:
        return None
    named = _REMOTE_HOST.search(paragraph) if quoted else found
    host = named["host"] if named else None
    reply = found["reply"].partition("##")[0].rstrip()
    if quoted:
        reply = _CLOSING.sub("", reply)
    own = hashed is not None or _OWN.search(reply) is not None
    return _status(address, reply, host=host, local=host is None and own)


def _search_smtp(text: str) -> re.Match[str] | None:
    """`<host #5.1.1 smtp;550 …>`, up to the last bracket: the reply holds brackets of its own."""
    return _SMTP.search(text[: text.rfind(">") + 1])


def _read_sentence(lines: Sequence[str]) -> list[RecipientStatus]:
    statuses: list[RecipientStatus] = []
    sentence: re.Match[str] | None = None
    for line in lines:
        if hit := _SENTENCE.match(line.strip()):
            sentence = hit
        elif sentence and (alone := _ALONE.match(line)):
            action: Action = "delayed" if sentence["delayed"] else "failed"
            if address := clean_address(alone["to"]):
                statuses.append(_status(address, sentence[0] if sentence["why"] else None, action=action, local=True))
        elif line.strip():
            sentence = None
    return statuses


def _status(
    address: str,
    reply: str | None,
    *,
    host: str | None = None,
    status: str | None = None,
    action: Action = "failed",
    local: bool = False,
) -> RecipientStatus:
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action=action,
        status=status,
        remote_mta=host,
        reply=join_reply(reply.split("\n")) if reply else None,
        said_by=None if not reply else "local" if local else said_by(reply),
        read_by="exchange",
    )
