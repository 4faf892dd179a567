"""Attacks on report parts: floods of recipients, fields, folds, names. Longer than 300 lines: one list, each entry an attack."""

from tests.hostile.attack import (
    ANA,
    LINE,
    LINES,
    RECIPIENTS,
    REPORT_LINES,
    REPORT_TEXT,
    STATUS_HEAD,
    TEXT,
    UNREADABLE,
    WORK,
    Attack,
    blocks,
    mail,
    multipart,
)

DOUBTS = "temporarily/blocked/spam/policy/blacklisted/at/this/time/reputation/sender"
FOOD = "host mx.example.net[192.0.2.1] said: 450 4.2.0 try again in 5 minutes (in reply to "
BLOCK = f"Final-Recipient: rfc822; {ANA}\nAction: failed\n"
FEEDBACK = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"


def names(count: int, name: str) -> bytes:
    """A report on so many recipients whose addresses hold `name`."""
    return multipart(STATUS_HEAD + "".join(f"Final-Recipient: rfc822; r{n}{name}\nAction: failed\n\n" for n in range(count)))


def scripts(count: int) -> bytes:
    """A report on so many recipients, each with two addresses in several scripts, at domains of their own."""
    pairs = (
        f"Original-Recipient: rfc822; r{n}@{'ж' * 20}{n}.{'名' * 20}.example\nFinal-Recipient: rfc822; q{n}@{'é' * 20}{n}.{'ß' * 20}.example\n"
        for n in range(count)
    )
    return multipart(STATUS_HEAD + "".join(f"{pair}Action: failed\nStatus: 5.1.1\n\n" for pair in pairs))


def unexplained(words: str, count: int = 10) -> bytes:
    """A report on so many recipients that gives no reason, beside a text of 255 KB."""
    blocks = "".join(f"Final-Recipient: rfc822; r{n}@example.net\nAction: failed\nStatus: 5.0.0\n\n" for n in range(count))
    lines = [(words * 100)[:1_900]] * 11
    paragraph = "\n".join([*lines, " ".join(f"r{n}@example.net" for n in range(count))])
    return multipart(f"\n{(f'{paragraph}{chr(10) * 2}' * 20)[:255_000]}", STATUS_HEAD + blocks)


def encoded(count: int) -> bytes:
    """A report on so many recipients, each at a domain of its own whose labels stand for Unicode (RFC 5890)."""
    domains = (".".join(f"xn--{n:020}{label}-y8a" for label in "abcd") for n in range(count))
    return multipart(
        STATUS_HEAD + "".join(f"Final-Recipient: rfc822; r@{domain}\nAction: failed\nStatus: 5.1.1\n\n" for domain in domains)
    )


REPORTS = (
    Attack(
        "255 KB of near-words and ten recipients without a reason",
        "the time, by searching the text for each",
        lambda: unexplained("user mailbox address account recipient "),
        kind="bounce",
        recipients=[f"r{n}@example.net" for n in range(10)],
    ),
    Attack(
        "9,000 domains of four encoded labels",
        "the time, by decoding",
        lambda: encoded(9_000),
        kind="bounce",
        recipients=9_000,
        cuts=[WORK],
        judged=0,
    ),
    Attack(
        "100,000 recipients",
        "memory and time",
        lambda: blocks(100_000),
        kind="bounce",
        recipients=10_000,
        cuts=[RECIPIENTS, REPORT_TEXT, WORK, REPORT_LINES],
    ),
    Attack(
        "10,000 recipients with 4 KB each",
        "the time, by texts to judge",
        lambda: blocks(10_000, "550 {n} " + "word mail user " * 270),
        kind="bounce",
        recipients=867,
        cuts=[REPORT_TEXT, WORK, LINE],
        judged=36,
    ),
    Attack(
        "10,000 recipients with texts for the readers of replies",
        "the time, by quoted replies",
        lambda: blocks(10_000, f"550 5.7.1 {{n}} {FOOD * 3}"),
        kind="bounce",
        recipients=10_000,
        cuts=[WORK],
        judged=217,
    ),
    Attack(
        "recipients with 2 KB of codes",
        "the time, by replies in replies",
        lambda: blocks(1_800, "550 5.7.1 {n} " + "mx: 450 4.2.0 x" * 130),
        kind="bounce",
        recipients=1_800,
        cuts=[WORK],
        judged=5,
    ),
    Attack(
        "10,000 recipients with a reply of their own each",
        "the time, by judging each",
        lambda: blocks(10_000, "550 5.1.1 user unknown {n}"),
        kind="bounce",
        recipients=10_000,
        judged=10_000,
    ),
    Attack(
        "10,000 recipients with near-words",
        "the time, by patterns that nearly match",
        lambda: blocks(10_000, "550 5.1.1 {n} " + "user mailbox address account recipient " * 2),
        kind="bounce",
        recipients=10_000,
        cuts=[WORK],
        judged=2_552,
    ),
    Attack(
        "10,000 recipients with near-words of a new address",
        "the time, by looking for where they have moved to",
        lambda: blocks(10_000, f"550 5.1.1 {{n}} user unknown {'now use ' * 20}a@x.example"),
        kind="bounce",
        recipients=10_000,
        cuts=[WORK],
        judged=351,
    ),
    Attack(
        "10,000 recipients with doubts in a link",
        "the time, by doubts that are none",
        lambda: blocks(10_000, f"550 5.1.1 {{n}} user unknown http://a.example/{DOUBTS}"),
        kind="bounce",
        recipients=10_000,
        cuts=[WORK],
        judged=1_934,
    ),
    Attack(
        "10,000 recipients with addresses of their own",
        "the time, by asking whose each is",
        lambda: blocks(10_000, "550 5.1.1 {n} user unknown " + "r{n}@b.example.net " * 8),
        kind="bounce",
        recipients=10_000,
        cuts=[WORK],
        judged=776,
    ),
    Attack(
        "10,000 short replies in replies",
        "the time, by reading each with care",
        lambda: blocks(10_000, "550 5.1.1 {n} host a.example said: 550 5.7.1 spam host b said: 450 4.2.1 x"),
        kind="bounce",
        recipients=10_000,
        cuts=[WORK],
        judged=2_369,
    ),
    Attack(
        "10,000 pairs of names in mixed scripts",
        "the time, by comparing names in two alphabets",
        lambda: scripts(10_000),
        kind="bounce",
        recipients=8_239,
        cuts=[WORK],
        judged=8_238,
    ),
    Attack(
        "a Final-Recipient flood in one block",
        "the time",
        lambda: multipart(STATUS_HEAD + f"Final-Recipient: rfc822; {ANA}\n" * 200_000),
        kind="bounce",
        recipients=[ANA],
        cuts=["a second Final-Recipient", REPORT_TEXT, WORK],
        judged=0,
    ),
    Attack(
        "a million fields in one block",
        "the time",
        lambda: multipart(STATUS_HEAD + BLOCK + "X-A: b\n" * 1_000_000),
        kind="bounce",
        recipients=[ANA],
        cuts=[REPORT_TEXT, WORK, REPORT_LINES],
        judged=0,
    ),
    Attack(
        "a million folds in one field",
        "the time",
        lambda: multipart(STATUS_HEAD + BLOCK + "Diagnostic-Code: smtp; 550\n" + " 550-x\n" * 1_000_000),
        kind="bounce",
        recipients=[ANA],
        cuts=[REPORT_TEXT, WORK, REPORT_LINES, "a Diagnostic-Code of more than"],
    ),
    Attack(
        "blocks cut into single fields",
        "the time, by putting them together",
        lambda: multipart(STATUS_HEAD + BLOCK + "\nX-A: b\n\nStatus: 5.1.1\n" * 200_000),
        kind="bounce",
        recipients=[ANA],
        cuts=[REPORT_TEXT, WORK, REPORT_LINES],
    ),
    Attack(
        "199 status parts",
        "the time",
        lambda: multipart(*[STATUS_HEAD + f"{BLOCK}\n" * 900] * 199),
        kind="bounce",
        recipients=[ANA],
        cuts=[RECIPIENTS, WORK],
        judged=0,
    ),
    Attack(
        "199 status parts of no declared type",
        "the time",
        lambda: multipart(*[f"Content-Type: text/plain\n\n{BLOCK * 900}"] * 199),
        kind="bounce",
        recipients=[ANA],
        cuts=[WORK, TEXT],
        judged=0,
    ),
    Attack(
        "10,000 long names in Unicode",
        "the time, by names in two alphabets",
        lambda: names(10_000, f"@{'é.' * 120}example"),
        kind="bounce",
        recipients=6_000,
        cuts=[REPORT_TEXT, WORK],
        judged=0,
    ),
    Attack(
        "10,000 names that normalise to a hundredfold",
        "the time, by normalising",
        lambda: names(10_000, f"@{'ﷺ' * 60}.example"),
        kind="bounce",
        recipients=10_000,
        judged=0,
    ),
    Attack(
        "names in punycode",
        "the time, by decoding",
        lambda: names(10_000, f"@xn--{'9ca' + 'a' * 55}.example"),
        kind="bounce",
        recipients=10_000,
        judged=0,
    ),
    Attack(
        "addresses in a thousand brackets",
        "the time",
        lambda: names(8_000, "<@a:" * 300 + "@example.net>"),
        kind="bounce",
        recipients=2_945,
        cuts=[UNREADABLE, REPORT_TEXT, WORK],
        judged=0,
    ),
    Attack(
        "escapes in an address",
        "what is no character",
        lambda: names(1, r"\x{D800}\x{FFFFFF}\x{0}@example.net"),
        kind="bounce",
        recipients=["r0???@example.net"],
        judged=0,
    ),
    Attack(
        "dates of 90 brackets",
        "the time, by the date reader",
        lambda: blocks(5_000).replace(
            b"Action: failed", b"Action: failed\nLast-Attempt-Date: Sat, 21 Nov 2026 09:58 (" + b"(" * 90
        ),
        kind="bounce",
        recipients=5_000,
    ),
    Attack(
        "a complaint of 300,000 recipients",
        "memory",
        lambda: multipart(FEEDBACK + "".join(f"Original-Rcpt-To: r{n}@example.net\n" for n in range(300_000))),
        kind="feedback-report",
        recipients=9_999,
        cuts=[WORK, LINES, REPORT_TEXT],
    ),
    Attack(
        "a complaint of three million folds",
        "quadratic joining",
        lambda: multipart(FEEDBACK + "X-A: b\n" + " b\n" * 3_000_000),
        kind="feedback-report",
        cuts=[WORK, LINES, REPORT_TEXT],
    ),
    Attack(
        "X-Failed-Recipients in 40 fields",
        "memory",
        lambda: mail(b"550 user unknown", *["X-Failed-Recipients: " + ",".join(f"r{n}@x.example" for n in range(100))] * 40),
        kind="bounce",
        recipients=[None],
    ),
    Attack(
        "a return path that may mean any of 10,000",
        "the time, by comparing",
        lambda: names(10_000, "@x.example").replace(b"To: bounces@", b"To: " + b"a-" * 900 + b"b=x.example@"),
        kind="bounce",
        recipients=10_000,
        judged=0,
    ),
    Attack("empty blocks", "the time", lambda: multipart(STATUS_HEAD + "\n" * 3_900_000 + BLOCK), cuts=[WORK, REPORT_LINES]),
)
