"""Attacks on the structure: depth, number of parts, boundaries, encodings in one another, archives."""

import base64
import gzip
import io
import zipfile

from tests.hostile.attack import (
    ANA,
    DEPTH,
    FULL,
    LINE,
    LINES,
    NEAR,
    PARTS,
    SAID,
    STATUS,
    TAGS,
    TEXT,
    WORK,
    Attack,
    fill,
    mail,
    multipart,
)

HTML = b"Content-Type: text/html\n\n"
PLAIN = b"Content-Type: text/plain\n\n"


def nested(depth: int, *, distinct: bool) -> bytes:
    """Multiparts in one another, the report innermost."""
    marks = (b"b%d" % level if distinct else b"b" for level in range(depth))
    head = b"".join(b'Content-Type: multipart/mixed; boundary="%s"\n\n--%s\n' % (mark, mark) for mark in marks)
    return b"From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered mail\n" + head + STATUS.encode()


def prefixes(count: int) -> bytes:
    """Every boundary is the beginning of the next, and none ends."""
    marks = ["b" * (n + 1) for n in range(count)]
    body = "".join(f'--{mark}\nContent-Type: multipart/mixed; boundary="{mark}b"\n\n' for mark in marks).encode()
    return mail(body + fill(b"--" + b"b" * 60 + b"\nx\n", FULL - len(body)), 'Content-Type: multipart/mixed; boundary="b"')


def encoded(depth: int, size: int) -> bytes:
    """Messages in one another, each in base64."""
    data = PLAIN + fill(b"550 5.1.1 no such user\n", size)
    for _ in range(depth):
        data = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(data)
    return b"From: MAILER-DAEMON@mx.example.org\n" + data


def zipped() -> bytes:
    """A zip archive of 100 MB of zeros."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.txt", bytes(100_000_000))
    return held.getvalue()


STRUCTURE = (
    Attack(
        "multiparts in multiparts",
        "the stack, and a search of the whole at every level",
        lambda: nested(100_000, distinct=True),
        cuts=[DEPTH, NEAR, TEXT, LINES],
    ),
    Attack(
        "multiparts of one boundary",
        "the time, where every level's boundary lines are all the others'",
        lambda: nested(100_000, distinct=False),
        cuts=[PARTS],
    ),
    Attack(
        "messages in messages",
        "the stack",
        lambda: mail(b"Content-Type: message/rfc822\n\n" * 300_000, "Content-Type: message/rfc822"),
    ),
    Attack("a million empty parts", "memory", lambda: multipart(fill(b"\n--b\n"), STATUS), cuts=[PARTS]),
    Attack(
        "a report behind 300 parts",
        "the report, hidden behind the last that is read",
        lambda: multipart(*[PLAIN + b"x"] * 300, STATUS),
        cuts=[PARTS],
    ),
    Attack(
        "199 parts of text",
        "the time, where every part is human text",
        lambda: multipart(*[PLAIN + fill(b"ana@example.net: 550 no\n", 50_000)] * 199),
        kind="bounce",
        recipients=[ANA],
        cuts=[WORK, TEXT, LINES],
    ),
    Attack(
        "199 parts of HTML",
        "the time, where every part becomes a tree",
        lambda: multipart(*[HTML + fill(b"<div><p>550 no<br>", 50_000)] * 199),
        kind="bounce",
        recipients=[None],
        cuts=[TAGS, WORK, LINES],
    ),
    Attack(
        "199 parts of HTML beside a report",
        "the report's budget, spent on HTML",
        lambda: multipart(*[HTML + fill(b"<div><p>no<br>", 50_000)] * 198, STATUS),
        kind="bounce",
        recipients=[ANA],
        cuts=[TAGS, WORK, LINES],
    ),
    Attack(
        "boundaries that begin with one another",
        "the time, by near misses at every level",
        lambda: prefixes(60),
        cuts=[DEPTH, NEAR, TEXT],
    ),
    Attack(
        "near misses of a boundary",
        "the time, by lines that begin as the boundary does",
        lambda: mail(fill(b"--bx\n"), "Content-Type: multipart/mixed; boundary=b"),
        cuts=[NEAR, TEXT, LINES],
    ),
    Attack(
        "near misses, then a report",
        "the report, hidden behind near misses",
        lambda: multipart(b"\n" + fill(b"--bx\n", 50_000), STATUS),
        kind="bounce",
        recipients=[ANA],
        cuts=[NEAR, LINES],
    ),
    Attack(
        "no boundary given",
        "the guess at one",
        lambda: mail(b"".join(b"--%d\n\nx\n" % n for n in range(700_000)), "Content-Type: multipart/mixed"),
        cuts=[TEXT, LINES],
    ),
    Attack(
        "dashes alone",
        "the search for boundary lines",
        lambda: mail(fill(b"-"), "Content-Type: multipart/mixed; boundary=-"),
        cuts=[TEXT, LINE],
    ),
    Attack(
        "two Content-Type fields",
        "the report, by a type that hides it",
        lambda: multipart(STATUS).replace(b"MIME-Version: 1.0\n", b"Content-Type: text/plain; boundary=x\n"),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack(
        "two boundary parameters",
        "the report, by a boundary that is none of its own",
        lambda: multipart(STATUS).replace(b'boundary="b"', b'boundary="b"; boundary="x"'),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack(
        "no closing boundary", "the last part", lambda: multipart(STATUS).replace(b"--b--", b""), kind="bounce", recipients=[ANA]
    ),
    Attack(
        "closed before the report",
        "the report, behind the closing line",
        lambda: multipart("\nx\n--b--", STATUS),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack("a boundary of 10 KB", "the search", lambda: multipart(STATUS, boundary="b" * 10_000)),
    Attack(
        "a part without the end of its header block",
        "the body, taken for fields",
        lambda: multipart("Content-Type: message/delivery-status\n" + SAID),
    ),
    Attack("messages in base64 in one another", "memory, by encodings in encodings", lambda: encoded(4, 4_000_000)),
    Attack(
        "a multipart in base64",
        "memory",
        lambda: mail(
            fill(b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU2Nzg5\n"),
            "Content-Type: multipart/mixed; boundary=b",
            "Content-Transfer-Encoding: base64",
        ),
        cuts=[TEXT, LINE],
    ),
    Attack(
        "quoted-printable in base64",
        "text, by decoding until something falls out",
        lambda: mail(base64.encodebytes(b"=35=35=30=20" * 10), "Content-Transfer-Encoding: base64"),
    ),
    Attack(
        "a zip bomb",
        "memory: archives are not opened",
        lambda: multipart(
            STATUS, b"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(zipped())
        ),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack(
        "a part in gzip",
        "memory: Content-Encoding is HTTP's, not mail's",
        lambda: multipart(
            STATUS,
            b"Content-Type: text/plain\nContent-Encoding: gzip\nContent-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(gzip.compress(bytes(100_000_000))),
        ),
        kind="bounce",
        recipients=[ANA],
        cuts=[LINE],
    ),
)
