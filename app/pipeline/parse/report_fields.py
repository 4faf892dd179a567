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
# Lower-case names by their usual spelling, so that most lines need no search.
_USUAL = {
    name: name.lower()
    for name in (
        "Reporting-MTA", "Arrival-Date", "Original-Envelope-Id", "Received-From-MTA", "Original-Recipient", "Final-Recipient",
        "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date", "Will-Retry-Until", "X-Postfix-Queue-ID",
        "X-Postfix-Sender", "X-Actual-Recipient",
    )
}  # fmt: skip
# No name, which is a blank line, ends a block; a second one of the others begins the next recipient without one.
_ENDS = frozenset({"", "final-recipient", "original-recipient", "action"})
_NOT_FOLDED = 2  # a name and one line


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
    most, longest = limits.max_lines * 10, limits.max_line
    lines = text.split("\n", most)
    work.note_lines(lines, most, longest)
    for whole in lines[:most]:
        line = whole[:longest]
        written, _, value = line.partition(":")
        name = _USUAL.get(written)
        if name is None or not value or value[:2] == "//":
            name, value = _unusual(line)
            if not name and line and not line.isspace():
                if folded:
                    folded.append(line)
                continue
        if folded:
            block.append((folded[0], folded[1].strip()) if len(folded) == _NOT_FOLDED else _unfolded(folded))
        if name in _ENDS and (not name or name in [known for known, _ in block]):
            if block:
                yield block
            block = []
        folded = [name, value] if name else []
    if folded:
        block.append(_unfolded(folded))
    if block:
        yield block


def _unusual(line: str) -> Field:
    """Lower-case name and value of the field that begins in this line; an empty name where none does."""
    found = _FIELD.match(line) if line else None
    return (found[1].lower(), found[2]) if found is not None else ("", "")


def _unfolded(folded: Sequence[str]) -> Field:
    """The field of a name and its lines. A diagnostic code's type stands ahead of its first reply line."""
    name, first, *rest = folded
    if not rest:
        return name, first.strip()
    typed = DIAGNOSTIC_TYPE.match(first.strip()) if name == "diagnostic-code" else None
    if typed is None:
        return name, join_reply([first, *rest])
    return name, f"{typed.group(1)}; {join_reply([typed.group(2), *rest])}"
