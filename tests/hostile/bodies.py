"""Attacks on texts: HTML, charsets, transfer encodings, lines, and words that readers look for."""

from tests.hostile.attack import ANA, FULL, LINE, LINES, STATUS, TAGS, TEXT, Attack, fill, html, mail, multipart, text

QP, BASE64 = "Content-Transfer-Encoding: quoted-printable", "Content-Transfer-Encoding: base64"


def charset(name: str) -> str:
    return f"Content-Type: text/plain; charset={name}"


def attributes() -> bytes:
    tags = (b"<p " + b" ".join(b"a%d" % n for n in range(330)) + b">") * 130
    return html(tags, len(tags))


def hidden_formatting() -> bytes:
    tags = b"".join(b'<font a="<%d">' % n for n in range(800))
    return mail(b"<p>" + tags + b"</p>" + b"<p>x</p>" * 1_100, "Content-Type: text/html; charset=utf-8")


BODIES = (
    Attack("formatting behind an attribute that holds a <", "HTML's reopening of all formatting", hidden_formatting),
    Attack("nested divs", "HTML's search through all that is open", lambda: html(b"<div>"), cuts=[TAGS, TEXT]),
    Attack("paragraphs in formatting", "HTML's reopening of all formatting", lambda: html(b"<b><p>"), cuts=[TAGS, TEXT]),
    Attack("tables in tables", "HTML's foster parents", lambda: html(b"<table><tr><td>"), cuts=[TAGS, TEXT]),
    Attack(
        "100 KB of tag soup",
        "HTML's rules for misnested tags",
        lambda: html(b"<a></p><table><b><td></i><select><li>x", 100_000),
        cuts=[TAGS],
    ),
    Attack("comments without an end", "the HTML reader", lambda: html(b"<!-- "), cuts=[TAGS, TEXT]),
    Attack(
        "entities",
        "memory, by what they stand for",
        lambda: html(b"&nbsp;&#x41;&CounterClockwiseContourIntegral;"),
        cuts=[TEXT, LINE],
    ),
    Attack(
        "an HTML tag without an end", "quadratic comparison of attributes", lambda: html(b"a=1 ", before=b"<div "), cuts=[TEXT]
    ),
    Attack("330 attributes in each tag", "quadratic comparison of attributes", attributes),
    Attack("angle brackets alone", "the HTML reader", lambda: html(b"<"), cuts=[TAGS, TEXT, LINE]),
    Attack(
        "a notice of qmail with 9,000 blank lines below an address",
        "a look at all lines above for each",
        lambda: mail(
            b"Hi. This is the qmail-send program at mx.example.\nI'm afraid\n\n<ana@example.net>:\n" + b"\n" * 9_000 + b"Sorry."
        ),
        kind="bounce",
        recipients=["ana@example.net"],
    ),
    Attack("UTF-7", "a decoder in quadratic time", lambda: text(b"+AGEAYQ-+/\n", charset("utf-7")), cuts=[TEXT, LINES]),
    Attack(
        "UTF-7 that spells surrogates",
        "invalid Unicode in the answer",
        lambda: text(b"+2AA-550 no +3AA-\n", charset("utf-7")),
        cuts=[TEXT, LINES],
    ),
    Attack(
        "ISO-2022-JP without an end", "a decoder in quadratic time", lambda: text(b"\x1b$B", charset("iso-2022-jp")), cuts=[TEXT]
    ),
    Attack("escapes of ISO-2022-JP in question marks", "a search for their ends", lambda: text(b"?$B?$B"), cuts=[TEXT, LINE]),
    Attack(
        "ISO-2022-KR", "shifts without an end", lambda: text(b"\x1b$)C\x0e!!\x0f\xff", charset("iso-2022-kr")), cuts=[TEXT, LINE]
    ),
    Attack(
        "UTF-16 without a byte order mark",
        "text that is NULs to anyone else",
        lambda: mail("550 5.1.1 no such user\n".encode("utf-16-le") * 200_000, charset("utf-16")),
        cuts=[TEXT, LINE],
    ),
    Attack(
        "GB18030 in pieces",
        "characters of one, two and four bytes",
        lambda: text(b"\x81\x30\x81\x30\xff\n", charset("gb18030")),
        cuts=[TEXT, LINES],
    ),
    Attack(
        "an unknown charset of 900 letters",
        "a module imported by name, a guess at every line",
        lambda: text(b"\xe9\xff\xfe\x80\n", charset("x" * 900)),
        cuts=[TEXT, LINES],
    ),
    Attack(
        "a charset that is a codec of Python's",
        "decompression by `charset=zlib`",
        lambda: mail(b"550 no", charset("zlib_codec")),
        kind="bounce",
        recipients=[None],
    ),
    Attack(
        "octal escapes", "the time, by undoing Exim's escapes", lambda: text(b"\\344\\344\\350\\377 \\344 "), cuts=[TEXT, LINE]
    ),
    Attack("soft line ends", "quoted-printable without a letter", lambda: text(b"=\n", QP), cuts=[TEXT]),
    Attack("base64 of nothing else", "memory", lambda: text(b"QUJD", BASE64), cuts=[TEXT, LINE]),
    Attack("carriage returns alone", "ends of line", lambda: mail(fill(b"\r")), cuts=[TEXT]),
    Attack("CR CR LF", "ends of line", lambda: mail(fill(b"\r\r\n")), cuts=[TEXT]),
    Attack("NULs alone", "the end of a C string", lambda: mail(fill(b"\0"))),
    Attack(
        "NULs in a report",
        "codes that others read otherwise",
        lambda: multipart(STATUS).replace(b"5.1.1", b"5.\x001.1"),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack(
        "one line of ten megabytes",
        "the time, by a pattern on a line",
        lambda: text(b"user unknown a@example.net "),
        kind="bounce",
        recipients=["a@example.net"],
        cuts=[TEXT, LINE],
    ),
    Attack(
        "lines of words for the general reader",
        "backtracking between who and what",
        lambda: text(b"user " * 399 + b"\n"),
        cuts=[TEXT],
    ),
    Attack("lines of at signs", "backtracking for addresses", lambda: text(b"a@" * 990 + b"\n"), cuts=[TEXT]),
    Attack(
        "lines of half addresses", "backtracking for addresses", lambda: text(b"a" * 255 + b"@" + b"b" * 255 + b"\n"), cuts=[TEXT]
    ),
    Attack("lines of blanks", "backtracking for what ends a line", lambda: text(b" " * 1_990 + b"x\n"), cuts=[TEXT]),
    Attack("lines of dashes", "backtracking for rulers and boundaries", lambda: text(b"-" * 1_990 + b"\n"), cuts=[TEXT]),
    Attack("lines of hosts", "backtracking for who said what", lambda: text(b"host : " * 280 + b"\n"), cuts=[TEXT]),
    Attack("lines of codes", "the time, by replies on every line", lambda: text(b"550 " * 490 + b"\n"), cuts=[TEXT]),
    Attack("lines of brackets", "backtracking for what they hold", lambda: text(b"(<[" * 660 + b"\n"), cuts=[TEXT]),
    Attack("five million lines", "memory", lambda: text(b"a\n"), cuts=[TEXT, LINES]),
    Attack(
        "announcements of a copy",
        "the search for the returned message",
        lambda: text(b"original message\nFrom: x\n"),
        cuts=[TEXT, LINES],
    ),
    Attack("fields without an end", "the search for the returned message", lambda: text(b"X-A: x\n"), cuts=[TEXT, LINES]),
    Attack(
        "a reply for each of 300,000 addresses",
        "memory: which of them failed is not told",
        lambda: mail(b"".join(b"r%d@example.net: 550 no\n" % n for n in range(400_000))[:FULL]),
        kind="bounce",
        recipients=[None],
        cuts=[TEXT, LINES],
    ),
    Attack(
        "a list of qmail's without an end",
        "memory, by recipients of a layout",
        lambda: mail(
            b"Hi. This is the qmail-send program at x.\n\n" + b"".join(b"<r%d@x.example>:\nno\n\n" % n for n in range(300_000))
        ),
        kind="bounce",
        recipients=3_333,
        cuts=[TEXT, LINES],
        judged=0,
    ),
)
