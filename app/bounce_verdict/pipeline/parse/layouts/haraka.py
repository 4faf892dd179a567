"""Layout: Haraka (outbound/hmail.js, config/outbound.bounce_message; 2.8 to 3.3): no command anywhere.

`Failure Reason: Error: REPLY` where all recipients share it, else `<r>: REPLY` lines below. `Too many failures (Upstream
error: 4yz …)` passes on the last reply; `(Tried all MXs)` stands for any failure of the network, though its Status says
5.1.2: the words win.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import address_key, clean_address, find_addresses
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply

_PROGRAM = "This is the Haraka Mailer program"
SIGNS = (_PROGRAM,)
_INTENDED = "Intended Recipients:"
_REASON = "Failure Reason:"
_LINE = re.compile(r"<([^<>\s]{1,320}+)>: ?(.*)")
_TOO_MANY = re.compile(r"Too many failures \((.{1,1900})\)\s{0,3}$")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per intended recipient; [] where the notice is not Haraka's."""
    if _PROGRAM not in notice.text:
        return []
    own = {address_key(address): reply for address, reply in _own_replies(notice.lines)}
    shared = _shared_reply(notice.lines)
    return [_status(address, own.get(address_key(address)) or shared) for address in _intended(notice.lines)]


def _intended(lines: Sequence[str]) -> list[str]:
    for line in lines:
        if line.startswith(_INTENDED):
            return find_addresses(line)
    return []


def _own_replies(lines: Sequence[str]) -> list[tuple[str, str]]:
    found = [_LINE.match(line) for line in lines]
    named = [(clean_address(one.group(1), bare=True), one.group(2).strip()) for one in found if one is not None]
    return [(address, reply) for address, reply in named if address and reply]


def _shared_reply(lines: Sequence[str]) -> str | None:
    """The reason for all recipients; None where it only says that some failed."""
    for line in lines:
        if line.startswith(_REASON):
            reason = line.removeprefix(_REASON).strip().removeprefix("Error:").strip()
            if reason.startswith("Some recipients failed"):
                return None
            if (too_many := _TOO_MANY.match(reason)) is not None:
                reason = too_many.group(1)
            upstream = reason.removeprefix("Upstream error: ")
            return upstream if is_reply(upstream) else reason or None
    return None


def _status(address: str, reply: str | None) -> RecipientStatus:
    remote = is_reply(reply)
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action="failed",
        reply=reply,
        said_by="remote" if remote else ("local" if reply else None),
        read_by="haraka",
    )
