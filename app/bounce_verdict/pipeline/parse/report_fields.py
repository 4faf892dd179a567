"""Part of step 2: the fields of a delivery status, as bent as they come (RFC 3464 §2.1, RFC 822 folding)."""

import re
from collections.abc import Iterator, Sequence
from itertools import repeat

from bounce_verdict.model import Limits
from bounce_verdict.pipeline.budget import REPORT, Budget
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

Block = dict[str, str]  # lower-case name → value, the first of a name

# What Diagnostic-Code names ahead of its text (RFC 3464 §2.3.6, and types that programs made up).
_DIAGNOSTIC_TYPE = re.compile(
    r"(e?smtp|lmtp|dns|unix|unknown|local|x400|x-[a-z0-9-]{1,60}+)[ \t]{0,5};(.*)", re.IGNORECASE | re.DOTALL
)
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
# A second one of these begins the next recipient without a blank line, where the one before is complete (RFC 3464 §2.3).
_BEGINS = frozenset({"final-recipient", "original-recipient", "action"})
_COMPLETES = frozenset({"action", "status"})
JOINED = "joined to the block before"  # no field's name: in a block that no blank line parts from the one before
_FIRST_FIELD = "final-recipient:"  # no report goes without
_FOLD = re.compile(r"\n[ \t]")
_ADDRESS_OF_PAGE = re.compile(r"^[A-Za-z0-9-]++://", re.MULTILINE)  # no field


def undeclared_fields(texts: Sequence[tuple[str, bool]], limits: Limits, budget: Budget) -> Iterator[str]:
    """Report fields in texts of any other type, each with whether it is cut."""
    for text, is_cut in texts:
        found = _fields_in(text)
        if found:
            if is_cut:
                budget.warn(f"only the first {limits.max_text} characters of a text were read")
            affordable = budget.afford(len(found), REPORT)
            yield found if affordable == len(found) else found[: found.rfind("\n", 0, affordable) + 1]


def _fields_in(text: str) -> str:
    """The stretch of a text that is report fields, "" where there is none (a report under a wrong type or a broken boundary)."""
    if _FIRST_FIELD not in text.lower():
        return ""
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if line[: len(_FIRST_FIELD)].lower() == _FIRST_FIELD]
    if not starts:
        return ""
    first = last = starts[0]
    while first > 0 and _in_report(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and _in_report(lines[last + 1]):
        last += 1
    chosen = lines[first : last + 1]
    names = {line.partition(":")[0].strip().lower() for line in chosen}
    return "\n".join(chosen) if names & {"action", "status", "diagnostic-code"} else ""


def _in_report(line: str) -> bool:
    return not line.strip() or line[0] in " \t" or _FIELD.match(line) is not None


def read_blocks(text: str, limits: Limits, budget: Budget) -> list[Block]:
    """The fields, unfolded, by block. Folded lines of a diagnostic code keep their line where they are reply lines."""
    max_lines, max_line = limits.max_lines * 10, limits.max_line
    if len(text) > min(max_lines, max_line):
        lines = text.split("\n", max_lines)
        budget.warn_of_cut_lines(lines, max_lines, max_line)
        lines = [line[:max_line] for line in lines[:max_lines]]
        text = "\n".join(lines)
    blocks = []
    for paragraph in text.strip("\n").split("\n\n"):
        block = _read_usual(paragraph)
        if block is not None:
            blocks.append(block)
        elif paragraph:
            blocks += _read_lines(paragraph, budget)
    return blocks


def _read_usual(paragraph: str) -> Block | None:
    """The block of a paragraph in which each line is a field of a usual name or goes on with one; None for any other."""
    text = _FOLD.sub("\0", paragraph) if "\n " in paragraph or "\n\t" in paragraph else paragraph  # no text holds a NUL
    lines = text.split("\n")
    halves = map(str.partition, lines, repeat(":"))
    try:
        if "\0" in text:
            block = {
                (name := _USUAL[written]): _unfolded(name, *_pieces(value)) if "\0" in value else value.strip()
                for written, colon, value in halves
                if colon
            }
        else:
            block = {_USUAL[written]: value.strip() for written, colon, value in halves if colon}
    except KeyError:
        return None
    return block if len(block) == len(lines) and ("://" not in paragraph or not _ADDRESS_OF_PAGE.search(paragraph)) else None


def _pieces(value: str) -> list[str]:
    """The lines of a folded value. Raises KeyError where one is blank: it ends the block."""
    pieces = value.split("\0")
    if not all(map(str.strip, pieces[1:])):
        raise KeyError(value)
    return pieces


def _read_lines(paragraph: str, budget: Budget) -> list[Block]:
    """The blocks of any paragraph: junk and all, with lines that only look empty, with nothing between two recipients."""
    blocks: list[Block] = []
    block: Block = {}
    name, value = "", ""
    folded: list[str] = []  # the lines of the field behind its first
    for line in paragraph.split("\n"):
        found = _FIELD.match(line)
        if found is None and line and not line.isspace():
            if name:
                folded.append(line)
            continue
        if name and name not in block:  # the first of a name counts
            block[name] = _unfolded(name, value, *folded)
        name, value = (found[1].lower(), found[2]) if found is not None else ("", "")
        folded = []
        if block and not name:
            blocks.append(block)
            block = {}
        elif name in _BEGINS and name in block:
            if _COMPLETES.isdisjoint(block):
                budget.warn(f"report: a second {name.title()} in a recipient's block was left unread")
                continue
            blocks.append(block)
            block = {JOINED: ""}
    if name and name not in block:
        block[name] = _unfolded(name, value, *folded)
    return [*blocks, block] if block else blocks


def split_type(text: str) -> tuple[str | None, str]:
    """Type and text of a Diagnostic-Code; (None, text) where it has no type."""
    if text.startswith("smtp;"):
        return "smtp", text[5:]
    found = _DIAGNOSTIC_TYPE.match(text)
    return (found[1], found[2]) if found is not None else (None, text)


def _unfolded(name: str, first: str, *folded: str) -> str:
    """The value of a field and its lines. A diagnostic code's type stands ahead of its first reply line."""
    if not folded:
        return first.strip()
    kind, text = split_type(first.strip()) if name == "diagnostic-code" else (None, first)
    joined = join_reply([text if kind else first, *folded])
    return f"{kind}; {joined}" if kind else joined
