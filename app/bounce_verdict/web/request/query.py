"""A request's query parameters."""

import re

from starlette.datastructures import QueryParams
from starlette.types import Scope

from bounce_verdict.errors import InputError


def query(scope: Scope, *allowed: str) -> dict[str, str]:
    """The query's parameters. Raises InputError for one that is not `allowed`, or given twice."""
    found: dict[str, str] = {}
    if not scope["query_string"]:
        return found
    for name, text in QueryParams(scope["query_string"]).multi_items():
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
