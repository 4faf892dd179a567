"""A source's time → RFC 3339 in UTC. A time without a zone says nothing, unless the source documents which zone it means."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MILLISECONDS, _MICROSECONDS = 1e11, 1e14  # seconds reach the first of them in the year 5138
_MAX_LENGTH = 64


def rfc3339(value: object, *, naive_is_utc: bool = False) -> str | None:
    """`value` as "2026-11-29T09:15:00Z", with its fraction where it has one; None where it is no time.

    Read are seconds, milliseconds and microseconds since 1970, as a number or a string, ISO 8601 and RFC 5322.
    """
    if isinstance(value, str):
        return _written(value.strip()[:_MAX_LENGTH], naive_is_utc=naive_is_utc)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _since_1970(value)
    return None


def first(*values: str | None) -> str | None:
    """The first time that could be read."""
    return next((value for value in values if value), None)


def _since_1970(number: float) -> str | None:
    if not 0 < number < 1e17:  # noqa: PLR2004
        return None  # also not a number
    if number >= _MICROSECONDS:
        number /= 1e6
    elif number >= _MILLISECONDS:
        number /= 1e3
    try:
        return _shown(datetime.fromtimestamp(number, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _written(text: str, *, naive_is_utc: bool) -> str | None:
    if text[:1].isdigit() and text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit():
        return _since_1970(float(text))
    moment = _parsed(text)
    if moment is None or (moment.tzinfo is None and not naive_is_utc):
        return None
    try:
        return _shown(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace(" UTC", "+00:00"))
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _shown(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
