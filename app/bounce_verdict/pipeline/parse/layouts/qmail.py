"""Layout: qmail and its kin (netqmail, notqmail, s/qmail, qmail-ldap, vpopmail; QSBMF, cr.yp.to/proto/qsbmf.txt).

Paragraphs: `<addr>:` on a line of its own, then what qmail-remote or qmail-local says, then a paragraph that begins with
"-" ahead of the message. qmail-remote (qmail-remote.c, notqmail 1.09) names the command in words and quotes the reply
after `Remote host said: `, every line with its code.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import holds_any, is_blank, is_blank_below_words, split_blocks
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply, join_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_in_client_words

_ADDRESS = re.compile(r"\s{0,2}<([^<>\s]{1,320}+)>:\s{0,5}$")
_SAID = re.compile(r"(?:Remote host said|Remote server said|Remote server response): ?(.*)", re.IGNORECASE)
_COLON = ">:"
_ENDS_LINE = f"{_COLON}\n"
SIGNS = (_ENDS_LINE,)
_GIVING_UP = ("Giving up on ", "I'm not going to try again", "I give up", "STARTTLS proto=", "Sender: ")
_MARKS = (
    "qmail-send program",
    "Remote host said",
    "Giving up on ",
    "I'm not going to try again",
    "failed after I sent the message",
    "but connection died",
)
_HOST = re.compile(
    r"(?:^|\s)(?:Connected to )?([0-9a-fA-F.:]{3,45}|[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}) (?:but |does not like|failed )"
)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient paragraph; [] where the notice is not in QSBMF."""
    if _ENDS_LINE not in notice.text:
        return []
    blocks = [
        (address, [line.strip() for line in lines if not is_blank(line)])
        for address, lines in split_blocks(_ahead_of_message(notice.lines), _COLON, _address, is_blank_below_words)
        if address and not all(map(is_blank, lines))
    ]
    if not blocks or not (holds_any(notice.text, _MARKS) or _is_qsbmf(notice)):
        return []
    return [_status(address, lines) for address, lines in blocks]


def _is_qsbmf(notice: Notice) -> bool:
    """A bounce in the format though not in qmail's words: from the mailer, or invoked by qmail."""
    received = " ".join(notice.message.headers.get_all("received")[:3])
    sender = notice.header("from").lower()
    return (
        "qmail" in received or "mailer-daemon" in sender or "postmaster" in sender or notice.header("subject") == "failure notice"
    )


def _address(line: str, _inside: object) -> str | None:
    """The address of a recipient's first line; empty where it is none that can be read."""
    found = _ADDRESS.match(line)
    return clean_address(found.group(1), bare=True) or "" if found is not None else None


def _ahead_of_message(lines: Sequence[str]) -> Sequence[str]:
    return lines[: next((number for number, line in enumerate(lines) if line.startswith("---")), len(lines))]


def _status(address: str, lines: Sequence[str]) -> RecipientStatus:
    host: str | None = None
    command: Command | None = None
    said: list[str] = []
    for line in lines:
        found = _SAID.search(line) if "remote " in line.lower() else None
        ahead = line if found is None else line[: found.start()]
        if not said and ahead:
            command = command or command_in_client_words(ahead)
            named = _HOST.search(ahead) if host is None else None
            host = named.group(1) if named is not None else host
        if found is not None:
            said.append(found.group(1))
        elif said and not line.startswith(_GIVING_UP):
            said.append(line)
    remote = bool(said) and any(is_reply(line) for line in said)
    reply = join_reply(said) if remote else " ".join(lines)
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action="failed",
        remote_mta=host,
        reply=reply or None,
        said_by="remote" if remote else "local",
        command=command,
        read_by="qmail",
    )
