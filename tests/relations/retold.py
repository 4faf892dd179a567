"""The same mail told in another way, for test_relations.py."""

import base64
import quopri
import re
from collections.abc import Iterator

BOUNDARY = b"=_retold_7c1f"
FOOTER = b"\n_______________________________________________\nannounce mailing list\nhttps://lists.example.net/announce\n"
FOREIGN = (
    b"Return-Path: <info@foreign.example>\nX-Failed-Recipients: victim.two@stranger.example\n"
    b"From: Mail Delivery System <MAILER-DAEMON@foreign.example>\nTo: victim.one@stranger.example\n"
    b"Subject: Undelivered Mail Returned to Sender\nMessage-ID: <foreign.1@foreign.example>\n\n"
    b"<victim.four@stranger.example>: host mx.stranger.example said: 550 5.1.1 User unknown (in reply to RCPT TO command)\n\n"
    b"Reporting-MTA: dns; foreign.example\n\nFinal-Recipient: rfc822; victim.five@stranger.example\nAction: failed\nStatus: 5.1.1\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
)
_BOUNDARY = re.compile(rb'boundary="?([^"\s;]+)"?', re.IGNORECASE)


def forwarded(mail: bytes) -> Iterator[bytes]:
    """Handed on by a list's program, and attached without a word."""
    for head, text in (
        (
            b"From: mailman@lists.example.net\nSubject: Uncaught bounce notification\n",
            b"The attached message was received as a bounce.\n",
        ),
        (b"From: Bob <bob@example.net>\nReturn-Path: <bob@example.net>\nSubject: Fwd:\n", b""),
    ):
        yield (
            head + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=" + BOUNDARY + b"\n\n--" + BOUNDARY + b"\n\n" + text
            + b"\n--" + BOUNDARY + b"\nContent-Type: message/rfc822\n\n" + mail + b"\n--" + BOUNDARY + b"--\n"
        )  # fmt: skip


def pasted(mail: bytes) -> Iterator[bytes]:
    """In a person's own mail, with the body as it is and quoted."""
    body = mail.partition(b"\n\n")[2]
    head = b"Return-Path: <bob@example.net>\nFrom: Bob <bob@example.net>\nTo: support@example.com\nSubject: my mail\n\nWhat is this?\n\n"
    yield head + body
    yield head + b"\n".join(b"> " + line for line in body.split(b"\n"))


def carried(mail: bytes) -> Iterator[bytes]:
    """By one more server, with other line ends, through a filter that marks it."""
    if not mail.startswith(b"From "):
        yield b"Received: from relay.example.net by mx.example.com; Sat, 21 Nov 2026 10:00:00 +0000\nX-Spam-Flag: YES\n" + mail
    if b"\r" not in mail:
        yield mail.replace(b"\n", b"\r\n")


def single_text(mail: bytes) -> bool:
    """Whether it is one ASCII text without MIME, which may be written in any encoding."""
    return mail.isascii() and b"\ncontent-t" not in mail.partition(b"\n\n")[0].lower() and not mail.startswith(b"From ")


def recoded(mail: bytes) -> Iterator[bytes]:
    """One text in other transfer encodings, as HTML, and with a footer."""
    head, _, body = mail.partition(b"\n\n")
    plain = head + b"\nMIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: "
    yield plain + b"base64\n\n" + base64.encodebytes(body)
    yield plain + b"quoted-printable\n\n" + quopri.encodestring(body)
    yield mail + FOOTER


def renamed(mail: bytes, address: str) -> bytes | None:
    """With another local part in the place of the recipient's; None where the mail speaks of it in any other way."""
    local, _, domain = address.partition("@")
    name = re.escape(local.encode())
    if not re.fullmatch(r"[\w.+-]{3,}", local) or re.search(
        rb"(?i)" + name + rb"(?![@=]" + re.escape(domain.encode()) + rb")", mail
    ):
        return None
    return re.sub(rb"(?i)(?<![\w.+-])" + name + rb"(?=[@=])", b"quillon.mz", mail)


def returning(mail: bytes) -> bytes | None:
    """A report that returns another message; None where the last part is no message."""
    if (found := _BOUNDARY.search(mail)) is None:
        return None
    pieces = mail.split(b"\n--" + found[1])
    for number in range(len(pieces) - 1, 0, -1):
        head, blank, _ = pieces[number].partition(b"\n\n")
        if blank and b"message/rfc822" in head.lower() and b"base64" not in head.lower():
            return (b"\n--" + found[1]).join([*pieces[:number], head + blank + FOREIGN, *pieces[number + 1 :]])
    return None
