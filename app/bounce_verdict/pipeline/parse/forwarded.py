"""Part of step 2: a bounce inside another message: forwarded without a word, or handed on by a mailing list's program.

Read through only where nobody wrote anything around it. A person who attaches a bounce to a question has not sent a report.
"""

import re

from bounce_verdict.model import Headers, Limits, Notice, OpenedMessage, Part
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.media_types import DELIVERY_STATUS, MESSAGE, WHOLE_MESSAGE
from bounce_verdict.pipeline.parse.sender import is_mailer

# Mailman 2.1 and 3: "Uncaught bounce notification"; Majordomo and Sympa say the same in other words.
_HANDED_ON = re.compile(
    r"was received as a bounce|uncaught bounce|bounce (?:notification|message) (?:was )?(?:received|follows|attached)",
    re.IGNORECASE,
)
_DEEPEST = 3


def unwrap_notice(notice: Notice, limits: Limits, budget: Budget) -> Notice | None:
    """The notice inside, if this message only carries one; None where it speaks for itself."""
    found: Notice | None = None
    for _ in range(_DEEPEST):
        inner = _inside(found or notice)
        if inner is None:
            break
        found = _as_notice(inner, limits, budget)
    return found


def _inside(notice: Notice) -> OpenedMessage | None:
    """The one enclosed message, where it is a mailer's and nothing is written around it."""
    enclosed: Part | None = None
    for part in notice.message.parts:
        if part.content_type in DELIVERY_STATUS or (part.content_type in WHOLE_MESSAGE and enclosed is not None):
            return None
        if part.content_type in WHOLE_MESSAGE:
            enclosed = part
    if enclosed is None:
        return None
    others = [part for part in notice.message.parts if part is not enclosed]
    written = " ".join(part.text for part in others if part.content_type.startswith("text/")).strip()
    # each alternative of the pattern holds that word; a word costs a tenth of the search
    if written and ("bounce" not in (lead := written[:2_000]).lower() or _HANDED_ON.search(lead) is None):
        return None
    inner = enclosed.message
    if inner is None:
        return None
    reports = any(part.content_type in DELIVERY_STATUS for part in inner.parts)
    return inner if reports or is_mailer(Notice(inner, "", (), Headers(()))) else None


def _as_notice(message: OpenedMessage, limits: Limits, budget: Budget) -> Notice:
    """The enclosed message's plain text and returned headers."""
    texts = [part.text for part in message.parts if part.content_type.startswith("text/") and part.content_type not in MESSAGE]
    whole = "\n\n".join(texts)
    text = whole[: limits.max_text]
    if len(whole) > limits.max_text or any(part.is_cut for part in message.parts):
        budget.cut(f"only the first {limits.max_text} characters of a text were read")
    for warning in message.warnings:
        budget.cut(warning)
    budget.note_lines(text.split("\n"), limits.max_lines, limits.max_line)
    lines = [line[: limits.max_line].rstrip() for line in text.split("\n")[: limits.max_lines]]
    returned = next((part.message.headers for part in message.parts if part.message is not None), Headers(()))
    return Notice(message, "\n".join(lines), lines, returned)
