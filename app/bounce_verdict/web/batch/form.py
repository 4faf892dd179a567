"""How a batch is to be answered, and its lines in that form."""

from collections.abc import Sequence

import msgspec

from bounce_verdict.contract.short_answers import ShortBatchAnswer, short_line
from bounce_verdict.model import value
from bounce_verdict.response import JSON, BatchAnswer, encode, encode_lines
from bounce_verdict.web.request.preferences import Coding


@value
class Form:
    """How a batch is to be answered. media: application/json for one array, else a name of NDJSON; coding: None for none."""

    media: str
    short: bool
    coding: Coding | None

    def encode(self, answers: Sequence[BatchAnswer | msgspec.Raw]) -> bytes:
        """The lines, without what the whole has ahead of the first and behind the last. Raw: lines that are in this form already."""
        lines: list[BatchAnswer | ShortBatchAnswer | msgspec.Raw] = (
            [one if isinstance(one, msgspec.Raw) else short_line(one) for one in answers] if self.short else [*answers]
        )
        return encode(lines)[1:-1] if self.media == JSON else encode_lines(lines)[:-1]
