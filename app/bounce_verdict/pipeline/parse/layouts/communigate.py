"""Stalker CommuniGate Pro: `Failed to deliver to 'ana@example.org'`, the module that failed, and indented what it reports.

`SMTP module(domain example.org) reports:` / ` host mx.example.org says:` / ` 550 5.1.1 …`; the report part says 5.0.0 alone.
"""

import re

from msgspec.structs import replace

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO
from bounce_verdict.pipeline.parse.layouts.shape_reader import Shape, read_shape

_SHAPE = Shape(
    "communigate",
    ("Failed to deliver to '",),
    re.compile(rf"^Failed to deliver to '<?{TO}"),
    reply=re.compile(r"^ ++(?!host )(?P<reply>\S.*)$"),
)
SIGNS = _SHAPE.marks
_HOST = re.compile(r"^ host (?P<host>[^\s:]++) says:", re.MULTILINE)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per "Failed to deliver to"; [] where the notice is not CommuniGate's."""
    statuses = read_shape(notice, _SHAPE)
    if len(statuses) == 1 and (host := _HOST.search(notice.text)):
        return [replace(statuses[0], remote_mta=host["host"])]
    return statuses
