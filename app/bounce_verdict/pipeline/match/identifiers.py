"""Words inside URLs, mail addresses and host names are no text: "postmaster" in a help link accuses nobody.

The rules that everybody's replies are judged by see such words only by their shape. A provider's own rules see the whole text, for
they may key on a link (`support.google.com/mail/?p=NoSuchUser`); so do the operator's.
"""

import re

_TOKEN = re.compile(r"(?:https?|ftp|mailto):[^\s<>\"]{1,2000}|[^\s<>()\[\]\",;:'’|]{1,2000}")
_LETTERS = re.compile(r"[^\W\d_]")
_SCHEMES = ("http:", "https:", "ftp:", "mailto:")
_LABEL = re.compile(r"[\w-]{1,63}", re.ASCII)
# Of two labels only these are a host or a file: "unknown.Please" is the end of a sentence.
_ENDINGS = frozenset({
    "com", "net", "org", "edu", "gov", "mil", "info", "biz", "example", "test", "local", "exe", "zip", "pdf", "doc",
    "de", "fr", "uk", "nl", "be", "ch", "at", "pl", "cz", "ru", "ua", "jp", "cn", "br", "eu", "se", "dk", "fi", "es", "pt", "io",
})  # fmt: skip
_MIN_LABELS = 3  # of a host whose last label is none of these


def in_identifier(text: str, start: int, end: int) -> bool:
    """Whether what stands from `start` to `end` begins or ends inside an identifier that holds more than that."""
    first, last = text.rfind(" ", 0, start) + 1, text.find(" ", end)
    around = text[first : last if last >= 0 else len(text)].rstrip(".:")  # nearly always plain words, which is soon seen
    if "." not in around and "@" not in around and ":" not in around:
        return False
    return _is_inside(text, start) or _is_inside(text, end - 1)


def without_identifiers(text: str) -> str:
    """`text`, as long as it was, with every letter of an identifier an x: what follows from its shape still follows."""
    return _TOKEN.sub(_mask, text)


def mask(text: str) -> str:
    """`text` with every letter an x."""
    return _LETTERS.sub("x", text)


def _is_inside(text: str, place: int) -> bool:
    if text[place : place + 1] in " <>()[]\",;'’|":
        return False
    start, end = text.rfind(" ", 0, place) + 1, text.find(" ", place)
    word = text[start : end if end >= 0 else len(text)]
    if not ("." in word or ":" in word or "@" in word):
        return False
    return any(found.start() <= place - start < found.end() and _is_identifier(found[0]) for found in _TOKEN.finditer(word))


def _mask(found: re.Match[str]) -> str:
    token = found[0]
    if not _is_identifier(token):
        return token
    if token.lower().startswith(_SCHEMES):
        scheme, colon, rest = token.partition(":")
        return f"{scheme}{colon}{mask(rest)}"
    return mask(token)


def _is_identifier(token: str) -> bool:
    """Whether it is a URL, an address or the name of a host or file. RESOLVER.ADR.RecipientNotFound is a program's name for a cause."""
    lower = token.lower()
    if lower.startswith((*_SCHEMES, "www.")):
        return True
    if "@" in token[1:]:
        return True
    labels = token.strip(".!?").partition("/")[0].split(".")
    if len(labels) == 1 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return False
    return (len(labels) >= _MIN_LABELS and not labels[0].isupper()) or labels[-1] in _ENDINGS
