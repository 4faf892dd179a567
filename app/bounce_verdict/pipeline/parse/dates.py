"""Part of step 2: the dates of reports, as ISO 8601 in UTC."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Dates as nearly every program writes them: Sat, 21 Nov 2026 09:58:10 +0000 (UTC)
_USUAL_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, {1,2})?([0-3]?[0-9]) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([12][0-9]{3})"
    r" ([0-2][0-9]:[0-5][0-9]:[0-5][0-9]) ([+-](?:0[0-9]|1[0-4])[0-5][0-9]|GMT|UTC)(?: \([A-Z]{1,5}\))?"
)
_MONTHS = dict(
    zip(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        map("{:02}".format, range(1, 13)),
        strict=True,
    )
)
_UTC = frozenset({"+0000", "-0000", "GMT", "UTC"})


def read_date(raw: str) -> str | None:
    """An RFC 5322 date as ISO 8601 in UTC; None where it is none."""
    if not raw:
        return None
    if (usual := _USUAL_DATE.fullmatch(raw)) is not None:
        return _usual_date(*usual.groups())
    try:
        moment = parsedate_to_datetime(raw[:120].strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _usual_date(day: str, month: str, year: str, time: str, zone: str) -> str | None:
    local = f"{year}-{_MONTHS[month]}-{day:0>2}T{time}"
    try:
        if zone in _UTC:
            datetime.fromisoformat(local)
            return f"{local}Z"
        moment = datetime.fromisoformat(f"{local}{zone[:3]}:{zone[3:]}")
    except ValueError:  # the 31st of June
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:-6] + "Z"
