"""Part of step 2: one way to read an address, wherever a report writes it.

Reports wrap addresses in types ("rfc822;"), brackets, quotes, comments and source routes, encode them (xtext, RFC 3461
§4; utf-8-addr-xtext, RFC 6533 §3) and write a domain in either of two alphabets (RFC 5890). All of it is undone here.
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from bounce_verdict.pipeline.budget import ENCODED_LABEL, UNICODE_NAME, Budget

ENCODED = "xn--"  # what a label of a domain begins with that stands for Unicode (RFC 5890 §2.3.2.1)
_MAX_LABEL = 32  # in ASCII; a longer one costs 30 µs to decode, and nearly no name has one
_MAX_ENCODED_LABELS = 4  # a name with more stays as it is written: no real one has them, and each costs 10 µs
KeyOf = Callable[[str], str]  # `address_key`, or the same with a memory

MAX_ADDRESS = 320  # RFC 3696 erratum 1690 says 254; VERP addresses in the wild are longer than either

_TYPES = re.compile(r"(?:rfc-?822|utf-?8|smtp|x400|unknown|x-[a-z0-9-]{1,40}|mailto)\s{0,5}[;:]\s{0,50}", re.IGNORECASE)
_ROUTE = re.compile(r"@[^:@\s<>]{1,255}+:")  # RFC 5321 appendix C: @a,@b:c@d
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_XTEXT_SURE = re.compile(r"\+(2B|3D)")
_LOCAL = r"""(?:"[^"\\\n]{1,64}"|[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u0080-\U0010ffff]{1,256}+)"""
_DOMAIN = r"(?:[A-Za-z0-9\-._\u0080-\U0010ffff]{1,255}+|\[[0-9A-Fa-f:.]{2,45}\])"
_ANYWHERE = re.compile(rf"(?<![A-Za-z0-9!#$%&*+/=?^_`{{|}}~.\-\u0080-\U0010ffff]){_LOCAL}@{_DOMAIN}")
# What stands between ASCII and words of a script without spaces: punctuation of full width, and the border of an address in ASCII.
_EASTERN = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_WITHOUT_SPACES = re.compile(
    rf"[\u3000-\u303f\uff00-\uff65]|(?<=[{_EASTERN}])(?=[A-Za-z0-9._%+-]{{1,64}}@[A-Za-z0-9.-]{{1,255}}\.[a-z]{{2,24}}(?![A-Za-z0-9-]))"
    rf"|(?<=\.[a-z]{{2}})(?=[{_EASTERN}])|(?<=\.[a-z]{{3}})(?=[{_EASTERN}])"
)
_BARE = re.compile(r"[^\s@<>;:,]++(?:@[^\s@<>;:,]++)?")
# An address as nearly every report writes it, without anything to undo: "rfc822; ana@example.org", "<ana@example.org>"
_SIMPLE = r"([A-Za-z0-9._+'-]{1,64}+@[A-Za-z0-9-]{1,63}+(?:\.[A-Za-z0-9-]{1,63}+){1,10}+)"
_USUAL = re.compile(rf"(?:rfc822;|RFC822;)?+ ?+<?+{_SIMPLE}>?+ ?+")
_NAMED = re.compile(rf"[^<>]{{0,200}}+<{_SIMPLE}>")
_ALONE = re.compile(rf"<?+{_SIMPLE}>?+")
_WHOLE = re.compile(rf"({_LOCAL})@({_DOMAIN})")


def clean_address(raw: str, *, bare: bool = False) -> str | None:
    """The plain address in a field's value or a word of text; None where there is none.

    bare: also accept a local part alone, as local mailers write it ("Final-Recipient: rfc822; root"), and a name that is
    no host's behind the at sign ("ana@#example.org"): a report names what was given, not what may be.
    """
    if not raw or raw == "<>":
        return None
    if "+" in raw and _XTEXT_SURE.search(raw) is not None:
        return _clean_odd(raw, bare=bare)
    if (usual := _USUAL.fullmatch(raw, 0, MAX_ADDRESS)) is not None:
        return _if_plausible(usual[1])
    if raw[-1] == ">" and len(raw) <= MAX_ADDRESS and (named := _NAMED.fullmatch(raw)) is not None:
        return _if_plausible(named[1])
    return _clean_odd(raw, bare=bare)


def _clean_odd(raw: str, *, bare: bool) -> str | None:
    """`clean_address` of any other writing."""
    text = _decode(_unwrap(raw[: 4 * MAX_ADDRESS]))
    found = _WHOLE.fullmatch(text)
    if found is None:
        found = _WHOLE.fullmatch(_full_xtext(text)) or _ANYWHERE.search(text)
    if found is not None:
        return _plausible(found.group())
    word = text.strip()
    return word if bare and word and len(word) <= MAX_ADDRESS and _BARE.fullmatch(word) else None


def find_addresses(text: str) -> list[str]:
    """Every address in a line of text, in order, each once.

    Chinese and Japanese leave no space around an address: `收件人：ana@example.org不存在`.
    """
    if "@" not in text:
        return []
    if (alone := _ALONE.fullmatch(text, 0, MAX_ADDRESS)) is not None:
        address = _if_plausible(alone[1])
        return [address] if address else []
    text = text[:2_000]
    if not text.isascii():
        text = _WITHOUT_SPACES.sub(" ", text)
    found = (_plausible(match.group()) for match in _ANYWHERE.finditer(text))
    return list(dict.fromkeys(address for address in found if address))


def address_key(address: str) -> str:
    """The form two spellings of one address share: case folded, the domain in Unicode (RFC 5890), no final dot.

    The local part is folded too: chasquid 1.11 lower-cases it, and no report tells two mailboxes apart by case.
    """
    lower = address.lower()
    if lower.isascii() and ENCODED not in lower:
        return lower.rstrip(".") if "@" in lower else lower
    local, at, domain = address.rpartition("@")
    if not at:
        return address.casefold()
    return f"{local.casefold()}@{fold_domain(domain)}"


class _Keys(dict[str, str]):
    """The keys of addresses, each made when it is first asked for."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._folded: dict[str, str] = {}  # domains that are not plain, of which most mails have few

    def __missing__(self, address: str) -> str:
        local, at, domain = address.rpartition("@")
        if not at or (address.isascii() and ENCODED not in address.lower()):
            key = address_key(address)
        else:
            key = f"{local.casefold()}@{self._fold(domain)}"
        self[address] = key
        return key

    def _fold(self, domain: str) -> str:
        folded = self._folded.get(domain)
        if folded is None:
            cost = len(domain) * UNICODE_NAME + domain.lower().count(ENCODED) * ENCODED_LABEL
            folded = self._folded[domain] = fold_domain(domain) if self._budget.spend(cost) else domain.lower()
        return folded


def keys_of_message(budget: Budget) -> KeyOf:
    """`address_key` for one message, whose addresses are compared again and again: each is folded once, and names in Unicode are paid for.

    Beyond the budget a domain stands as it is written; then nobody is judged.
    """
    return _Keys(budget).__getitem__


def fold_domain(domain: str) -> str:
    """A domain's name as people read it (RFC 5890 §2.3.2.1), case folded, no final dot; a label as written where it is no valid one.

    Python's codec for whole names checks them character by character, 60 µs for a name and 3 ms for one made to hurt it.
    """
    domain = domain.casefold().rstrip(".")
    if domain.isascii() and ENCODED not in domain:
        return domain
    name = unicodedata.normalize("NFC", domain).replace("\u3002", ".")
    if not 0 < domain.count(ENCODED) <= _MAX_ENCODED_LABELS:
        return name
    return ".".join(
        _label_in_unicode(label) if label.startswith(ENCODED) and len(label) <= _MAX_LABEL else label for label in name.split(".")
    )


@lru_cache(maxsize=1_024)  # a mail's addresses share a few domains
def _label_in_unicode(label: str) -> str:
    with suppress(UnicodeError, OverflowError, ValueError):
        return unicodedata.normalize("NFC", label.removeprefix(ENCODED).encode("ascii").decode("punycode")).casefold()
    return label


def domain_of(address: str) -> str:
    """The domain, folded; "" where the address has none."""
    return address_key(address).rpartition("@")[2] if "@" in address else ""


def _unwrap(raw: str) -> str:
    """Undo types, brackets, quotes, routes and comments around an address."""
    text = raw.strip()
    while (typed := _TYPES.match(text)) is not None:
        text = text[typed.end() :].lstrip()
    if "<" in text and ">" in text[text.index("<") :]:
        inside = text[text.index("<") + 1 :]
        text = inside[: inside.index(">")] or text
    text = text.strip(" \t\r\n;,")
    if text[:1] in ("'", '"') and text[1:-1] and text[-1] == text[0]:
        text = text[1:-1].strip()
    while (route := _ROUTE.match(text.removeprefix(","))) is not None:
        text = text.removeprefix(",")[route.end() :]
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    while (typed := _TYPES.match(text)) is not None:
        text = text[typed.end() :].lstrip()
    return text


def _decode(text: str) -> str:
    r"""Undo \x{HEX} (RFC 6533 §3) and the two xtext escapes that cannot be part of a plus tag by chance (RFC 3461 §4)."""
    text = _EMBEDDED.sub(lambda found: _character(found.group(1)), text)
    return _XTEXT_SURE.sub(lambda found: chr(int(found.group(1), 16)), text)


def _full_xtext(text: str) -> str:
    """All xtext undone: only tried where the value is no address otherwise (`user+40example.org`)."""
    return _XTEXT.sub(lambda found: _character(found.group(1)), text)


def _character(digits: str) -> str:
    try:
        made = chr(int(digits, 16))
    except (ValueError, OverflowError):
        return "?"
    return made if made.isprintable() else "?"  # no control characters, no lone surrogates


def _if_plausible(simple: str) -> str | None:
    """What `_plausible` gives for an address that `_SIMPLE` matched: only its edges can be wrong."""
    return _plausible(simple) if simple[-1] == "-" or simple[0] == "'" or "@-" in simple else simple


def _plausible(address: str) -> str | None:
    """The address without stray punctuation, if both halves can be real."""
    local, _, domain = address.rpartition("@")
    domain = domain.rstrip(".-_")
    local = local.lstrip("'") if local.startswith("'") else local
    if not local or not domain or len(local) + len(domain) >= MAX_ADDRESS or ".." in domain or domain.startswith((".", "-")):
        return None
    return f"{local}@{domain}"
