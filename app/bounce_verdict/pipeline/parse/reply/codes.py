"""The codes that a reply carries: at its head, at its folds, and in the few shapes in which one may stand further on.

A number is not a code because it has three digits, nor `5.1.1` an enhanced code because it has dots: version numbers and
addresses look alike. So the head is read freely, the rest only in shapes that programs are known to write.
"""

import re
from collections.abc import Callable

from msgspec import Struct

from bounce_verdict.model import PERMANENT, TRANSIENT, value

# ASCII digits: \d would take those of every script.
CODE = r"[2-5][0-9][0-9]"
_CODES = {str(code): code for code in range(100, 1_000)}
# For the matcher (fast_path.py): words without it hold no enhanced code further on.
ENHANCED_SIGNALS = (r"[#\[( :=][245]\.[0-9]{1,3}\.[0-9]{1,3}",)
# The same of a reply code in words that do not begin with one.
FURTHER_SIGNALS = (
    r"[\[(][2-5][0-9][0-9][\])]\.?$",
    r"(smtp (error|code|status|reply|response)|(error|status|reply|response) code)( code)?[:= ]{1,2}[2-5][0-9][0-9]",
)
_ENHANCED_WORD = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_OPENING = frozenset("<[(")
_CLOSING = (")", "]", ">")
_BEFORE_QUOTED = (":", "(", "<", ">", "=", '"', "'")
_REFUSAL_CODES = frozenset(f"{code} " for code in range(TRANSIENT * 100, PERMANENT * 100 + 100))
_COMMON_ENHANCED = frozenset(f"{first}.{subject}.{detail}" for first in "245" for subject in range(10) for detail in range(10))
_MAX_CANDIDATES = 40  # places where a code may stand that are tried one after the other
# "500 messages per hour" is no reply; "550 message refused", "421 Messages from …" are.
UNITS = r"(?:messages|msgs|e?-?mails|recipients|users|connections|hops|[KMG]i?B|bytes|seconds|minutes|hours|days|times|per|of)\b"
ENHANCED = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![\d/]|\.\d)"

# "550 5.1.1", "550-5.1.1", "550 #5.1.0", "550 [5.7.1]", "550-'5.1.1", "'550 5.1.1", "(550 5.1.1)", "550: text", "550 5.1.1."
_HEAD = re.compile(
    rf"""(?P<opener>[\s"'(\[<\#=]*+) (?P<code>[1-9][0-9][0-9]) (?![\w@/%]|[.,:]\d) [\])>]{{0,2}}+ (?P<fold>-?+)
         (?: [\s:;,.-]*+ (?P<quote>["'(\[\#<]{{0,3}}+) (?P<enhanced>{ENHANCED}) [\])"'\#:.,;]*+ )?+ [\s:;,-]*+""",
    re.VERBOSE,
)
# "5.1.1 text", "#5.1.1", "5.1.1 550 text", "#< #5.1.1 smtp; 550 text>" (Exchange 2003)
_ENHANCED_HEAD = re.compile(
    rf"""(?P<opener>[\s"'(\[<\#=]*+) (?P<enhanced>{ENHANCED}) [\])"'\#:.,;]*+
         (?: [\s-]*+ (?:smtp;\s*+)?+ (?P<code>{CODE}) (?![\w@/%]|[.,:]\d) (?P<fold>-?+) (?:[\s:;,.-]*+{ENHANCED})?+ )?+ [\s:;,-]*+""",
    re.VERBOSE | re.IGNORECASE,
)
# qmail and its patches "(#5.1.1)", Yahoo "- 5.7.1 [BL23]", Barracuda "cuda_nsu 5.7.1", relays "[…]: 5.7.1 Text", "[5.7.1]" at the end
_FURTHER_ON = re.compile(
    rf"""(?: \# | [\[(](?=[\d.]{{5,9}}[\])]\.?$) | (?<=-\ )(?=[\d.]{{5,9}}\ \[) | ^\w{{1,20}}_\w{{1,20}}\ | (?<=[\]a-z]:\ )(?=[\d.]{{5,9}}\ [A-Za-z<])
       | \b(?:status|dsn)(?:\ code)?[\ :=]{{1,2}} ) (?P<enhanced>{ENHANCED})""",
    re.VERBOSE | re.IGNORECASE,
)
# One of the above may stand here. Begins with a literal, which `re` finds six times as fast as one sign of a set.
_LIKE_ENHANCED = re.compile(r"\.(?<=[#\[( :=][245]\.)[0-9]{1,3}\.[0-9]{1,3}(?![\d/]|\.\d)")
# The code at a fold that became a space: "550-", or "550 " with an enhanced code behind it; and the code of the last line. They match
# any code, where that of the reply was found: a pattern that names it would be compiled anew for each, in half a millisecond.
_FOLD = re.compile(
    r"(?:(?<=\s)|(?<=^)|(?<=;))[1-9][0-9][0-9](?:-| (?=(?P<same>[245]\.[0-9]{1,3}\.[0-9]{1,3})(?![\d.])))"
    rf"(?:\s?(?P<enhanced>{ENHANCED})[.:]?)?\s?"
)
_LAST = re.compile(
    rf"(?<=\s)(?P<code>[1-9][0-9][0-9])(?: (?P=code))?(?: (?:(?P<enhanced>{ENHANCED})[.:]?(?: |$))?|$)",
)
_CODE_FURTHER_ON = re.compile(
    rf"[\[(](?P<bracketed>{CODE})[\])]\.?$"
    rf"|(?<!expected )\b(?:smtp (?:error|code|status|reply|response)|(?:error|status|reply|response) code)(?: code)?[:= ]{{1,2}}(?P<named>{CODE})(?![\w@/%]|[.,:]\d)",
    re.IGNORECASE,
)


class SplitReply(Struct):
    """A reply split into codes and words. `text` lacks the codes at its head and at its folds; a code further on stays where it is."""

    code: int | None
    enhanced: str | None
    text: str


def read_codes(reply: str) -> SplitReply:
    """The codes of `reply` and its words, without the codes at its head and those that repeat them at folds (RFC 5321 §4.2.1)."""
    if (common := read_common_codes(reply)) is not None:
        if common.enhanced is None and (enhanced := enhanced_further_on(common.text, reply[0])) is not None:
            return SplitReply(common.code, enhanced, common.text)
        return common
    head = _HEAD.match(reply)
    if head is not None:
        opener, digits, fold, quote, enhanced = head.groups()
    elif (head := _ENHANCED_HEAD.match(reply)) is not None:
        opener, enhanced, digits, fold = head.groups()
        quote = None
    else:
        return _without_head(reply)
    text = reply[head.end() :]
    if digits and (digits in text or "\n" in text):
        text, later = _unfold(text, digits, enhanced, folded=bool(fold))
        enhanced = enhanced or later
        text = _without_repeated(text, digits, enhanced)
    if opener or quote:
        text = _without_closer(text, opener + (quote or ""))
    if enhanced is None and digits:
        enhanced = enhanced_further_on(text, digits[0])
    return SplitReply(int(digits) if digits else None, enhanced, text)


def read_common_codes(reply: str) -> SplitReply | None:
    """What `read_codes` finds in "550 5.1.1 text" and "550 text", as nearly all replies are; None where there may be more to find.

    An enhanced code further on is not looked for.
    """
    digits = reply[:3]
    if reply[3:4] != " " or digits not in _CODES:
        return None
    enhanced, at = None, 4
    if reply[5:6] == ".":
        at = reply.find(" ", 9, 14) + 1
        enhanced = reply[4 : at - 1]
        if enhanced not in _COMMON_ENHANCED and _ENHANCED_WORD.fullmatch(enhanced) is None:
            return None
    first = reply[at : at + 1]
    if not first.isalnum():
        second = reply[at + 1 : at + 2]
        if first not in _OPENING or not second.isalnum() or (enhanced is None and reply[at + 2 : at + 3] == "."):
            return None
    text = reply[at:]
    if "\n" in text or (digits in text and _may_fold(text, digits)):
        return None
    return SplitReply(_CODES[digits], enhanced, text)


def read_folded_codes(reply: str) -> SplitReply | None:
    """What `read_codes` finds in a reply of several lines that became one: "550-5.1.1 a 550-5.1.1 b 550 5.1.1 c", "550-a 550-b 550 c".

    None where the folds look otherwise. Google and Exim write these.
    """
    digits = reply[:3]
    if reply[3:4] != "-" or digits not in _CODES:
        return None
    first, _, rest = reply[4:].partition(" ")
    if _ENHANCED_WORD.fullmatch(first) is not None:
        text = rest.replace(f" {digits}-{first} ", " ").replace(f" {digits} {first} ", " ")
        begins_with_word = rest[:1].isalnum() or (rest[:1] in _OPENING and rest[1:2].isalnum())
        return SplitReply(_CODES[digits], first, text) if begins_with_word and digits not in text else None
    ahead, fold, last = reply[4:].partition(f" {digits} ")
    lines = [*ahead.split(f" {digits}-"), last]
    if not fold or ahead.endswith(_BEFORE_QUOTED) or digits in "".join(lines) or not all(line[:1].isalpha() for line in lines):
        return None
    return SplitReply(_CODES[digits], None, " ".join(lines))


def refusal_begins_at(text: str, start: int) -> bool:
    """Whether "550 5.1.1 ", which cannot be anything but the beginning of a refusal, stands at `start`."""
    code = start + len("550 ")
    end = code + len("5.1.1")
    return text[start:code] in _REFUSAL_CODES and text[code:end] in _COMMON_ENHANCED and text[end : end + 1] == " "


def _may_fold(text: str, digits: str) -> bool:
    """Whether the reply code stands in `text` where it may be the beginning of a later line, or repeats the head."""
    return (
        f" {digits} " in text
        or f" {digits}-" in text
        or f";{digits} " in text
        or f";{digits}-" in text
        or text.startswith(digits)
    )


def has_code_at_head(reply: str) -> bool:
    """Whether a reply code stands at the head."""
    if reply[:3] in _CODES and reply[3:4] in (" ", "-"):  # nearly always, and ten times as fast as the pattern
        return True
    head = _HEAD.match(reply) or _ENHANCED_HEAD.match(reply)
    return head is not None and head["code"] is not None


def _without_head(text: str) -> SplitReply:
    """A text that begins with words: "sorry, no mailbox here by that name. (#5.1.1)", "User unknown [550]"."""
    found = _CODE_FURTHER_ON.search(text)
    digits = (found["bracketed"] or found["named"]) if found else None
    return SplitReply(int(digits) if digits else None, enhanced_further_on(text, digits[0] if digits else None), text)


def enhanced_further_on(text: str, first_digit: str | None) -> str | None:
    """An enhanced code inside the text, only of the reply code's own class."""
    if _LIKE_ENHANCED.search(text) is None:
        return None
    for found in _FURTHER_ON.finditer(text):
        enhanced: str = found["enhanced"]
        if first_digit in (None, enhanced[0]):
            return enhanced
    return None


def _without_repeated(text: str, digits: str, enhanced: str | None) -> str:
    """Without the same code again at its beginning, as relays write it: "550 5.7.1 550 User unknown"."""
    while text.startswith(digits) and (head := _HEAD.match(text)) is not None and head["enhanced"] in (None, enhanced):
        text = text[head.end() :]
    return text


def _unfold(text: str, digits: str, enhanced: str | None, *, folded: bool) -> tuple[str, str | None]:
    """`text` without the codes that begin the later lines of a reply, and the first enhanced code among these.

    The line ends are still there or became spaces (Postfix, DSNs): `550-5.1.1 a 550 5.1.1 b`. `550-` is always such a mark,
    ` 550 ` only once after the last of them, or with the same enhanced code behind it.
    """
    found: list[str | None] = []
    ended = not folded
    if "\n" in text:
        first, *lines = text.split("\n")
        later = [_line_without(line, digits) for line in lines]
        found = [line.enhanced for line in later]
        ended = ended or any(line.ends for line in later)
        text = "\n".join([first, *(line.text for line in later)])
    marks = _marks(text, digits, enhanced, folded=folded, ended=ended) if digits in text else []
    pieces, at = [], 0
    for mark in marks:
        pieces.append(text[at : mark.start()])
        at = mark.end()
        found.append(mark["enhanced"])
    return "".join([*pieces, text[at:]]), next(filter(None, found), None)


def _marks(text: str, digits: str, enhanced: str | None, *, folded: bool, ended: bool) -> list[re.Match[str]]:
    """The codes at the folds that became spaces. `ended`: the reply's last line is known, no ` 550 ` is its beginning."""
    lines = folded or f"{digits}-" in text

    def begins_line(found: re.Match[str]) -> bool:
        return found["same"] is None or (found["same"] == enhanced and (lines or not _is_quoted(found)))

    marks: list[re.Match[str]] = []
    end = 0
    while (mark := _first(_FOLD, digits, text, end, begins_line)) is not None:
        marks.append(mark)
        end = mark.end()
    if ended and (not marks or "\n" in text):
        return marks
    # Exim 4.96: "550-Response: 550 5.1.1 … 550 Sender verify failed"
    last = _first(_LAST, digits, text, end, lambda found: not _is_quoted(found)) or _first(_LAST, digits, text, end)
    return [*marks, last] if last is not None else marks


def _first(
    pattern: re.Pattern[str], digits: str, text: str, at: int, holds: Callable[[re.Match[str]], bool] | None = None
) -> re.Match[str] | None:
    """The first match of `pattern` from `at` on that begins with `digits`, and of which `holds` is true."""
    for _ in range(_MAX_CANDIDATES):
        if (at := text.find(digits, at)) < 0:
            break
        if (found := pattern.match(text, at)) is not None and (holds is None or holds(found)):
            return found
        at += 1
    return None


def _is_quoted(code: re.Match[str]) -> bool:
    """Whether it stands behind a colon, bracket or quote and a blank: then it is another server's."""
    ahead = code.string[max(0, code.start() - 2) : code.start()]
    return len(ahead) == 2 and ahead[0] in _BEFORE_QUOTED and ahead[1].isspace()  # noqa: PLR2004


@value
class _Line:
    """A later line without its code. ends: it was the reply's last one (RFC 5321 §4.2.1: no hyphen behind the code)."""

    text: str
    enhanced: str | None = None
    ends: bool = False


def _line_without(line: str, digits: str) -> _Line:
    line = line.lstrip()
    if line.startswith(digits) and (head := _HEAD.match(line)) is not None:
        return _Line(line[head.end() :], head["enhanced"], not head["fold"])
    return _Line(line)


def _without_closer(text: str, opener: str) -> str:
    """Without the quotes or brackets that close what was opened ahead of the code."""
    for sign in reversed(opener):
        if sign in "'\"" and sign in text:  # Cisco ESA: 550-'5.1.1 User unknown' (delivery attempts: 0)
            text = text[: text.rfind(sign)]
        elif sign == "#":
            text = text.rstrip("# ")
    return without_unbalanced(text) if opener else text


def without_unbalanced(text: str) -> str:
    """Without closing brackets at the end that nothing in `text` opens."""
    if not text.rstrip().endswith(_CLOSING):
        return text
    for opening, closing in ("()", "[]", "<>"):
        bare = text.rstrip()
        if bare.endswith(closing) and bare.count(closing) > bare.count(opening):
            text = bare[:-1]
    return text
