"""Raw mails: those of a folder with other addresses in them each time, and made ones of any size and number of recipients."""

import random
import re
from base64 import encodebytes
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase

_NO_MAIL = {".json", ".jsonl", ".md", ".py"}
_LETTERS = ascii_lowercase.encode()
_LOCAL = re.compile(rb"(?<![\w.+-])([A-Za-z][A-Za-z0-9._]{2,40})@")
_SYSTEM = re.compile(
    rb"(?i)daemon|postmaster|bounce|reply|root|abuse|admin|return|mail|owner|request|error|undeliver|system|null"
)
_MAX_BYTES = 1 << 20


@dataclass(slots=True)
class Mails:
    """The mails of one folder. name: the folder's own."""

    name: str
    raw: list[bytes]


def read_mails(folder: Path, most: int | None = None) -> Mails:
    """Every mail below `folder`, by path; of more than `most` every n-th."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and _is_mail(file)]
    step = -(-len(files) // most) if most else 1
    return Mails(folder.resolve().name, [file.read_bytes() for file in files[:: max(step, 1)]])


def vary_mail(raw: bytes, chance: random.Random) -> bytes:
    """`raw` with another name of the same length for each local part, throughout; names of mail systems stay."""
    for local in set(_LOCAL.findall(raw)):
        if not _SYSTEM.search(local):
            other = bytes(chance.choices(_LETTERS, k=len(local)))
            raw = re.sub(rb"(?<![\w.+-])%s(?=@|=[\w-]+\.)" % re.escape(local), other, raw)
    return raw


def report_of(size: int, recipients: int, chance: random.Random) -> bytes:
    """A report as Postfix lays it out, for so many recipients, about `size` bytes in all: the rest is the returned message."""
    blocks = [_block(number, chance) for number in range(recipients)]
    head = _REPORT % (_id(chance), "".join(f"<{address}>: {said}\n\n" for address, said in blocks[:100]))
    statuses = "".join(_STATUS % (address, said) for address, said in blocks)
    whole = f"{head}{statuses}{_RETURNED % (blocks[0][0], _id(chance))}".encode()
    return whole + _filler(size - len(whole) - len(_END), chance) + _END


def text_of(size: int, chance: random.Random) -> bytes:
    """A bounce that is one text, with the returned message quoted below (as qmail lays it out), about `size` bytes."""
    address, said = _block(0, chance)
    head = (_QMAIL % (_id(chance), address, said, address)).encode()
    return head + _filler(size - len(head), chance)


def ordinary_of(size: int, chance: random.Random) -> bytes:
    """A mail that is no bounce: text beside an HTML part of about `size` bytes."""
    head = (_ORDINARY % _id(chance)).encode()
    line = b"<p>The <b>minutes</b> of the meeting&nbsp;follow, with <a href='https://example.org/m'>notes</a>.</p>\n"
    return head + line * max(1, (size - len(head)) // len(line)) + b"\n--m1--\n"


def parts_of(parts: int, chance: random.Random) -> bytes:
    """A report with so many small parts ahead of its delivery status."""
    report = report_of(3_000, 1, chance)
    marker = b"--b1\nContent-Type: message/delivery-status"
    extra = b"--b1\nContent-Type: text/plain; charset=utf-8\n\nA part that says nothing.\n\n"
    return report.replace(marker, extra * (parts - 1) + marker, 1)


def _is_mail(file: Path) -> bool:
    return file.suffix not in _NO_MAIL and file.stem != "LICENSE" and file.stat().st_size <= _MAX_BYTES


def _id(chance: random.Random) -> str:
    return f"{chance.randrange(1 << 48):012X}"


def _block(number: int, chance: random.Random) -> tuple[str, str]:
    address = f"{''.join(chance.choices(ascii_lowercase, k=6))}{number}@ridge.example"
    return address, chance.choice(_SAID) % address


def _filler(size: int, chance: random.Random) -> bytes:
    return encodebytes(chance.randbytes(max(0, size) * 3 // 4 * 76 // 77))


_SAID = (
    "550 5.1.1 <%s>: Recipient address rejected: User unknown in virtual mailbox table",
    "552 5.2.2 <%s>: mailbox full",
    "450 4.2.0 <%s>: Recipient address rejected: Greylisted, come back in 300 seconds",
    "554 5.7.1 <%s>: Relay access denied",
)
_REPORT = """From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: news@lists.example.com
Subject: Undelivered Mail Returned to Sender
Date: Sat, 21 Nov 2026 09:58:15 +0000
Auto-Submitted: auto-replied
Message-Id: <%s@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.org.

I'm sorry to have to inform you that your message could not be delivered to one or more recipients.

%s--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Sat, 21 Nov 2026 09:58:10 +0000

"""
_STATUS = """Final-Recipient: rfc822; %s
Action: failed
Remote-MTA: dns; mx1.ridge.example
Diagnostic-Code: smtp; %s

"""
_RETURNED = """--b1
Content-Type: message/rfc822

From: news@lists.example.com
To: %s
Subject: November
Message-Id: <%s@lists.example.com>
MIME-Version: 1.0
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

"""
_END = b"\n--b1--\n"
_QMAIL = """From: MAILER-DAEMON@mx.example.org
To: news@lists.example.com
Subject: failure notice
Message-Id: <%s@mx.example.org>

Hi. This is the qmail-send program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<%s>:
Remote host said: %s

--- Below this line is a copy of the message.

Return-Path: <news@lists.example.com>
From: news@lists.example.com
To: %s
Subject: November

"""
_ORDINARY = """From: ana@example.org
To: jo@example.org
Subject: Minutes
Message-Id: <%s@example.org>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="m1"

--m1
Content-Type: text/plain; charset=utf-8

The minutes of the meeting follow.

--m1
Content-Type: text/html; charset=utf-8

"""
