"""Postfix: `QUEUEID: to=<…>, relay=…, dsn=…, status=… (…)`, which its delivery agents and qmgr write (3.9, global/log_adhoc.c).

Nothing else that Postfix logs is a delivery: smtpd's NOQUEUE and reject lines refuse mail that comes in, and the words that cleanup
quotes from a header are whoever wrote that header's.
"""

import re
from collections.abc import Mapping, Sequence

from bounce_verdict.maillogs.delivery import Found, LoggedDelivery, addressed
from bounce_verdict.maillogs.prefix import LogLine
from bounce_verdict.model import EventKind
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase
from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks import categories as known

STATUSES: Mapping[str, EventKind] = {
    "sent": "success",
    "bounced": "bounce",
    "deferred": "delay",
    "softbounce": "delay",  # soft_bounce = yes: a refusal is tried again
    "expired": "bounce",
    "expanded": "success",  # to a mailing list, with DSN (RFC 3464 §2.3.3)
    "relayed": "success",
}
PROBES = frozenset({"deliverable", "undeliverable"})  # verify(8), reject_unverified_sender: those are not our recipients
# Postfix's own words, where no server has answered and no rule knows them; the first that stands in the text.
OWN_WORDS: Sequence[tuple[str, Category]] = (
    ("mail transport", known.SYSTEM),  # "unknown mail transport error", "mail transport unavailable"
    ("transport is not available", known.SYSTEM),
    ("cannot update mailbox", known.SYSTEM),
    ("maildir delivery failed", known.SYSTEM),
)
_IN_BRACKETS = r'(?:"(?:[^"\\]|\\.){0,300}+"@)?+[^<>"]{0,1000}+'  # a quoted local part may hold what looks like the rest
_DELIVERY = re.compile(
    rf"(?:(?P<queue>[0-9A-Za-z]{{1,32}}+): )?+to=<(?P<to>{_IN_BRACKETS})>, (?:orig_to=<(?P<original>{_IN_BRACKETS})>, )?+"
    r"(?P<fields>(?:(?!status=)[a-z_]{2,20}+=[^,]{0,1000}+, )*+)status=(?P<status>[A-Za-z-]{1,20}+)(?: \((?P<text>.*))?+",
    re.DOTALL,
)
_RELAY = re.compile(r"relay=(?P<name>[^,\[]{1,255}+)\[(?P<address>[^\]/]{0,60}+)\]")  # of an address; a socket's path has a slash
_DSN = re.compile(r"dsn=([245]\.\d{1,3}\.\d{1,3})")
_SAID = re.compile(r"host (?P<name>[^\s\[]{1,255}+)\[[^\]]{0,100}+\] (?P<what>said|refused to talk to me): ")
_IN_REPLY_TO = " (in reply to "
MAX_PHRASE = 60  # characters of "RCPT TO command)"; at most 46 are written
_INCOMING = ("NOQUEUE: ", ": reject: ", ": milter-reject: ", ": reject_warning: ")


def knows(line: LogLine) -> bool:
    """Whether a line is Postfix's."""
    if line.program:
        return line.program.startswith("postfix") or ("/" in line.program and _DELIVERY.match(line.text) is not None)
    return line.text.startswith("NOQUEUE: ") or _DELIVERY.match(line.text) is not None


def read(line: LogLine) -> Found:
    """One line."""
    found = _DELIVERY.match(line.text)
    if found is None or (line.program and "/" not in line.program and not line.program.startswith("postfix")):
        return "incoming" if any(sign in line.text[:100] for sign in _INCOMING) else "no-delivery"
    status = found["status"].lower()
    kind = STATUSES.get(status)
    if kind is None:
        return "address-probe" if status in PROBES else "no-delivery"
    text, fields = _without_bracket(found["text"] or ""), found["fields"]
    relay, dsn = _RELAY.search(fields), _DSN.search(fields)
    category = own_words(text) if kind != "success" else None
    server = relay["name"] if relay is not None else None
    command: str | None = None
    said = _SAID.match(text)
    if said is not None:  # the reply alone is read five times as fast as in these words
        server, text = said["name"], text[said.end() :]
        reply, _, phrase = text.rpartition(_IN_REPLY_TO)
        if reply and len(phrase) < MAX_PHRASE and phrase.endswith(" command)"):
            text, command = reply, command_of_phrase(phrase)
        if said["what"] != "said":
            command = "CONNECT"
    one = addressed(
        kind,
        found["to"],
        text,
        category,
        "its own words" if category is not None else None,
        command=command,
        status=dsn[1] if dsn is not None else None,
        remote_mta=server,
        original_recipient=found["original"],
    )
    return LoggedDelivery(kind, [one], found["queue"], found["status"], line.moment())


def own_words(text: str) -> Category | None:
    """What words mean that no server said; None where one did, or they are unknown."""
    if text.startswith("host ") or " said: " in text or "refused to talk to me: " in text or text[:3].isdigit():
        return None
    lower = text[:300].lower()
    return next((category for words, category in OWN_WORDS if words in lower), None)


def _without_bracket(text: str) -> str:
    text = text.rstrip()
    return text.removesuffix(")")
