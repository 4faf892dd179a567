"""Gmail's and Google Groups' notices, in every language they are written in: known by their structure, not their words.

Gmail wrote plain text until 2016: an address alone on an indented line, then paragraphs, the last of them with the reply.
Its numbers "(state N)" stand for the command that was answered. Since 2016 it writes a full report, and we leave that
to the report's reader; only where the report part is empty ("Send mail as" over a foreign server) the text is read.
Google Groups writes a letter in the sender's language; the group's address is in X-Failed-Recipients.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Action, Command, Notice, RecipientStatus
from bounce_verdict.pipeline.media_types import DELIVERY_STATUS
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, holds_any, said_by
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

# As replies beside them show: 13 refuses senders and sizes, 14 recipients, 15 DATA, 17 and 18 the text.
_STATES: dict[str, Command] = {"13": "MAIL", "14": "RCPT", "15": "DATA", "17": "EOD", "18": "EOD"}
SIGNS = ("groups.google.com/support", "/bin/topic.py?topic=")  # the help for groups of anybody's, and for those of Workspace
_SENDER = re.compile(r"mailer-daemon@g(?:oogle)?(?:mail)?\.com", re.IGNORECASE)
_ALONE = re.compile(rf"^\s++{TO}\s*$")
_COPY = re.compile(r"^\s*+-{3,}")
_LABEL = re.compile(r"^[^\s:：][^:：]{2,80}[:：]$")
_HEADING = re.compile(r"^\*\* .+ \*\*$")
_RETURNED = re.compile(r"(?:^|[:：] ?)(?P<reply>[245]\d\d[ -]\S.*)$")
_STATE = re.compile(r"\s*\(state (?P<state>\d{1,3})\)\.?$")
_TWICE = re.compile(r"^(?P<code>[245]\d\d) (?=(?P=code)[ -])")
_HOST = re.compile(r"(?<=\s)(?P<host>[\w.-]++) \[[\da-fA-F.:]++\]")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient; [] where the notice is not Google's or its report part says all."""
    if holds_any(notice.text, SIGNS):
        return _read_groups(notice)
    if not _SENDER.search(notice.header("from")) or _has_report(notice):
        return []
    return _read_report_text(notice) if "** " in notice.text else _read_paragraphs(notice)


def _has_report(notice: Notice) -> bool:
    parts = notice.message.parts
    return any(part.content_type in DELIVERY_STATUS and b"final-recipient" in part.raw.lower() for part in parts)


def _read_groups(notice: Notice) -> list[RecipientStatus]:
    """The letter is the reply: it holds the Help Center's address in every language, which a rule can know."""
    letter = [line.strip() for line in _before_copy(notice.lines)]
    return [_status(address, "failed", join_reply(letter)) for address in _failed_recipients(notice)]


def _read_report_text(notice: Notice) -> list[RecipientStatus]:
    """`** Heading **`, sentences, a label that ends with a colon, then the response to the end of the text."""
    lines = [line.strip() for line in notice.lines]
    heading = next((at for at, line in enumerate(lines) if _HEADING.match(line)), len(lines))
    label = next((at for at in range(heading, len(lines)) if _LABEL.match(lines[at])), len(lines))
    reply = join_reply(_before_copy(lines[label + 1 :]))
    return [_status(address, "failed", reply) for address in _failed_recipients(notice)]


def _read_paragraphs(notice: Notice) -> list[RecipientStatus]:
    lines = _before_copy(notice.lines)
    at = [number for number, line in enumerate(lines) if "@" in line and _ALONE.match(line)]
    if not at:
        return []
    addresses = [clean_address(lines[number]) for number in at]
    said = [line.strip() for line in lines[at[-1] + 1 :] if line.strip()]
    action: Action = "delayed" if "(Delay)" in notice.header("subject") else "failed"
    reply, command, host = _find_reply(said)
    return [_status(address, action, reply, command, host) for address in dict.fromkeys(addresses) if address]


def _before_copy(lines: Sequence[str]) -> Sequence[str]:
    """The lines ahead of `----- Original message -----`, which is English in every language."""
    return lines[: next((number for number, line in enumerate(lines) if _COPY.match(line)), len(lines))]


def _find_reply(said: Sequence[str]) -> tuple[str, Command | None, str | None]:
    """The remote reply where the paragraphs hold one, with its command and host; else what Gmail says itself."""
    host = None
    for number, line in enumerate(said):
        if named := _HOST.search(line):
            host = named["host"].rstrip(".")
        if hit := _RETURNED.search(line):
            reply = join_reply([hit["reply"], *said[number + 1 :]])
            state = _STATE.search(reply)
            command = _STATES.get(state["state"]) if state else None
            return _TWICE.sub("", _STATE.sub("", reply)), command, host
    label = next((number for number, line in enumerate(said) if _LABEL.match(line)), -1)
    return join_reply(said[label + 1 :]), None, host


def _failed_recipients(notice: Notice) -> list[str]:
    named = notice.header("x-failed-recipients").split(",")
    return [address for address in map(clean_address, named) if address]


def _status(address: str, action: Action, reply: str, command: Command | None = None, host: str | None = None) -> RecipientStatus:
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action=action,
        remote_mta=host,
        reply=reply or None,
        said_by=said_by(reply) if reply else None,
        command=command,
        read_by="google",
    )
