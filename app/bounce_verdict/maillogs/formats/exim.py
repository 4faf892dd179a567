"""Exim's mainlog: `TIME ID ** address R=… T=… H=…: why` failed, `==` deferred, `=>` `->` `>>` delivered (4.98, deliver.c, log.c).

An address stands with its parents in brackets and the original one in angle brackets. Message ids are 6-6-2 letters, since 4.97 6-11-4.
"""

import re
from collections.abc import Mapping, Sequence

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known

FLAGS: Mapping[str, EventKind] = {
    "**": "bounce",
    "==": "delay",
    "=>": "success",
    "->": "success",  # a further address in the same delivery
    ">>": "success",  # cutthrough
}
# Exim's own words, where no server has answered and no rule knows them; the first that stands in the text.
OWN_WORDS: Sequence[tuple[str, Category]] = (
    ("message has been frozen", known.SYSTEM),
    ("remote host address is the local host", known.LOOP),
    ("tls session", Category("retry", "tls-failed")),
    ("permission denied", known.SYSTEM),  # it opened a mailbox
    ("failed to", known.SYSTEM),  # expand a string, open a file, create a directory, lock a mailbox
)
_ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
_ENTRY = re.compile(rf"(?:\[\d{{1,10}}\] )?+(?P<id>{_ID}) (?P<flag>\*\*|==|=>|->|>>|<=|\*>) (?P<rest>.*)", re.DOTALL)
_OF_EXIM = re.compile(rf"(?:\[\d{{1,10}}\] )?+(?:{_ID} |SMTP |H=|no host name found|Start queue run|End queue run|exim \d)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')
_FIELD = re.compile(
    r"\s++(?:(?P<key>[A-Za-z]{1,4})=(?P<value>\"(?:[^\"\\]|\\.)*+\"|<[^>]*+>|\S++)(?: (?P<in_brackets>\(\S*+))?+(?: \[(?P<ip>[^\]\s]{2,50}+)\](?::\d{1,5})?+)?+"
    r"|\((?P<parents>[^()]*+)\)|<(?P<top>[^<>]*+)>)"
)
_DEFER = re.compile(r" (?:routing |transport )?defer \((?P<number>-?\d{1,6})\)")
_STOPS_AT = re.compile(
    r"(?P<words>[^:]{0,100}+) H=(?P<host>[^\s:]{1,255}+) \[[^\]\s]{2,50}+\](?::\d{1,5})?+"
)  # "No route to host H=mx [ip]: …"
_AFTER = re.compile(r"[LS]MTP error (?:from remote mail(?:er| server) )?after (?P<phrase>[^:]{2,60}+)")
_TIMES = re.compile(r"(?: (?:QT|DT|RT)=[\dhdwms.]{1,20}+){1,3}+$")
_MAX_FIELDS = 40


def knows(line: LogLine) -> bool:
    """Whether a line is Exim's."""
    return line.program.startswith("exim") or (not line.program and _OF_EXIM.match(line.text) is not None)


def read(line: LogLine) -> Found:
    """One line."""
    found = _ENTRY.match(line.text)
    kind = FLAGS.get(found["flag"]) if found is not None else None
    if found is None or kind is None:
        return "incoming" if " rejected " in line.text[:300] else "no-delivery"
    address, rest = _address(found["rest"])
    top, host, why = _fields(rest)
    if kind == "success":
        text, category = "", None
    else:
        text = why.replace("\\n", "\n")
        category = own_words(text)
    after = _AFTER.search(text[:300])
    one = addressed(
        kind,
        _final(address, top),
        text,
        category,
        "its own words" if category is not None else None,
        command=after["phrase"] if after is not None else None,
        remote_mta=host,
        original_recipient=top,
    )
    return LoggedDelivery(kind, [one], found["id"], found["flag"], line.moment())


def own_words(text: str) -> Category | None:
    """What words mean that no server said; None where one did, or they are unknown."""
    lower = text[:400].lower()
    if "smtp error from remote" in lower or "lmtp error" in lower:
        return None
    return next((category for words, category in OWN_WORDS if words in lower), None)


def _address(rest: str) -> tuple[str, str]:
    """The address, and what follows it from its blank or colon on."""
    quoted = _QUOTED.match(rest)
    start = quoted.end() if quoted is not None else 0
    blank = rest.find(" ", start)
    end = blank if blank >= 0 else len(rest)
    if rest[end - 1 : end] == ":" and end - 1 > start:
        return rest[: end - 1], rest[end - 1 :]
    return rest[:end], rest[end:]


def _fields(rest: str) -> tuple[str | None, str | None, str]:
    """The original address, the host, and why; any may be absent."""
    top, host, at = None, None, 0
    for _ in range(_MAX_FIELDS):
        found = _FIELD.match(rest, at)
        if found is None:
            break
        top = found["top"] or top
        value, at = found["value"] or "", found.end()
        if rest[at - 1] == ":" and found["ip"] is None:
            value, at = value.removesuffix(":"), at - 1
        if found["key"] == "H":
            host = value.rstrip(".") or host
        if rest[at : at + 2] == ": ":
            break
    if (deferred := _DEFER.match(rest, at)) is not None:
        at = deferred.end()
    why = _TIMES.sub("", rest[at:]).lstrip(": ")
    if (used := _STOPS_AT.match(why)) is not None:
        host = host or used["host"]
        why = used["words"] + why[used.end() :]
    return top, host, why


def _final(address: str, top: str | None) -> str:
    """The recipient: a file, a pipe and a local part have the address that led to them behind them."""
    return address if "@" in address and address[:1] not in "|/:" else top or address
