"""Attacks on header blocks: floods, folds, encoded words, parameters, smuggled ends of line."""

from tests.hostile.attack import ANA, BLOCK, LINES, SAID, STATUS, WORK, Attack, fill, mail, multipart


def smuggled(end: bytes) -> bytes:
    """A returned message in whose text another header block stands, behind an odd end of line."""
    returned = b"Content-Type: message/rfc822\n\nSubject: x\n\nx" + end + b"Content-Type: message/delivery-status" + end + end
    return multipart(STATUS, returned + SAID.replace("ana@", "victim@").encode())


HEADS = (
    Attack("a million fields", "memory", lambda: mail(b"", fill(b"X-A: b\n").decode()), cuts=[BLOCK, BLOCK]),
    Attack("ten thousand short fields", "memory", lambda: mail(b"", *["A:b"] * 10_000), cuts=[BLOCK]),
    Attack(
        "one field of a million folds",
        "the time, by unfolding",
        lambda: mail(b"", "X-A: b" + fill(b"\n b").decode()),
        cuts=[BLOCK],
    ),
    Attack(
        "lines that are no fields",
        "the time, by looking for the next field",
        lambda: mail(b"", fill(b"junk\nA: b\n", 60_000).decode()),
        cuts=[BLOCK, LINES],
    ),
    Attack(
        "header blocks without an end in 199 parts",
        "the time",
        lambda: multipart(*[fill(b"X-A: b\n", 50_000)] * 199),
        cuts=[BLOCK, WORK],
    ),
    Attack(
        "an encoded-word flood",
        "the time: each may take a guess at its charset",
        lambda: mail(b"550 no", "Subject:" + " =?x?q?=E4=E5?=" * 4_000),
        kind="bounce",
        recipients=[None],
    ),
    Attack(
        "encoded words in every field",
        "the time",
        lambda: mail(b"550 no", *["To: " + "=?iso-2022-jp?b?GyRC?=" * 90] * 30),
        kind="bounce",
        recipients=[None],
    ),
    Attack(
        "encoded words without an end",
        "backtracking",
        lambda: mail(b"550 no", "Subject: " + "=?" * 30_000),
        kind="bounce",
        recipients=[None],
    ),
    Attack(
        "an encoded word with an address in it",
        "whom it is about",
        lambda: multipart(STATUS.replace(f"; {ANA}", "; =?utf-8?q?ana=40example.net?=")),
        kind="bounce",
        recipients=["=?utf-8?q?ana=40example.net?="],
    ),
    Attack(
        "RFC 2231 in 10,000 sections",
        "the boundary, by sections without order",
        lambda: mail(
            b"--b\n" + STATUS.encode(),
            "Content-Type: multipart/report" + "".join(f"; boundary*{n}=b" for n in range(9_999, 0, -1)),
        ),
        kind="bounce",
        recipients=[ANA],
        cuts=[BLOCK],
    ),
    Attack(
        "RFC 2231 with a number without end",
        "the time, by a number of 60,000 digits",
        lambda: mail(b"--b\n" + STATUS.encode(), f"Content-Type: multipart/report; boundary*{'9' * 60_000}=b"),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack(
        "RFC 2231 in an odd charset",
        "a lone surrogate in the boundary",
        lambda: mail(b"--b\n" + STATUS.encode(), "Content-Type: multipart/report; boundary*=utf-7''+2AA-b"),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack(
        "a parameter flood",
        "the time",
        lambda: mail(b"--b\n" + STATUS.encode(), "Content-Type: multipart/report; " + "; ".join(f"a{n}=b" for n in range(9_000))),
        kind="bounce",
        recipients=[ANA],
        cuts=[BLOCK],
    ),
    Attack(
        "quotes without an end", "backtracking", lambda: mail(b"", "Content-Type: multipart/report; boundary=" + '"\\' * 30_000)
    ),
    Attack("comments in comments", "the stack", lambda: mail(b"", "Content-Type: multipart/report " + "(" * 60_000)),
    Attack(
        "bare CR in front of a field",
        "a field that other readers do not see",
        lambda: mail(b"550 no", "X-A: b\rX-Failed-Recipients: ana@example.net"),
        kind="bounce",
        recipients=[None],
    ),
    Attack(
        "a NUL in a field's name",
        "a field that other readers see differently",
        lambda: multipart(STATUS).replace(b"Final-Rec", b"Final\0-Rec"),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack("a report in the returned text", "a verdict on a bystander", lambda: smuggled(b"\n"), kind="bounce", recipients=[ANA]),
    Attack(
        "a report in the returned text, behind bare CR",
        "a verdict on a bystander",
        lambda: smuggled(b"\r"),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack(
        "a report in the returned text, behind NUL",
        "a verdict on a bystander",
        lambda: smuggled(b"\0\n"),
        kind="bounce",
        recipients=[ANA],
    ),
    Attack(
        "addresses in every field that names one",
        "the time",
        lambda: mail(
            b"550 no", *[f"{name}: " + "<a@b.example>," * 1_000 for name in ("To", "Cc", "Delivered-To", "X-Original-To")]
        ),
        kind="bounce",
        recipients=[None],
    ),
    Attack(
        "a return path of wrappers",
        "the time, by unwrapping",
        lambda: mail(b"550 no", "Delivered-To: " + "prvs=1234567890=" * 3_000 + "a=b.example@example.com"),
        kind="bounce",
        recipients=[None],
    ),
)
