"""Part of step 2: addresses that carry another one: VERP (cr.yp.to/proto/verp.txt), BATV (draft-levine-smtp-batv), SRS.

A return path written by VERP names the recipient that the sender used, whatever forwarding did afterwards. BATV and SRS
rewrite an address for other ends; that is undone first. Only the shapes below are read, and only a plausible address
comes out: a guess here would put a stranger's address on a suppression list.
"""

import re
from collections.abc import Collection
from typing import Literal

from msgspec import Struct

from bounce_verdict.pipeline.parse.addresses import KeyOf, address_key, clean_address

Scheme = Literal["verp", "batv", "srs"]

# prvs=KDDDSSSSSS=local@domain; the tag stands behind the local part in the older draft.
_BATV = re.compile(r"(?:prvs|btv1)=([0-9a-z]{4,20})=(.{1,256})", re.IGNORECASE)
_BATV_OLD = re.compile(r"(?:prvs|btv1)=(.{1,256})/([0-9a-z]{4,20})", re.IGNORECASE)
_SRS0 = re.compile(r"SRS0[=+-]([^=+]{2,24})[=+]([^=+]{1,6})[=+]([A-Za-z0-9.-]{3,253})[=+](.{1,256})", re.IGNORECASE)
_SRS1 = re.compile(r"SRS1[=+-]([^=+]{2,24})[=+]([A-Za-z0-9.-]{3,253})[=+]{2}(.{1,300})", re.IGNORECASE)
_PREFIXES = ("pr", "bt", "sr")  # what the patterns above begin with
_LABEL = re.compile(r"[a-z0-9-]{1,63}", re.IGNORECASE)
# What stands ahead of the recipient: ezmlm's name-return-NUMBER-, and what senders write in its manner.
_LEAD = re.compile(r"(?:[a-z0-9._]{1,64}-)?(?:returns?|bounces?|errors?|owner)(?:-[a-z]{0,3}\d{1,20}){0,4}-", re.IGNORECASE)
_TOKEN = re.compile(r"(?:\d{1,20}|[0-9a-f]{4,40})-", re.IGNORECASE)  # {id}- of bounces+{id}-{local}={domain}


class Rewritten(Struct):
    """An address that was rewritten. original: what it was before; scheme: what it was rewritten by last."""

    original: str
    scheme: Scheme


def may_carry(text: str) -> bool:
    """Whether an address in the text can carry another one: each of the shapes below holds one of these signs."""
    return "=" in text or "srs" in text.lower()


def read_verp(envelope_to: str, known: Collection[str] = (), key_of: KeyOf = address_key) -> str | None:
    """The recipient that a return path carries, None where it carries none, or where it cannot be told apart.

    known: addresses that the report names; where one of them is what the return path can mean, it is that one.
    """
    rewritten = undo_rewriting(envelope_to)
    local, at, _ = (rewritten.original if rewritten else envelope_to).rpartition("@")
    front, _, domain = local.rpartition("=")
    if not at or not front or not _is_domain(domain):
        return None
    keys = set(map(key_of, known))
    for cut in re.finditer(r"[-+]", front):
        address = _address(front[cut.end() :], domain)
        if address is not None and key_of(address) in keys:
            return address
    return _address(_user(front), domain)


def undo_rewriting(address: str) -> Rewritten | None:
    """The address ahead of BATV or SRS (up to three of them, one on another); None where it is rewritten by neither."""
    scheme: Scheme | None = None
    for _ in range(3):
        inner = _undo_once(address)
        if inner is None:
            break
        address, scheme = inner.original, scheme or inner.scheme
    return Rewritten(address, scheme) if scheme is not None else None


def _undo_once(address: str) -> Rewritten | None:
    local, at, domain = address.rpartition("@")
    if not at or address[:2].lower() not in _PREFIXES:
        return None
    if (batv := _BATV.fullmatch(local)) is not None and any(sign.isdigit() for sign in batv.group(1)):
        return _rewritten(f"{batv.group(2)}@{domain}", "batv")
    if (batv := _BATV_OLD.fullmatch(local)) is not None:
        return _rewritten(f"{batv.group(1)}@{domain}", "batv")
    if (srs := _SRS0.fullmatch(local)) is not None:
        return _rewritten(f"{srs.group(4)}@{srs.group(3)}", "srs")
    if (srs := _SRS1.fullmatch(local)) is not None:
        inner = _SRS0.fullmatch(f"SRS0={srs.group(3)}")
        return _rewritten(f"{inner.group(4)}@{inner.group(3)}", "srs") if inner is not None else None
    return None


def _rewritten(address: str, scheme: Scheme) -> Rewritten | None:
    clean = clean_address(address)
    return Rewritten(clean, scheme) if clean is not None and _is_domain(clean.rpartition("@")[2]) else None


def _user(front: str) -> str:
    """What stands for the recipient's local part in `name+user`, `name-user` and `bounces+{id}-{local}`; "" where unsure."""
    name, plus, user = front.partition("+")
    if plus:
        while name.lower() in {"bounce", "bounces"} and (token := _TOKEN.match(user)) is not None:
            user = user[token.end() :]
        return user
    if (lead := _LEAD.match(front)) is not None:
        return front[lead.end() :]
    name, _, user = front.partition("-")
    return user if "-" not in user else ""


def _address(user: str, domain: str) -> str | None:
    clean = clean_address(f"{user}@{domain}") if user else None
    return clean if clean is not None and clean.rpartition("@")[0] == user else None


def _is_domain(text: str) -> bool:
    """Whether it can be a mail domain: two labels or more, and no number at the end (an address, a version, a price)."""
    labels = text.split(".")
    return len(labels) > 1 and labels[-1][:1].isalpha() and all(_LABEL.fullmatch(label) for label in labels)
