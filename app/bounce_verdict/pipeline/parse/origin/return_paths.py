"""Part of step 2: what an operator's return paths say: whom they carry, and whether they prove that the mail was ours.

A template says how the operator writes them: `bounces+{id}-{local}={domain}@{host}`. Its fields are {id}, {local}, {domain}, {host}, {token}
(an opaque word that only the operator can look up) and {mac}, at least 16 hexadecimal digits of HMAC-SHA256 over the recipient in lower case,
with the id and a space ahead of it where there is one. BATV (draft-levine-smtp-batv-01 §3) signs its day and the address ahead of the tag.
"""

import hmac
import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from bounce_verdict.model import value

Proof = Literal["verp", "batv"]

DAY = 86_400  # seconds
_FIELDS = {
    "id": r"[A-Za-z0-9_.]{1,64}?",
    "local": r"[^\s@<>]{1,64}",
    "domain": r"[A-Za-z0-9.-]{1,253}",
    "host": r"[A-Za-z0-9.-]{1,253}",
    "token": r"[A-Za-z0-9_.-]{1,200}",
    "mac": r"[0-9A-Fa-f]{16,64}",
}
_FIELD = re.compile(r"\{([^{}]*)\}")
_TAG = re.compile(r"prvs=(\d)(\d{3})([0-9A-Fa-f]{6})=(.{1,256}@.{1,253})", re.IGNORECASE)
_MAX_DAYS = 31  # a tag names the day on which it ends; its last three digits come again


class ReturnPath(Struct):
    """What the address says that a report arrived at. carried: the recipient it names; token: the opaque word it holds instead.

    is_false: it has a MAC, and none of the keys made it.
    """

    proof: Proof | None = None
    carried: str | None = None
    token: str | None = None
    is_false: bool = False


NOTHING = ReturnPath()


@value
class ReturnPaths:
    """An operator's templates and keys. Of several keys any may have signed: an old one stays until its mails are through."""

    templates: Sequence[str] = ()
    verp_keys: Sequence[bytes] = ()
    batv_keys: Sequence[bytes] = ()

    def read(self, address: str, seconds: float | None) -> ReturnPath:
        """What `address` says; `seconds` since 1970 is when the report arrived, without which no tag of BATV is verified."""
        for template in self.templates:
            if (found := template_pattern(template).fullmatch(address)) is not None:
                return self._templated(found.groupdict())
        if self.batv_keys and seconds is not None and self._is_tagged(address, int(seconds // DAY)):
            return ReturnPath("batv")
        return NOTHING

    def _templated(self, fields: dict[str, str]) -> ReturnPath:
        if "local" not in fields:
            return ReturnPath(token=fields.get("token") or fields.get("id"))
        recipient = f"{fields['local']}@{fields['domain']}"
        if (mac := fields.get("mac")) is None:
            return ReturnPath(carried=recipient)
        is_ours = any(
            hmac.compare_digest(sign(key, recipient, fields.get("id"))[: len(mac)], mac.lower()) for key in self.verp_keys
        )
        return ReturnPath("verp" if is_ours else None, recipient, is_false=not is_ours)

    def _is_tagged(self, address: str, today: int) -> bool:
        found = _TAG.fullmatch(address)
        if found is None or (int(found[2]) - today) % 1_000 > _MAX_DAYS:
            return False
        signed = f"{found[1]}{found[2]}{found[4]}".encode()
        return any(hmac.compare_digest(hmac.digest(key, signed, "sha1")[:3].hex(), found[3].lower()) for key in self.batv_keys)


def sign(key: bytes, recipient: str, identity: str | None = None) -> str:
    """The MAC of a return path, in hexadecimal: it may be cut to 16 digits or more."""
    signed = recipient.lower() if identity is None else f"{identity} {recipient.lower()}"
    return hmac.digest(key, signed.encode(), "sha256").hex()


def template_pattern(template: str) -> re.Pattern[str]:
    """The template as a pattern. Raises ValueError, which says what is wrong, for one that cannot be read back."""
    if (known := _PATTERNS.get(template)) is None:
        known = _PATTERNS[template] = _compiled(template)
    return known


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _compiled(template: str) -> re.Pattern[str]:
    pieces = _FIELD.split(template)
    names = pieces[1::2]
    if unknown := [name for name in names if name not in _FIELDS]:
        raise ValueError(f"{{{unknown[0]}}} is no field; known are {', '.join(_FIELDS)}")
    if len(set(names)) < len(names):
        raise ValueError("has a field twice")
    if template.count("@") != 1:
        raise ValueError("is no address: it needs one @")
    if ("local" in names) != ("domain" in names) or not {"local", "token", "id"} & set(names):
        raise ValueError("needs {local} and {domain}, or {token}")
    if "mac" in names and "local" not in names:
        raise ValueError("needs {local} and {domain} for its {mac} to sign")
    if not all(pieces[2:-1:2]):
        raise ValueError("needs something between two fields")
    written = [re.escape(piece) if i % 2 == 0 else f"(?P<{piece}>{_FIELDS[piece]})" for i, piece in enumerate(pieces)]
    return re.compile("".join(written), re.IGNORECASE)
