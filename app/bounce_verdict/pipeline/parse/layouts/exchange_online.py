"""The notices of Exchange Online (Office 365) since 2015: tables of labels for the administrator below the picture.

`Recipient Address:`, `Reported error:` (later `Error:`), `Message rejected by:`. As text the value stands behind its label;
where the table was HTML it may stand on the next line. The report part says the same; this serves where it was lost.
"""

import re

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, merge_copies

_LABEL = "Recipient Address:"
SIGNS = (_LABEL,)
_RECIPIENT = re.compile(rf"\b{_LABEL}\s*+{TO}")
_ERROR = re.compile(r"^(?:Reported error|Error):\s*+(?P<reply>[245]\d\d[ -].*)$", re.MULTILINE)
_REJECTED_BY = re.compile(r"^(?:Message rejected by|Remote server):\s*+(?P<host>[\w.-]++)", re.MULTILINE)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient address named; [] where the notice is not Exchange Online's."""
    if _LABEL not in notice.text:
        return []
    error = _ERROR.search(notice.text)
    if error is None:
        return []
    host = _REJECTED_BY.search(notice.text)
    found = (clean_address(hit["to"]) for hit in _RECIPIENT.finditer(notice.text))
    return merge_copies(
        RecipientStatus(
            recipient=address,
            recipient_source="text",
            action="failed",
            remote_mta=host["host"] if host else None,
            reply=error["reply"].strip(),
            said_by="remote" if host else "local",
            read_by="exchange-online",
        )
        for address in found
        if address
    )
