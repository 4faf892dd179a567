"""Who may call what: keys, their scopes, and what is open to all.

A key is `bounces_` and 256 random bits, so that one round of SHA-256 keeps it safe; only the hash is stored. Keys are in force
as soon as one is configured. Without any, a service that listens beyond this machine starts only where the operator says so
(BOUNCES_ALLOW_ANONYMOUS); then keys of the scope admin alone leave everything else open.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Literal, get_args

from bounce_verdict.errors import InputError, SettingsError
from bounce_verdict.model import value
from bounce_verdict.response import Problem, problem
from bounce_verdict.settings import PREFIX, Settings

Scope = Literal["classify", "webhooks", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
Needed = Scope | Literal["any", "nothing"]
Headers = Mapping[bytes, bytes]  # names in lower case; of one given twice the first

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CHALLENGE = 'Bearer realm="bounces"'

FIXED_PATHS: dict[str, Needed] = {
    "/v1/classify/reply": "classify",
    "/v1/classify/message": "classify",
    "/v1/classify/batch": "classify",
    "/livez": "nothing",
    "/readyz": "nothing",
    "/openapi.json": "nothing",
    "/docs": "nothing",
    "/": "nothing",
    "/v1/rules/check": "admin",
    "/metrics": "admin",
}
# A webhook is admitted by its signature, or by a key of scope webhooks that its sender was given: web/webhooks/senders.py.
_BELOW: tuple[tuple[str, Needed], ...] = (
    ("/assets/", "nothing"),
    ("/v1/webhooks/", "nothing"),
    ("/v1/admin/", "admin"),
    ("/v1/classify/", "classify"),
)

# What a proxy adds: with any of these, or with any X-Forwarded-…, a loopback peer is a proxy, and not the operator.
_PROXY_HEADERS = (b"forwarded", b"via", b"x-real-ip", b"x-forwarded-")


@value
class Key:
    """One key as stored."""

    name: str
    scopes: frozenset[str]
    digest: bytes


@value
class Denied:
    """Why a request is not served, and the challenge that goes with it (RFC 6750 §3)."""

    why: Literal["unauthorized", "forbidden"]
    document: Problem
    challenge: str


class Keyring:
    """The keys of one service. anonymous: whoever reaches it may classify, unless a key for that is configured."""

    def __init__(self, keys: Sequence[Key], *, anonymous: bool = False) -> None:
        self.keys = keys
        self._open = not keys or (anonymous and all(key.scopes == {"admin"} for key in keys))
        self._metrics_open = anonymous and self._open

    def admit(self, method: str, path: str, headers: Headers, peer: str | None) -> str | Denied | None:
        """The name of the caller's key, None where none is needed, or why the request is not served.

        path: the template of the route that takes the request. peer: the address that the connection comes from.
        """
        needed = needed_for(method, path)
        if needed == "nothing" or (self._open and needed != "admin"):
            return None
        if needed == "admin" and (is_local(peer, headers) or (path == "/metrics" and self._metrics_open)):
            return None
        given = _given(headers)
        if given is None:
            document = problem(401, f"This needs a key{_of(needed)}: Authorization: Bearer, or X-API-Key.")
            return Denied("unauthorized", document, _CHALLENGE)
        key = self._find(given)
        if key is None:
            return Denied(
                "unauthorized", problem(401, "There is no such key.", kind="key-unknown"), f'{_CHALLENGE}, error="invalid_token"'
            )
        if needed != "any" and needed not in key.scopes:
            document = problem(403, f"This needs a key{_of(needed)}; this one has {', '.join(sorted(key.scopes))}.")
            return Denied("forbidden", document, f'{_CHALLENGE}, error="insufficient_scope", scope="{needed}"')
        return key.name

    def has(self, scope: Scope) -> bool:
        """Whether any key has that scope."""
        return any(scope in key.scopes for key in self.keys)

    def name_of(self, secret: bytes, scope: Scope) -> str | None:
        """The name of the key that `secret` opens; None where there is none, or where it lacks the scope."""
        key = self._find(secret)
        return key.name if key is not None and scope in key.scopes else None

    def _find(self, secret: bytes) -> Key | None:
        """The key that `secret` opens. Every one is compared, each in constant time."""
        digest = hashlib.sha256(secret).digest()
        found = None
        for key in self.keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found


def open_keyring(settings: Settings) -> Keyring:
    """The keys that the settings name. Raises SettingsError for a wrong one, and where a key is needed and there is none."""
    keys = read_keys((place, key) for place, line in settings.key_lines("keys") for key in _split(place, line))
    if not keys and not _is_loopback(settings.host) and not settings.allow_anonymous:
        raise SettingsError(
            f"BOUNCES_HOST: {settings.host} can be reached from elsewhere and there are no keys; set BOUNCES_KEYS or "
            "BOUNCES_KEYS_FILE (`bounces key new NAME` makes one), or BOUNCES_ALLOW_ANONYMOUS=1"
        )
    return Keyring(keys, anonymous=settings.allow_anonymous)


def read_keys(lines: Iterable[tuple[str, str]]) -> list[Key]:
    """The keys in (place, "name:scopes:sha256") pairs. Raises SettingsError naming the place, never quoting the line."""
    keys: dict[str, Key] = {}
    for place, line in lines:
        name, _, rest = line.partition(":")
        scopes, _, digest = rest.partition(":")
        if not _NAME.fullmatch(name) or not _HASH.fullmatch(digest):
            raise SettingsError(f"{place}: a key is name:scopes:sha256, as `bounces key new` prints it; this is none")
        wrong = [scope for scope in scopes.split("+") if scope not in SCOPES]
        if wrong:
            raise SettingsError(f"{place}: key {name}: scopes are {', '.join(SCOPES)}, joined by +")
        if name in keys:
            raise SettingsError(f"{place}: key {name} is there twice")
        keys[name] = Key(name, frozenset(scopes.split("+")), bytes.fromhex(digest))
    return list(keys.values())


def new_key(name: str, scopes: Sequence[str]) -> tuple[str, str]:
    """A new secret, and the line to store for it. Raises InputError for a name or scope that cannot be."""
    if not _NAME.fullmatch(name):
        raise InputError("name", "must be 1 to 40 lower-case letters, digits, - and _, the first a letter or digit")
    if not set(scopes) <= set(SCOPES):
        raise InputError("scope", f"must be one of {', '.join(SCOPES)}")
    secret = f"bounces_{secrets.token_urlsafe(32)}"
    line = f"{name}:{'+'.join(scopes)}:{hashlib.sha256(secret.encode()).hexdigest()}"
    return secret, line


def needed_for(method: str, path: str) -> Needed:
    """The scope that a request needs. The page's form, POST /, classifies."""
    if path in FIXED_PATHS:
        return "classify" if path == "/" and method == "POST" else FIXED_PATHS[path]
    return next((needed for prefix, needed in _BELOW if path.startswith(prefix)), "any")


def _split(place: str, line: str) -> list[str]:
    """The keys in a line of the file, where `#` begins a comment, or in a word of the setting, where a comment could hide further keys."""
    bare = line if place == f"{PREFIX}KEYS" else line.partition("#")[0]
    return bare.replace(",", " ").split()


def _given(fields: Headers) -> bytes | None:
    """The secret that the request carries: a bearer token (RFC 6750 §2.1; the scheme in any case), else X-API-Key."""
    text = fields.get(b"authorization")
    if text is not None and text[:7].lower() == b"bearer ":
        return text[7:].strip()
    return fields.get(b"x-api-key")


def _of(needed: Needed) -> str:
    return "" if needed == "any" else f" of scope {needed}"


def is_local(peer: str | None, fields: Headers) -> bool:
    """Whether the request comes from this machine itself: not through a proxy on it, nor from a page in its browser.

    A page elsewhere may be served under a name that its DNS points to 127.0.0.1, so that the browser takes us for its own site
    (DNS rebinding); then Host is that name.
    """
    if peer is None or not _is_loopback(peer):
        return False
    host = fields.get(b"host", b"")
    origin = fields.get(b"origin")
    return (
        _is_loopback(_without_port(host.decode("latin-1")))
        and (origin is None or origin.partition(b"://")[2] == host)
        and fields.get(b"sec-fetch-site", b"none") in {b"same-origin", b"none"}
        and not any(name.startswith(_PROXY_HEADERS) for name in fields)
    )


def _without_port(host: str) -> str:
    """The host of a Host field (RFC 9110 §7.2); an IPv6 address stands in brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
