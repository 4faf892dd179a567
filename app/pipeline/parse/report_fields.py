"""Part of step 2: the fields of a delivery status, as bent as they come (RFC 3464 §2.1, RFC 822 folding)."""

import re
from collections.abc import Iterator, Sequence

from app.model import Limits, Part
from app.pipeline.parse.reply_lines import join_reply
from app.pipeline.work import Work

Field = tuple[str, str]

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ENCLOSED = (
    *STATUS_TYPES,
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/global-headers",
    "message/partial",
)

# What Diagnostic-Code names ahead of its text (RFC 3464 §2.3.6, and types that programs made up).
DIAGNOSTIC_TYPE = re.compile(r"(e?smtp|lmtp|dns|unix|unknown|local|x-[a-z0-9-]{1,60}+)[ \t]{0,5};(.*)", re.IGNORECASE | re.DOTALL)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60}+)[ \t]{0,5}:(?!//)(.*)")
# A second one of these in a block without a blank line begins the next recipient.
_ONCE = frozenset({"final-recipient", "original-recipient", "action"})


def undeclared_fields(parts: Sequence[Part], limits: Limits, work: Work) -> Iterator[str]:
    """Report fields in parts of any other type."""
    for part in parts:
        if part.content_type.startswith(("text/", "message/", "application/octet")) and part.content_type not in _ENCLOSED:
            found = _fields_in(part.text)
            if found:
                if part.is_cut:
                    work.cut(f"only the first {limits.max_text} characters of a text were read")
                yield found


def _fields_in(text: str) -> str:
    """The stretch of a text that is report fields, "" where there is none (a report under a wrong type or a broken boundary)."""
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if line[:16].lower() == "final-recipient:"]
    if not starts:
        return ""
    first = last = starts[0]
    while first > 0 and _in_report(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and _in_report(lines[last + 1]):
        last += 1
    chosen = lines[first : last + 1]
    told = {line.partition(":")[0].strip().lower() for line in chosen}
    return "\n".join(chosen) if told & {"action", "status", "diagnostic-code"} else ""


def _in_report(line: str) -> bool:
    return not line.strip() or line[0] in " \t" or _FIELD.match(line) is not None


def read_blocks(text: str, limits: Limits, work: Work) -> Iterator[list[Field]]:
    """The fields, unfolded, one list a block. Folded lines of a diagnostic code keep their line where they are reply lines."""
    block: list[Field] = []
    folded: list[str] = []
    lines = text.split("\n")
    work.note_lines(lines, limits.max_lines * 10, limits.max_line)
    for line in lines[: limits.max_lines * 10]:
        line = line[: limits.max_line].rstrip("\r")  # noqa: PLW2901
        found = None if line[:1] in (" ", "\t") else _FIELD.match(line)
        if found is None and line.strip():
            if folded:
                folded.append(line)
            continue
        _close(block, folded)
        if found is None:
            if block:
                yield block
            block = []
        else:
            name = found.group(1).lower()
            if name in _ONCE and any(name == known for known, _ in block):
                yield block
                block = []
            folded = [name, found.group(2)]
    _close(block, folded)
    if block:
        yield block


def _close(block: list[Field], folded: list[str]) -> None:
    """End the field that was being unfolded. A diagnostic code's type stands ahead of its first reply line."""
    if not folded:
        return
    name, first, *rest = folded
    typed = DIAGNOSTIC_TYPE.match(first.strip()) if rest and name == "diagnostic-code" else None
    if not rest:
        block.append((name, first.strip()))
    elif typed is None:
        block.append((name, join_reply([first, *rest])))
    else:
        block.append((name, f"{typed.group(1)}; {join_reply([typed.group(2), *rest])}"))
    folded.clear()
