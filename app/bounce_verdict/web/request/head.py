"""A request's head, read from the scope as it came: header fields, which Starlette's Headers decodes anew for every look, and query."""

import re
from urllib.parse import parse_qsl

from starlette.types import Scope

from bounce_verdict.contract.requests import MAX_ADDRESS
from bounce_verdict.errors import InputError

_FIELDS = "bounces.fields"  # in a request's scope


def fields_of(scope: Scope) -> dict[bytes, bytes]:
    """The fields by name (lower case), of one given twice the first; made once for each request."""
    fields: dict[bytes, bytes] | None = scope.get(_FIELDS)
    if fields is None:
        fields = scope[_FIELDS] = dict(reversed(scope["headers"]))
    return fields


def each(scope: Scope, name: bytes) -> list[bytes]:
    """Every field of that name, in order."""
    return [text for key, text in scope["headers"] if key == name]


def declared_length(scope: Scope) -> int | None:
    """The body's bytes as declared; None for a chunked one."""
    text = fields_of(scope).get(b"content-length")
    return int(text[:20]) if text is not None and text.isdigit() else None


def address(scope: Scope, name: str) -> str | None:
    """A header that carries an address; UTF-8 is allowed (RFC 6531). Raises InputError where it is too long or given twice."""
    key = name.lower().encode()
    if key not in fields_of(scope):
        return None
    found = each(scope, key)
    if len(found) > 1:
        raise InputError(name, "is given twice")
    if len(found[0]) > MAX_ADDRESS:
        raise InputError(name, f"is longer than {MAX_ADDRESS} bytes")
    return found[0].decode("utf-8", "replace").strip()


def query(scope: Scope, *allowed: str) -> dict[str, str]:
    """The query's parameters. Raises InputError for one that is not `allowed`, or given twice."""
    found: dict[str, str] = {}
    if not scope["query_string"]:
        return found
    for name, text in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        if name not in allowed:
            takes = f"this path takes {', '.join(allowed)}" if allowed else "this request takes none"
            raise InputError(_quotable(name, "query"), f"is not a parameter here; {takes}")
        if name in found:
            raise InputError(name, "is given twice")
        found[name] = text
    return found


def _quotable(name: str, otherwise: str) -> str:
    """A parameter's name where it is a plain word; any other may be anything."""
    return name if re.fullmatch(r"[A-Za-z_]\w{0,39}", name, re.ASCII) else otherwise
