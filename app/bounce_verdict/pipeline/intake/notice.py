"""Step 1, parts → what layout readers see: the human text ahead of the returned message, and the returned message's headers.

Programs that write no MIME append the returned message to their text. Layout readers must never take its words for the
bounce's, so the text ends where that copy begins.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from bounce_verdict.model import DEFAULT_LIMITS, Headers, Limits, Notice, OpenedMessage, Part
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.footers import without_footer
from bounce_verdict.pipeline.intake.forwarded import find_forwarded
from bounce_verdict.pipeline.intake.headers import NO_HEADERS, read_fields
from bounce_verdict.pipeline.intake.html import to_text
from bounce_verdict.pipeline.intake.sender import read_sender
from bounce_verdict.pipeline.intake.splitter import REPORTS, split_flattened
from bounce_verdict.pipeline.match.re2_search import searcher
from bounce_verdict.pipeline.media_types import MESSAGE

_TINY = 40
_CODE = re.compile(r"\b[245]\d\d[ -]|\b[245]\.\d{1,3}\.\d{1,3}\b")
# Parts beside the human text that have readers of their own, or none.
_NO_HUMAN_TEXT = ("image/", "audio/", "video/", "font/", "application/", "message/", "text/calendar", "text/x-amp-html",
                  "text/css", "text/directory", "text/vcard", "text/x-vcard")  # fmt: skip

_UNDECLARED = ("text/", "message/", "application/octet")
_DECLARED = REPORTS | MESSAGE | {"message/partial"}

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*+):(?!//)")  # Zoho leaves no space behind the colon
_EDGE = re.compile(r"[>| \t]*+")
_FIELD_BEHIND_EDGE = re.compile(rf"({_EDGE.pattern}){_FIELD.pattern}")
_ANNOUNCING = frozenset("->|_ =*\tOo")  # what the next pattern begins with
# Lines that announce the copy and nothing else; what follows is it even where it has no headers left.
_ANNOUNCED = re.compile(
    r"^--- ?(?:Below (?:this|the next) line is|Enclosed (?:is|are)) (?:a copy of|the original)"  # qmail-send, qmail-ldap
    r"|^-{4,} This is a copy of (?:the|your) (?:\w+ )?(?:message|headers|body)"  # Exim, where its bounces are plain text
    r"|^[ \t]*-{3,} ?(?:Start of )?(?:The )?(?:Original|Unsent|Returned|Undelivered|Bounced) (?:message|mail)"
    r"(?: text| headers?| body)?(?: follows| is following| attached)?[:.]? ?-{3,}"  # Sendmail, Lotus Notes, Gmail
    r"|^[ \t]*-{3,} ?(?:The )?(?:Message|Mail) (?:headers?|text|body|contents?) (?:follows?|is following)[:.]? ?-{3,}"  # Sendmail
    r"|^[ \t]*\|-{5,} (?:Message text follows|Original message)"  # smail 3
    r"|^Original message headers:?$",  # Exchange since 2007, which wraps the fields without indenting them
    re.IGNORECASE,
)
# Lines that may announce it: believed where header fields follow soon.
_SEPARATOR = re.compile(
    r"\b(?:original|returned|unsent|undelivered|undeliverable|bounced) (?:message|mail|e-mail)"
    r"|\b(?:message|mail) (?:headers?|text|body|contents?) (?:follows?|is|below)|\bcopy of (?:the|your)\b|^From \S",
    re.IGNORECASE,
)
_NEAR = 4
_TRACE = frozenset({"received", "return-path", "x-received", "arc-seal", "dkim-signature", "delivered-to"})
_IDENTITY = frozenset({"message-id", "mime-version", "content-type"})
_ORIGIN = frozenset({"from", "subject", "to", "date"})
# What every copy holds in some line, an announcement or a field that a header block cannot do without (`_is_copy` takes three of
# the four of `_ORIGIN`): looked for in one pass, for most texts hold none.
_may_hold_copy = searcher(
    r"(?im)--.*(?:mail|message|copy|original)|^original message headers"
    rf"|^[>| \t]*(?:{'|'.join(sorted(_TRACE | _ORIGIN - {'from', 'to'}))}):"
)
# Fields of reports (RFC 3464), and of summaries that gateways write for people: no returned message has them.
_REPORT = frozenset({
    "reporting-mta", "final-recipient", "original-recipient", "action", "status", "diagnostic-code", "remote-mta", "reason",
    "error", "recipient", "recipients", "failed-recipient", "arrival-date", "feedback-type",
})  # fmt: skip


class _Copy(NamedTuple):
    """Where the returned message's copy is announced, and where its headers begin, as line numbers."""

    cut: int
    headers: int


def read_notice(message: OpenedMessage, limits: Limits = DEFAULT_LIMITS, budget: Budget | None = None) -> Notice:
    """What a person would read of the bounce, and the headers of the message that came back; of a bounce inside it too.

    A mail that shows its parts as text is split first: `Notice.message` is then the split one.
    """
    budget = budget or Budget(limits.max_work)
    notice = _read_one(message, limits, budget)
    inner = find_forwarded(notice.message)
    if inner is not None:
        notice.forwarded = _read_one(inner, limits, budget)
    return notice


def _read_one(message: OpenedMessage, limits: Limits, budget: Budget) -> Notice:
    """The notice of a message by itself."""
    sender = read_sender(message)
    if len(message.parts) == 1 and not sender.is_other:  # nobody pastes another's parts into a mailer's notice
        flattened = split_flattened(message, limits, budget)
        if flattened is not None and _find_copy(head := flattened.parts[0].read_text(), _lines(head, limits)) is None:
            message = flattened
    for part in message.parts:
        if part.content_type in REPORTS:  # decoded ahead of all other text: what that costs must not cost the report
            _ = part.read_text()
    ahead, came_back, behind = _sorted(message.parts)
    text, is_cut = _human_text(ahead, behind, limits, budget)
    lines = _lines(text, limits)
    returned = NO_HEADERS if came_back is None else _returned_headers(came_back)
    copy = _find_copy(text, lines)
    if copy is not None:
        if not returned.fields:
            returned = _quoted_fields(lines[copy.headers :], limits)
        lines = _trimmed(lines[: copy.cut])
    else:
        lines = without_footer(lines)
    if copy is None and is_cut:
        budget.warn(f"only the first {limits.max_text} characters of a text were read")
    if len(text) > min(limits.max_line, limits.max_lines):
        whole = text.split("\n", limits.max_lines)
        budget.warn_of_cut_lines(whole if copy is None else whole[: copy.cut], limits.max_lines, limits.max_line)
    before = message.parts if came_back is None else message.parts[: message.parts.index(came_back)]
    undeclared = _undeclared(before, limits) if sender.may_report else []
    return Notice(message, "\n".join(lines), lines, returned, sender, None, before, undeclared)


def _undeclared(parts: Sequence[Part], limits: Limits) -> list[tuple[str, bool]]:
    """The texts in which a report may stand under a wrong type: up to the first copy of the returned message, which ends them all."""
    found: list[tuple[str, bool]] = []
    for part in parts:
        kind = part.content_type
        if kind.startswith(_UNDECLARED) and kind not in _DECLARED:
            text = part.read_text()
            if (copy := _find_copy(text, lines := _lines(text, limits))) is not None:
                return [*found, ("\n".join(lines[: copy.cut]), part.is_cut)]
            found.append((text, part.is_cut))
    return found


def _lines(text: str, limits: Limits) -> list[str]:
    """The lines of `text` without white space at their ends, as many and as long as may be read."""
    lines = text.split("\n", limits.max_lines)
    if len(text) > min(limits.max_line, limits.max_lines):
        lines = [line[: limits.max_line] for line in lines[: limits.max_lines]]
    return _trimmed(list(map(str.rstrip, lines)))


def _trimmed(lines: list[str]) -> list[str]:
    """`lines` without the empty ones at the end."""
    while lines and not lines[-1]:
        lines.pop()
    return lines


# --- human parts -----------------------------------------------------------------------------------------------------


def _sorted(parts: Sequence[Part]) -> tuple[list[Part], Part | None, list[Part]]:
    """The human parts ahead of the returned message, that message, and the human parts behind it.

    The returned message may also be put among the parts without a type of its own (Openfind Mail2000).
    """
    ahead: list[Part] = []
    behind: list[Part] = []
    chosen, came_back = ahead, None
    for part in parts:
        kind = part.content_type
        if kind in MESSAGE or (part.container and part.headers.get("received") is not None):
            came_back = came_back or part
            chosen = behind
        elif (kind == "text/plain" or not kind.startswith(_NO_HUMAN_TEXT)) and not _is_attachment(part):
            chosen.append(part)
    if not ahead and not behind:
        behind = [part for part in parts if part.content_type.startswith("text/")][:1]
    return ahead, came_back, behind


def _human_text(ahead: Sequence[Part], behind: Sequence[Part], limits: Limits, budget: Budget) -> tuple[str, bool]:
    """The human parts ahead of the returned message, an empty line between them; those behind it where there are none.

    And whether they are cut.
    """
    text = _joined(ahead, limits, budget) or _joined(behind, limits, budget)
    is_cut = len(text) > limits.max_text
    for part in (*ahead, *behind):
        is_cut = is_cut or part.is_cut
    return text[: limits.max_text], is_cut


def _returned_headers(part: Part) -> Headers:
    if part.content_type in MESSAGE:
        return part.read_message_headers() or NO_HEADERS
    return part.headers


def _is_attachment(part: Part) -> bool:
    said = part.headers.get("content-disposition")
    return said is not None and said[:10].lower() == "attachment"


def _joined(parts: Sequence[Part], limits: Limits, budget: Budget) -> str:
    """The texts of the parts, as many as may be read; HTML only where the plain text beside it says nothing."""
    if len(parts) == 1 and parts[0].content_type != "text/html":
        text = parts[0].read_text().strip("\n")
        return text if not text.isspace() else ""
    with_text = {part.container for part in parts if part.content_type != "text/html" and _says_enough(part, parts)}
    texts: list[str] = []
    length = 0
    for part in parts:
        if length > limits.max_text:
            break
        if part.content_type != "text/html":
            texts.append(part.read_text().strip("\n"))
        elif part.container not in with_text:
            texts.append(to_text(part.read_text(), budget))
        else:
            continue
        length += len(texts[-1])
    return "\n\n".join(text for text in texts if text.strip())


def _says_enough(plain: Part, parts: Sequence[Part]) -> bool:
    """Whether a plain text need no HTML beside it: not where it only asks for a client that shows HTML, and that names a recipient."""
    text = plain.read_text().strip()
    if len(text) <= _TINY or "@" in text or _CODE.search(text) is not None:
        return len(text) > _TINY
    beside = (part for part in parts if part.content_type == "text/html" and part.container == plain.container)
    return not any("@" in part.read_text() for part in beside)


# --- the copy --------------------------------------------------------------------------------------------------------


def _find_copy(text: str, lines: Sequence[str]) -> _Copy | None:
    """Where a copy of the returned message begins: at its announcement, or at a run of fields that only a mail has."""
    if not _may_hold_copy(text):
        return None
    at = 0
    text_from = 0  # the first line behind the last run of fields
    while at < len(lines):
        line = lines[at]
        if line and line[0] in _ANNOUNCING and _ANNOUNCED.match(line):
            return _Copy(at, _first_field(lines, at + 1))
        if ":" in line and (field := _FIELD_BEHIND_EDGE.match(line)):
            end, names = _run(lines, at, field[1])
            if len(names) > 1 and _is_copy(names, lines[max(text_from, at - _NEAR) : at], is_indented=field[1].isspace()):
                return _Copy(at, at)
            at = text_from = end
            continue
        at += 1
    return None


def _edge(line: str) -> str:
    return _EDGE.match(line)[0]  # type: ignore[index]  # it matches the empty string


def _first_field(lines: Sequence[str], at: int) -> int:
    """The first line with a field behind an announcement, which up to four lines of explanation may follow."""
    words = 0
    for number in range(at, len(lines)):
        if _FIELD.match(lines[number], len(_edge(lines[number]))):
            return number
        words += bool(lines[number])
        if words > _NEAR:
            break
    return len(lines)


def _run(lines: Sequence[str], at: int, edge: str) -> tuple[int, list[str]]:
    """The line behind a run of fields with their folded lines, all behind the same edge, and their names in lower case."""
    names = []
    while at < len(lines):
        line = lines[at].removeprefix(edge)
        field = _FIELD.match(line)
        if field:
            names.append(field[1].lower())
        elif line[:1] not in (" ", "\t"):
            break
        at += 1
    return at, names


def _is_copy(names: Sequence[str], ahead: Sequence[str], *, is_indented: bool) -> bool:
    """Whether a run of fields is a message's header block (RFC 5322 §3.6): traced, or identified and with an origin.

    From, To, Subject and Date alone make no copy unless the lines ahead announced one: many programs sum the message up with
    these, and say below it what went wrong. PMDF sums it up indented, and with its Message-ID.
    """
    found = set(names)
    if found & _TRACE:
        return len(names) > 2 or _is_announced(ahead)  # noqa: PLR2004  # one is an accident
    if found & _REPORT or is_indented:
        return False
    return len(found & _ORIGIN) > 2 and (bool(found & _IDENTITY) or _is_announced(ahead))  # noqa: PLR2004  # three are no accident


def _is_announced(lines: Sequence[str]) -> bool:
    return any(map(_SEPARATOR.search, lines))


def _quoted_fields(lines: Sequence[str], limits: Limits) -> Headers:
    """The fields that the copy begins with, without the edge that all its lines have."""
    edge = _edge(lines[0]) if lines else ""
    return read_fields("\n".join(line.removeprefix(edge) for line in lines), limits)
