"""Zoho Mail's notices: the codes spelled out between commas.

`ana@example.org Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <ana@example.org>... User Unknown`, or, where no server
answered, `[Status: Error, Address: <ana@example.org>, ResponseCode 421, , Host not reachable.]`.
"""

import re
from collections.abc import Iterator

from bounce_verdict.model import Notice, RecipientStatus, SaidBy
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, holds_any, merge_copies

_ERROR_CODE = re.compile(rf"^\s*+<?{TO}>?[^,]*+,[ ,]*+ERROR_CODE ?: ?(?P<code>\d{{3}})(?P<rest>.*)$")
SIGNS = ("ERROR_CODE", ", ResponseCode ")
_LABEL = re.compile(r"^[, ]*+(?:ERROR_CODE ?: ?)?")
_RESPONSE_CODE = re.compile(rf"\[Status: \w++, Address: <{TO}>, ResponseCode (?P<code>\d{{3}})[, ]*+(?P<rest>[^\]]*+)")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per line of either form; [] where the notice is not Zoho's."""
    if not holds_any(notice.text, SIGNS):
        return []
    return merge_copies(_read_lines(notice))


def _read_lines(notice: Notice) -> Iterator[RecipientStatus]:
    for line in notice.lines:
        answered = _ERROR_CODE.match(line)
        hit = answered or _RESPONSE_CODE.search(line)
        address = clean_address(hit["to"]) if hit else None
        if hit and address:
            words = _LABEL.sub("", hit["rest"], count=1).strip()
            yield _status(address, f"{hit['code']} {words}".strip(), "remote" if answered else "local")


def _status(address: str, reply: str, said_by: SaidBy) -> RecipientStatus:
    return RecipientStatus(
        recipient=address, recipient_source="text", action="failed", reply=reply, said_by=said_by, read_by="zoho"
    )
