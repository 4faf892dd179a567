"""The list manager fml 4: an article that it refused. The list's own address is the one that was written to."""

import re

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO
from bounce_verdict.pipeline.parse.layouts.shape_reader import Shape, read_shape

_SHAPE = Shape(
    "fml",
    ("You are not a member of this mailing list <", "Duplicated Message-ID in <"),
    re.compile(rf"^(?P<reply>(?:You are not a member of this mailing list|Duplicated Message-ID in) <{TO}>)\."),
    end=re.compile(r"^Original mail as follows"),
    header="x-mlserver",
)
SIGNS = _SHAPE.marks


def read(notice: Notice) -> list[RecipientStatus]:
    """The list; [] where the notice is not fml's."""
    return read_shape(notice, _SHAPE)
