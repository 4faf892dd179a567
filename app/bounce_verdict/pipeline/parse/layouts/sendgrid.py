"""SendGrid's own notices (to about 2014): all fields of an attempt in one line, the command in words at its end.

`local:id:<ana@example.org> : 192.0.2.1 : mx.example.org:[192.0.2.2] : 550 5.1.1 …  in RCPT TO`. The report part lacks the command.
"""

import re

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO
from bounce_verdict.pipeline.parse.layouts.shape_reader import Shape, read_shape

_SHAPE = Shape(
    "sendgrid",
    ("SendGrid",),
    re.compile(
        rf"<{TO}> : [^\s:]++ : (?P<host>[^\s:]++):\[[^\]]*+\] : (?P<reply>[245]\d\d.*?)"
        r"(?: {1,3}in (?P<command>MAIL FROM|RCPT TO|DATA|BODY|EHLO|HELO))?$"
    ),
)
SIGNS = _SHAPE.marks


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per line of that form; [] where the notice is not SendGrid's."""
    return read_shape(notice, _SHAPE)
