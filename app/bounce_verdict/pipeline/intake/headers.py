"""Step 1, header blocks: folded lines, junk and all → fields (RFC 5322 §2.2), and Content-Type with its parameters.

Bounce writers and gateways break header blocks in every way: no blank line before the body, an mbox "From " line in the
middle, raw 8-bit text, unquoted or doubled parameters. Whatever is a field is read; the first line that cannot belong to a
block begins the body.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from urllib.parse import unquote_to_bytes

from bounce_verdict.model import DEFAULT_LIMITS, Headers, Limits
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake import charsets
from bounce_verdict.pipeline.intake.flanker_fallback import decode_words

ContentType = tuple[str, Mapping[str, str]]  # type/subtype, parameters
Head = tuple[Headers, ContentType | None, int]  # fields, Content-Type, where the body begins

NO_HEADERS = Headers(())
NO_PARAMETERS: Mapping[str, str] = {}
_LINE_FEED = ord("\n")
_SHORT_BLOCK = 256  # bytes; a part's is rarely longer, and has far fewer fields

_FOLD = re.compile(r"\n[ \t]")
_NAME = re.compile(r"([!-9;-~]++)[ \t]*+")
_FOLDED = re.compile(r"[!-9;-~]++[ \t]*+:.*+(?:\n[ \t].*+)*+\n?|(.++)\n?")
_KNOWN_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]*+:[ \t]")
# A body's charset speaks for raw 8-bit headers too; UTF-16 and UTF-7 cannot.
_CHARSET = re.compile(rb"charset\s*+=\s*+[\"']?((?!utf)[A-Za-z0-9_-]++)", re.IGNORECASE)
_FROM_LINE = re.compile(r">?From ")
# Only these are read by people and hold encoded words (RFC 2047 §5); decoding costs 8 µs each.
WORDED = frozenset({"subject", "from", "to", "cc", "reply-to", "sender", "content-description"})
ADDRESSED = WORDED - {"subject", "content-description"}  # all that is asked of a returned message's
_MAX_WORDS = 100
_PART_WORDS = 5

_MAX_NAMES = 512
_MAX_NAME = 40
_MAX_VALUE = 2_000
_MAX_PARAMETERS = 100
_MAX_DIGITS = 3
_TYPE = re.compile(r"\s*+([^\s;,()/=\"]++)\s*+/\s*+([^\s;,()=\"]++)")
_PARAMETER = re.compile(
    r"""[\s;,]*+(?:([^\s=;,"()]++)\s*+=\s*+(?:"((?:[^"\\]++|\\.)*+)"?|([^\s;]*+))"""  # name="value", name=value
    r"""|"(?:[^"\\]++|\\.)*+"?|\((?:[^()\\]++|\\.)*+\)|[^\s=;,"()]++|.)""",  # strings and comments (RFC 5322 §3.2.2), the rest
    re.DOTALL,
)
# As nearly every multipart declares itself.
_MULTIPART = re.compile(
    r"(multipart/[a-z]++);[ \t]*+(?:report-type=(delivery-status);[ \t]*+)?+"
    r"""boundary=(?:"([^"\\]++)"|([A-Za-z0-9'+_./:=?-]++))"""
)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_ODD_TYPES = {"text": "text/plain", "plain/text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}


def read_headers(
    data: bytes,
    begin: int,
    end: int,
    limits: Limits,
    budget: Budget | None,
    *,
    is_part: bool = False,
    worded: frozenset[str] = WORDED,
) -> tuple[Headers, int]:
    """The header block of the entity at data[begin:end] (line ends "\\n"), and where its body begins.

    Encoded words are decoded in the fields of `worded`, where people read them; of a part (of 200, maybe) only a few.
    budget: is warned of what is left unread; nobody is where there is none.
    """
    if data.startswith(b"\n", begin):
        return NO_HEADERS, begin + 1
    stop = data.find(b"\n\n", begin, end)
    body = end if stop < 0 else stop + 2
    stop = end if stop < 0 else stop
    if stop - begin > limits.max_header_bytes:
        stop = begin + limits.max_header_bytes
        stop = max(data.rfind(b"\n", begin, stop), begin) or stop
        if budget is not None:
            budget.warn(f"a header block was read up to {limits.max_header_bytes} bytes only")
    block = data[begin:stop]
    text = _unfolded(block)
    fields = _fields(text)
    if fields is None:  # a line that is no field
        block, length = _without_junk(block)
        text = _unfolded(block)
        fields = _fields(text) or []
        body = begin + length if length < stop - begin else body
    if len(fields) > limits.max_headers:
        if budget is not None:
            budget.warn(f"a header block was read up to its field {limits.max_headers} only")
        fields = fields[: limits.max_headers]
    if "=?" in text:
        fields = _decoded(fields, worded, _PART_WORDS if is_part else _MAX_WORDS)
    return Headers(fields), body


def read_head(data: bytes, begin: int, end: int, limits: Limits, budget: Budget, *, is_part: bool = False) -> Head:
    """The header block of the entity at data[begin:end], its Content-Type, and where its body begins."""
    headers, body = read_headers(data, begin, end, limits, budget, is_part=is_part)
    return headers, content_type(headers), body


def read_part_head(data: bytes, begin: int, end: int, limits: Limits, budget: Budget) -> Head:
    """The same of a part. Nine of ten have a header block that parts of other mails had too: those are kept."""
    stop = data.find(b"\n\n", begin, min(begin + _SHORT_BLOCK, end))
    if stop < 0 or data[begin] == _LINE_FEED or not limits.max_headers >= _SHORT_BLOCK <= limits.max_header_bytes:
        return read_head(data, begin, end, limits, budget, is_part=True)
    headers, declared, length = _read_short(data[begin : stop + 2])
    return headers, declared, begin + length


def read_fields(text: str, limits: Limits) -> Headers:
    """The header block that `text` begins with, as a text quotes it: up to the first blank line or line that is no field."""
    return read_headers(data := text.encode(), 0, len(data), limits, None)[0]


def content_type(headers: Headers) -> ContentType | None:
    """Content-Type in lower case with its parameters (RFC 2045 §5.1, RFC 2231 joined); None where none is declared.

    Of several headers a multipart one counts: gateways add their own text/plain. What is no type at all is text/plain.
    """
    value = headers.get("content-type")
    if value is None:
        return None
    if headers.repeats and value[:10].lower() != "multipart/":
        value = next((each for each in headers.get_all("content-type") if each[:10].lower() == "multipart/"), value)
    return _USUAL.get(value) or _read_type(value[:_MAX_VALUE])


@lru_cache(maxsize=128)
def _read_short(block: bytes) -> tuple[Headers, ContentType | None, int]:
    """The header block of a part, its Content-Type, and how long it is."""
    headers, length = read_headers(block, 0, len(block), DEFAULT_LIMITS, None, is_part=True)
    return headers, content_type(headers), length


# --- blocks ----------------------------------------------------------------------------------------------------------


def _unfolded(block: bytes) -> str:
    """The block as text, each field on one line: UTF-8 (RFC 6532), else in the charset that the message declares for its body."""
    try:
        text = block.decode()
    except UnicodeDecodeError:
        found = _CHARSET.search(block)
        text = charsets.decode_with(block, found[1].decode() if found else None, guess=False)
    if "\x1b" in text:
        text = charsets.undo_jis(text)
    return _FOLD.sub(" ", text)


def _fields(text: str) -> list[tuple[str, str]] | None:
    """(lower-case name, value) of each line; None where one of them is no field."""
    lines = text.removesuffix("\n").split("\n")
    halves = map(str.partition, lines, repeat(":"))
    try:
        fields = [(_NAMES[written], value.strip()) for written, colon, value in halves if colon]
    except KeyError:
        return None
    return fields if len(fields) == len(lines) else None


class _Names(dict[str, str]):
    """Field names as they are written → in lower case; of the others the first few hundred are kept."""

    def __missing__(self, written: str) -> str:
        found = _NAME.fullmatch(written)
        if found is None:
            raise KeyError(written)
        name = found[1].lower()
        if len(self) < _MAX_NAMES and len(written) <= _MAX_NAME:
            self[written] = name
        return name


def _without_junk(block: bytes) -> tuple[bytes, int]:
    """The fields ahead of the first line that ends the block, and how long the block is with its junk.

    An mbox "From " line, or a line that another field follows, is passed over.
    """
    text = block.decode("latin-1")  # offsets are those of the bytes
    kept, length = [], len(text)
    for match in _FOLDED.finditer(text):
        if not match[1]:
            kept.append(match[0])
        elif not _FROM_LINE.match(match[1]) and not _KNOWN_FIELD.match(text, match.end()):
            length = match.start()
            break
    return "".join(kept).encode("latin-1"), length


def _decoded(fields: Sequence[tuple[str, str]], worded: frozenset[str], max_words: int) -> list[tuple[str, str]]:
    """The fields with at most `max_words` encoded words decoded."""
    decoded = []
    words = 0
    for name, value in fields:
        if "=?" in value and name in WORDED and (words := words + value.count("=?")) <= max_words and name in worded:
            decoded.append((name, decode_words(value)))
        else:
            decoded.append((name, value))
    return decoded


# --- Content-Type ----------------------------------------------------------------------------------------------------


def _read_type(value: str) -> ContentType:
    if (usual := _MULTIPART.fullmatch(value)) is not None:
        kind, report_type, quoted, bare = usual.groups()
        boundary = {"boundary": quoted or bare}
        return kind, {"report-type": report_type, **boundary} if report_type else boundary
    match = _TYPE.match(value)
    kind = f"{match[1]}/{match[2]}" if match else value.partition(";")[0].strip()
    rest = value[match.end() :] if match else value.partition(";")[2]
    kind = kind.lower()
    return _ODD_TYPES.get(kind, kind if match else "text/plain"), _parameters(rest) if "=" in rest else {}


def _parameters(rest: str) -> dict[str, str]:
    """Name → value; of a doubled name the first counts."""
    found = {}
    split = []
    for name, quoted, bare in _PARAMETER.findall(rest)[_MAX_PARAMETERS::-1]:
        value = _QUOTED_PAIR.sub(r"\1", quoted) if "\\" in quoted else quoted or bare.rstrip(",")
        if "*" in name:
            split.append((name.lower(), value))
        elif name:
            found[name.lower()] = value
    return found | _joined(split) if split else found


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The parameters that are split or percent-encoded: name*0, name*1*, name* (RFC 2231 §3, §4)."""
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in pairs:
        base, star, rest = name.partition("*")
        number = rest.rstrip("*")
        if star and (not number or (number.isdecimal() and len(number) <= _MAX_DIGITS)):
            sections.setdefault(base, {}).setdefault(int(number or 0), (value, rest.endswith("*") or not rest))
    joined = {}
    for base, parts in sections.items():
        charset, raw = "", b""
        for place, (value, encoded) in sorted(parts.items()):
            text = value
            if encoded and place == 0 and value.count("'") > 1:
                charset, _, text = value.split("'", 2)
            raw += unquote_to_bytes(text) if encoded else text.encode()
        joined[base] = charsets.decode_with(raw, charset, guess=False)
    return joined


# As most parts declare themselves, with what is read of that.
_USUAL = {
    value: _read_type(value)
    for value in (
        "text/plain", "text/plain; charset=us-ascii", "text/plain; charset=utf-8", "text/plain; charset=UTF-8",
        'text/plain; charset="us-ascii"', 'text/plain; charset="utf-8"', "text/plain; charset=iso-8859-1", "text/html",
        "message/delivery-status", "message/global-delivery-status", "message/rfc822", "text/rfc822-headers",
    )
}  # fmt: skip
_NAMES = _Names()
