"""IBM (now HCL) Domino and its forerunner, the Lotus Notes SMTP MTA.

Domino: `Your message` / `Subject: …` / `was not delivered to:` / the address / `because:` / the reason, the frame in the
server's language, so it is known by its shape: an address alone, indented; a line that ends with a colon; the reason.
The Notes MTA: `------- Failure Reasons  --------`, the reason, the address, `------- Returned Message --------`.
"""

import re
from collections.abc import Sequence

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, merge_copies, said_by
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

_FAILURE_REASONS = "------- Failure Reasons "
_NOT_DELIVERED = "was not delivered to:"
SIGNS = (_FAILURE_REASONS, _NOT_DELIVERED)
_ANY_ALONE = re.compile(rf"^\s*+<?{TO}>?$")
_ALONE = re.compile(rf"^\s++<?{TO}>?\s*$")
_COLON = re.compile(r"^\S.*[:：]\s*$")
_RETURNED = re.compile(r"SMTP Protocol Returned a (?:Permanent|Transient) Error:? (?P<reply>[245]\d\d.*)$", re.DOTALL)
_TRANSFER = re.compile(r"\bError transferring to (?P<host>[^\s;]++);")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient; [] where the notice is neither's."""
    if _FAILURE_REASONS in notice.text:
        return _read_notes(notice.lines)
    if _NOT_DELIVERED not in notice.text and not notice.header("subject").startswith("DELIVERY FAILURE:"):
        return []
    return _read_domino(notice.lines)


def _read_notes(lines: Sequence[str]) -> list[RecipientStatus]:
    """The reason stands ahead of the address it is about."""
    statuses: list[RecipientStatus] = []
    reason: list[str] = []
    start = next(number for number, line in enumerate(lines) if _FAILURE_REASONS in line)
    for line in lines[start + 1 :]:
        if line.startswith("-------"):
            break
        hit = _ANY_ALONE.match(line)
        address = clean_address(hit["to"]) if hit else None
        if address:
            statuses.append(_status(address, join_reply(reason), "notes"))
            reason = []
        else:
            reason.append(line)
    return merge_copies(statuses)


def _read_domino(lines: Sequence[str]) -> list[RecipientStatus]:
    addresses: list[str] = []
    for number, line in enumerate(lines):
        hit = _ALONE.match(line)
        address = clean_address(hit["to"]) if hit else None
        if address:
            addresses.append(address)
        elif addresses and _COLON.match(line):
            reason = _paragraph(lines[number + 1 : number + 20])
            return merge_copies(_status(address, reason) for address in addresses)
    return merge_copies(_status(address, "") for address in addresses)


def _paragraph(lines: Sequence[str]) -> str:
    start = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    end = next((at for at in range(start, len(lines)) if not lines[at].strip()), len(lines))
    return join_reply(lines[start:end])


def _status(address: str, reason: str, read_by: str = "domino") -> RecipientStatus:
    returned = _RETURNED.search(reason)
    transfer = _TRANSFER.search(reason) if returned else None
    reply = returned["reply"] if returned else reason
    return RecipientStatus(
        recipient=address,
        recipient_source="text",
        action="failed",
        remote_mta=transfer["host"] if transfer else None,
        reply=reply or None,
        said_by=said_by(reply) if reply else None,
        read_by=read_by,
    )
