"""What stands ahead of a log's message: the time, the host and the program, as syslog, journald, docker and files write them.

Nothing but the beginning of a line is taken for a prefix, and one program at most: what a line quotes (a Subject, a HELO name) is
whoever wrote it's, and must not pass for a line of its own.
"""

import re
from typing import Any

import msgspec
from msgspec import Struct

from bounce_verdict.webhooks.times import rfc3339

_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?+(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?+"
_RFC3164 = r"[A-Z][a-z]{2} [ \d]?\d(?: \d{4})?+ \d\d:\d\d:\d\d(?:\.\d{1,9})?+(?: \d{4})?+"
_STAMP = re.compile(
    rf"(?:(?P<iso>{_ISO})|{_RFC3164}|\[(?P<bracketed>{_ISO})\]"
    r"|(?P<tai>@4[0-9a-f]{15,23})"  # multilog, TAI64N
    r"|(?P<unix>\d{9,10}\.\d{3,9})"  # splogger; journalctl -o short-unix
    r"|[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]{1,5}"  # journalctl -o short-full
    r") ++"
)
_PRIORITY = re.compile(r"<\d{1,3}>(?!1 )")  # RFC 3164 §4.1.1
_RFC5424 = re.compile(
    r"<\d{1,3}>1 (?P<stamp>\S{1,64}) \S{1,255} (?P<program>\S{1,64}) \S{1,128} \S{1,32} "
    r'(?:-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*+")*+\])++) ?+\ufeff?'
)
_COMPOSE = re.compile(r"[\w.-]{1,128}+ *+\| ")  # docker-compose logs
_KUBERNETES = re.compile(r"(?:stdout|stderr) [FP] ")  # behind the time
_SOLARIS = r"(?:\[ID \d{1,10} [\w.]{1,40}\] )?+"
_OF_HOST = re.compile(  # BSD's syslogd -v and busybox name facility and level
    r"(?:[\w.:%-]{1,255}+(?<!:) )(?:<?[a-z0-9]{2,10}\.[a-z]{3,8}>? )?(?P<program>[A-Za-z_][\w./-]{0,63}+)(?:\[\d{1,10}\])?: "
    + _SOLARIS
)
_BARE_PROGRAM = re.compile(r"(?P<program>[A-Za-z_][\w./-]{0,63}+)\[\d{1,10}\]: " + _SOLARIS)
_NAMED_PROGRAM = re.compile(r"(?P<program>(?=[a-z.-]{1,32}/)[\w./-]{1,64}+): ")  # "postfix/smtp: "
_TAI_EPOCH = 2**62 + 10  # tai64nlocal (daemontools 0.76) counts ten leap seconds, as its clock did
_MAX_PREFIXES = 4
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class LogLine(Struct):
    """One line. text: the message. program: who wrote it, "" where the line does not tell. stamp: a time with year and zone, as written."""

    text: str
    program: str = ""
    stamp: object = ""

    def moment(self) -> str | None:
        """When it was written (RFC 3339), None where the line does not tell year and zone."""
        stamp = self.stamp
        if isinstance(stamp, str) and stamp[:1] == "@":
            seconds = int(stamp[1:17], 16) - _TAI_EPOCH
            return rfc3339(seconds) if seconds > 0 else None
        return rfc3339(stamp.replace(",", ".") if isinstance(stamp, str) else stamp) if stamp else None


def read_prefix(line: str) -> LogLine:
    """The line's message, and what stands ahead of it."""
    if line[:1] == "{":
        return _in_json(line)
    found, at = LogLine(line), 0
    if line[:1] == "<" and (syslog := _RFC5424.match(line)) is not None:
        found.stamp, found.program, at = syslog["stamp"], syslog["program"], syslog.end()
    elif (priority := _PRIORITY.match(line)) is not None:
        at = priority.end()
    elif (compose := _COMPOSE.match(line)) is not None:
        at = compose.end()
    at = _read_stamps(line, at, found)
    found.text = line[at:]
    return _in_json(found.text, found) if found.text[:1] == "{" else found


def _read_stamps(line: str, at: int, found: LogLine) -> int:
    """Where the message begins, behind any number of times and one program."""
    for _ in range(_MAX_PREFIXES):
        stamp = _STAMP.match(line, at)
        if stamp is not None:
            at = stamp.end()
            found.stamp = stamp["iso"] or stamp["bracketed"] or stamp["tai"] or stamp["unix"] or found.stamp
            if (kubernetes := _KUBERNETES.match(line, at)) is not None:
                at = kubernetes.end()
        named = None
        if not found.program:
            named = _BARE_PROGRAM.match(line, at) or _NAMED_PROGRAM.match(line, at)
            if named is None and stamp is not None:
                named = _OF_HOST.match(line, at)
            if named is not None:
                found.program, at = named["program"], named.end()
        if stamp is None and named is None:
            break
    return at


def _in_json(line: str, around: LogLine | None = None) -> LogLine:
    """A line that journald (`-o json`) or docker (json-file) has put into JSON; any other JSON stays as it is."""
    given = around or LogLine(line)
    try:
        row = _decode(line.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return given
    inner = row.get("MESSAGE")
    if isinstance(inner, list) and all(isinstance(one, int) and 0 <= one < 256 for one in inner):  # noqa: PLR2004  # not valid UTF-8
        inner = bytes(inner).decode("utf-8", "replace")
    if isinstance(inner, str):
        program, stamp = row.get("SYSLOG_IDENTIFIER"), row.get("__REALTIME_TIMESTAMP")
        return LogLine(inner, program if isinstance(program, str) else "", stamp if isinstance(stamp, str) else "")
    inner, stamp = row.get("log"), row.get("time")
    if isinstance(inner, str) and isinstance(row.get("stream"), str):
        inner = inner.rstrip("\r\n")
        found = LogLine(inner) if inner[:1] == "{" else read_prefix(inner)
        found.stamp = found.stamp or (stamp if isinstance(stamp, str) else "")
        return found
    return given
