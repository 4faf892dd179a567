"""Step 1, once more: flanker 0.9.11, for encoded words in headers, and for mail that our splitter finds no report in. Nothing else knows it.

flanker reads headers that the standard library gives up on (RFC 2047 words cut in the middle of a character), but it is slow
on large input and raises on damaged mail: what it is given is bounded, what it raises is caught.
"""

import functools
import importlib
import io
import logging
import re
import warnings
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from bounce_verdict.model import DEFAULT_LIMITS, Headers, Limits, OpenedMessage, Part
from bounce_verdict.pipeline.budget import FLANKER, Budget
from bounce_verdict.pipeline.intake import charsets
from bounce_verdict.pipeline.media_types import MESSAGE, WHOLE_MESSAGE

# 200 words would do for any subject; a hostile word may cost flanker a guess at its charset, 1 ms each.
_MAX_VALUE = 8_000
_MAX_WORDS = 100
_MAX_MAIL = 262_144
# What flanker's scanner makes one token of each: blank lines, lines that may be boundaries, Content-Type fields.
_MAX_TOKENS = 2_000
_MAX_PARAMETERS = 8_000  # characters of all of them together: its parameter reader takes quadratic time
_WITH_PARAMETERS = re.compile(
    rb"^content-(?:type|disposition|transfer-encoding):.*+(?:\n[ \t].*+)*+", re.IGNORECASE | re.MULTILINE
)
_HEAD_OF_WORD = re.compile(r"=\?([^?]*+)\?(?=[bBqQ]\?)")
_BASE64_WORD = re.compile(r"(\?[bB]\?)([A-Za-z0-9+/]++)=*+(?=\?=)")
# Wherever a charset is named: a parameter, the head of an encoded word, an extended parameter (RFC 2231 §4).
_CHARSET_NAME = re.compile(r"""(\bcharset\s*+=\s*+["']?|=\?|\*\d*+\*?=(?=[^\s;"'?]++'))([^\s;"'?]++)""", re.IGNORECASE)
# What reports and complaints show whatever became of their structure: their sender, their types, their fields, their subject.
_SIGNS = (
    "daemon", "postmaster", "recipient", "deliver", "feedback-report", "auto-submitted", "return-path: <>",
    "returned", "fail", "notificationtype", "eventtype", "sendgrid",
)  # fmt: skip
_ONE_LINE = str.maketrans("\r\n", "  ")


def decode_words(value: str) -> str:
    """A header's value with its encoded words decoded (RFC 2047), on one line; unchanged where one is damaged beyond reading.

    At most 100 words and 8,000 characters; a longer value stays as it is.
    """
    if "=?" not in value or "?=" not in value or len(value) > _MAX_VALUE or value.count("=?") > _MAX_WORDS:
        return value
    try:
        decoded = _flanker().words.decode(_BASE64_WORD.sub(_whole_groups, _HEAD_OF_WORD.sub(_known_charset, value)))
    except Exception:  # noqa: BLE001  # flanker's own faults are of many kinds; a header is no reason to lose a mail
        return value
    if not isinstance(decoded, str) or ("=?" in decoded and "?=" in decoded):  # gave up midway, its beginning is lost
        return value
    return charsets.repair(decoded).translate(_ONE_LINE)


def speaks_of_delivery(raw: bytes) -> bool:
    """Whether anything in the bytes speaks of delivery: ordinary mail has no report that flanker could find."""
    if len(raw) > _MAX_MAIL:
        return False
    text = raw.decode("latin-1").lower()
    return any(sign in text for sign in _SIGNS)


def reopen_message(raw: bytes, limits: Limits = DEFAULT_LIMITS, budget: Budget | None = None) -> OpenedMessage | None:
    """The message as flanker splits it; None where it is too large for it, costs more than `budget`, or where it gives up."""
    if len(raw) > _MAX_MAIL or (budget is not None and not budget.spend(len(raw) * FLANKER)):
        return None
    data = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if not data or _too_much(data, limits):
        return None
    try:
        text = _CHARSET_NAME.sub(_known_name, charsets.decode(data, None))
        return _opened(_flanker().scanner.scan(text), len(text), 0, limits)
    except Exception:  # noqa: BLE001  # it raises on damaged mail what it likes: KeyError, RecursionError, its own
        return None


def warm_up() -> None:
    """Nothing; flanker and chardet are loaded afterwards (0.2 s, 24 MB), so that no message waits for them."""
    _flanker()
    charsets.decode("Überfülltes Postfach für größere Empfänger".encode("cp1252"), None)


# --- flanker ---------------------------------------------------------------------------------------------------------


class _Flanker(NamedTuple):
    words: Any
    scanner: Any
    headers: Any


@functools.cache
def _flanker() -> _Flanker:
    """The two modules of flanker, imported without a word on stderr and without a file written.

    Its address parser is built by PLY when imported. The tables that 0.9.11 ships fit no signature of Python 3, so PLY would
    build them anew (0.5 s) and write them into site-packages: they are taken as they are, for nobody parses addresses with them.
    """
    log = logging.getLogger("flanker")  # it logs headers that it cannot read: none of the log's business
    log.addHandler(logging.NullHandler())
    log.propagate = False
    yacc: Any = importlib.import_module("ply.yacc")
    build = yacc.yacc
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cgi and imghdr, deprecated in Python 3.11
        yacc.yacc = functools.partial(build, optimize=True, write_tables=False)
        try:
            from flanker.mime.message import scanner  # noqa: PLC0415
            from flanker.mime.message.headers import MimeHeaders, encodedword  # noqa: PLC0415
        finally:
            yacc.yacc = build
    return _Flanker(encodedword, scanner, MimeHeaders)


def _known_charset(match: re.Match[str]) -> str:
    """The head of an encoded word, with a charset that Python has: its own search keeps every name that it is asked for."""
    return f"=?{charsets.known(match[1].partition('*')[0]) or 'utf_8'}?"  # "*en" is a language, RFC 2231 §5


def _known_name(match: re.Match[str]) -> str:
    return match[1] + (charsets.known(match[2].partition("*")[0]) or "utf_8")


def _whole_groups(match: re.Match[str]) -> str:
    """A base64 word without the one letter that is left of a cut group."""
    letters = match[2]
    return match[1] + (letters[:-1] if len(letters) % 4 == 1 else letters)


def _too_much(data: bytes, limits: Limits) -> bool:
    """Whether flanker would take more than about 50 ms for it."""
    if data.count(b"\n\n") + data.count(b"\n--") > _MAX_TOKENS:
        return True
    if len(data.partition(b"\n\n")[0]) > limits.max_header_bytes:
        return True
    return sum(len(match[0]) for match in _WITH_PARAMETERS.finditer(data)) > _MAX_PARAMETERS


# --- flanker's tree → ours -------------------------------------------------------------------------------------------


def _opened(tree: Any, length: int, depth: int, limits: Limits) -> OpenedMessage:  # noqa: ANN401
    """Ours of flanker's, which was made of `length` characters.

    Of a part without an empty line it gives all that follows, other parts and all, as the body: two thousand parts of a mail of
    250 KB would hold 350 MB. What is beyond the mail's own length is left unread.
    """
    parts: list[Part] = []
    for leaf, container, level in islice(_leaves(tree, depth, limits), limits.max_parts):
        parts.append(_part(leaf, container, level, limits))
        length -= len(parts[-1].read_text())
        if length < 0:
            break
    return OpenedMessage(
        headers=_headers(tree.headers, limits),
        content_type=str(tree.content_type.value),
        parameters=_parameters(tree),
        parts=parts,
    )


def _leaves(tree: Any, depth: int, limits: Limits) -> Iterator[tuple[Any, str, int]]:  # noqa: ANN401
    """(leaf, content type of the multipart around it, depth), in order."""
    stack = [(tree, "", depth)]
    while stack:
        entity, container, level = stack.pop()
        if entity.content_type.is_multipart() and level < limits.max_depth:
            stack += [(part, str(entity.content_type.value), level + 1) for part in reversed(entity.parts)]
        else:
            yield entity, container, level


def _part(leaf: Any, container: str, depth: int, limits: Limits) -> Part:  # noqa: ANN401
    content_type = str(leaf.content_type.value)
    text = _body(leaf)[: limits.max_text]
    opener = _Leaf(leaf, content_type, text, limits)
    return Part(content_type, _parameters(leaf), _headers(leaf.headers, limits), text.encode(), container, depth, opener)


class _Leaf(NamedTuple):
    """A leaf of flanker's, opened when it is asked for."""

    leaf: Any
    content_type: str
    read: str
    limits: Limits

    def read_text(self, _part: Part) -> str:
        return self.read

    def read_message(self, part: Part) -> OpenedMessage | None:
        if part.depth >= self.limits.max_depth:
            return None
        try:
            return _enclosed(self.leaf, self.content_type, self.read, part.depth + 1, self.limits)
        except Exception:  # noqa: BLE001  # as above
            return None

    def read_message_headers(self, part: Part) -> Headers | None:
        message = part.read_message()
        return message.headers if message is not None else None


def _enclosed(leaf: Any, content_type: str, text: str, depth: int, limits: Limits) -> OpenedMessage | None:  # noqa: ANN401
    if content_type in WHOLE_MESSAGE and leaf.enclosed is not None:
        return _opened(leaf.enclosed, len(text), depth, limits)
    if content_type in MESSAGE:
        return OpenedMessage(_headers(_flanker().headers.from_stream(io.StringIO(text)), limits), "text/plain", {}, [])
    return None


def _body(leaf: Any) -> str:  # noqa: ANN401
    """The text of a leaf; of an enclosed message its source."""
    body = leaf.enclosed.to_string() if leaf.enclosed is not None else leaf.body
    if body is None:  # header-only parts, and types that it does not know
        body = leaf.to_string().partition("\n\n")[2]
    text = charsets.decode(body, leaf.content_type.params.get("charset")) if isinstance(body, bytes) else charsets.repair(body)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _headers(found: Any, limits: Limits) -> Headers:  # noqa: ANN401
    """Ours of flanker's. It would decode every encoded word of every field: only a subject's and an author's are wanted."""
    fields = []
    for name, given in islice(found.iteritems(raw=True), limits.max_headers):
        text = (
            given
            if isinstance(given, str)
            else "; ".join([str(given[0]), *(f'{key}="{each}"' for key, each in given[1].items())])
        )
        text = decode_words(text) if name in ("Subject", "From") else text
        fields.append((str(name).lower(), charsets.repair(text).translate(_ONE_LINE).strip()))
    return Headers(fields)


def _parameters(entity: Any) -> dict[str, str]:  # noqa: ANN401
    return {str(name): charsets.repair(str(given)) for name, given in entity.content_type.params.items()}
