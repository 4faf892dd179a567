"""What an attack is: input made to hurt a reader, and the outcome that is promised for it; and how its mails are put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bounce_verdict.model import ReportKind, Verdict

FULL = 10_000_000  # bytes, about what BOUNCES_MAX_BODY lets in
ANA = "ana@example.net"
REPORT = "report; report-type=delivery-status"

# Words of the warnings that tell what was left unread.
PARTS = "only the first 200 parts were read"
DEPTH = "nested deeper than 20 were left unread"
NEAR = "lines that only begin as a boundary does"
BLOCK = "a header block was read up to"
TEXT = "only the first 262144 characters of a text were read"
LINES = "only the first 10000 lines of a text were read"
LINE = "lines longer than 2000 characters"
TAGS = "only the first 4000 tags"
HTML = "only the first 262144 characters of an HTML part"
REPORT_TEXT = "report: more than 4000000 characters"
REPORT_LINES = "only the first 100000 lines of a text were read"
RECIPIENTS = "report: more than 10000 recipients"
WORK = "the work that one message may cost"
UNREADABLE = "a block names its recipient in a way that cannot be read"

SAID = f"Final-Recipient: rfc822; {ANA}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n"
STATUS_HEAD = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
STATUS = f"{STATUS_HEAD}{SAID}\n"
_HEAD = "From: MAILER-DAEMON@mx.example.org\nTo: bounces@example.com\nSubject: Undelivered Mail Returned to Sender\n"


@dataclass(frozen=True, slots=True)
class Attack:
    """One message. tries: what it wants. raw: makes it, at full size.

    kind, recipients: what is answered; recipients as a number where they are many. cuts: words of every warning there is,
    `unproven-origin` aside. judged: about how many recipients are judged, where not all of them; a fifth more or fewer as the rules change.
    """

    name: str
    tries: str
    raw: Callable[[], bytes]
    kind: ReportKind = "not-a-report"
    recipients: int | Sequence[str | None] = 0
    cuts: Sequence[str] = ()
    judged: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyAttack:
    """One reply. tries, text: as above. verdict: what is answered; is_cut: whether the evidence says it was cut."""

    name: str
    tries: str
    text: Callable[[], str]
    verdict: Verdict | None = None
    is_cut: bool = True


def mail(body: bytes, *fields: str) -> bytes:
    """A message from a mailer, with these fields beside its own."""
    return (_HEAD + "".join(f"{field}\n" for field in fields) + "\n").encode() + body


def multipart(*parts: str | bytes, boundary: str = "b", kind: str = REPORT) -> bytes:
    """A multipart message from a mailer; each part begins with its header block."""
    mark = boundary.encode()
    data = b"".join(b"--%s\n%s\n" % (mark, part.encode() if isinstance(part, str) else part) for part in parts)
    return mail(data + b"--%s--\n" % mark, "MIME-Version: 1.0", f'Content-Type: multipart/{kind}; boundary="{boundary}"')


def fill(unit: bytes, size: int = FULL) -> bytes:
    """`unit` again and again, about `size` bytes."""
    return unit * max(1, size // len(unit))


def text(unit: bytes, *fields: str) -> bytes:
    """A message whose one text is `unit` again and again."""
    return mail(fill(unit), *fields)


def html(unit: bytes, size: int = FULL, before: bytes = b"") -> bytes:
    """A message whose one HTML text is `unit` again and again."""
    return mail(before + fill(unit, size), "Content-Type: text/html; charset=utf-8")


def blocks(count: int, said: str = "550 5.1.1 user unknown", domain: str = "example.net") -> bytes:
    """A report on so many recipients; "{n}" in `said` is another number for each."""
    block = f"Final-Recipient: rfc822; r{{n}}@{domain}\nAction: failed\nDiagnostic-Code: smtp; {said}\n\n"
    rows = (block.replace("{n}", str(n)) for n in range(count))
    return multipart(STATUS_HEAD + "".join(rows))
