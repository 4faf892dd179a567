"""What a caller or operator may meet, each with the place, the thing and what was expected.

BounceError
├── InputError      what a caller sent; `.field` names it, `.limit` the limit that it exceeds
├── RulebookError   a file under rules/; `.path`, `.line`
├── SettingsError   a BOUNCES_* setting
└── ServiceError    what a service answered, or that it did not; `.status`, `.problem`
"""

from collections.abc import Mapping
from typing import Any


class BounceError(Exception):
    """Base of every error that this project raises on purpose."""


class InputError(BounceError):
    """A caller's input cannot be used. `field` is the JSON path, header, parameter or argument at fault.

    limit: the name and value of the limit that it exceeds, as in `max_body 10485760`; None for any other fault.
    """

    def __init__(self, field: str, message: str, limit: str | None = None) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.limit = limit


class RulebookError(BounceError):
    """A rules file cannot be used. `line` counts from 1; 0 where the file as a whole is meant."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


class SettingsError(BounceError):
    """A setting is missing or wrong; the message names the variable and what it takes."""


class ServiceError(BounceError):
    """A service refused a request, or did not answer it. `status` is the HTTP status, None where no answer came.

    problem: the problem document (RFC 9457), decoded; empty where the answer held none.
    """

    def __init__(self, message: str, status: int | None = None, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem: Mapping[str, Any] = problem or {}
