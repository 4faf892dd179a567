"""Step 1, a bounce inside another message: forwarded without a word, or handed on by a mailing list's program.

Read through only where nobody wrote anything around it. A person who attaches a bounce to a question has not sent a report.
"""

from bounce_verdict.model import OpenedMessage, Part
from bounce_verdict.pipeline.match.re2_search import searcher
from bounce_verdict.pipeline.media_types import DELIVERY_STATUS, WHOLE_MESSAGE

_MAX_FORWARDS = 3  # one in another
_MAX_LEAD = 2_000  # characters
# Mailman 2.1 and 3: "Uncaught bounce notification"; Majordomo and Sympa say the same in other words.
_hands_on = searcher(
    r"(?i)was received as a bounce|uncaught bounce|bounce (?:notification|message) (?:was )?(?:received|follows|attached)"
)


def find_forwarded(message: OpenedMessage, max_forwards: int = _MAX_FORWARDS) -> OpenedMessage | None:
    """The message that this one only carries, by itself or inside other such messages; None where it speaks for itself.

    Whether it is a bounce is for the readers to say: they read it as if it had come alone.
    """
    inner = _only_enclosed(message)
    if inner is None:
        return None
    if max_forwards > 1 and (innermost := find_forwarded(inner, max_forwards - 1)) is not None:
        return innermost
    return inner


def _only_enclosed(message: OpenedMessage) -> OpenedMessage | None:
    """The one message inside, where nothing is written around it."""
    enclosed: Part | None = None
    for part in message.parts:
        if part.content_type in DELIVERY_STATUS or (part.content_type in WHOLE_MESSAGE and enclosed is not None):
            return None
        if part.content_type in WHOLE_MESSAGE:
            enclosed = part
    if enclosed is None:
        return None
    texts = [part.read_text() for part in message.parts if part.content_type.startswith("text/")]
    written = " ".join(texts).strip()
    if written and not _hands_on(written[:_MAX_LEAD]):
        return None
    return enclosed.read_message()
