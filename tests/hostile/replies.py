"""Attacks on the reader of replies."""

from tests.hostile.attack import ReplyAttack

_MANY = 10_000_000

REPLIES = (
    ReplyAttack("ten megabytes of words", "the time", lambda: "550 5.1.1 user unknown " + "word " * (_MANY // 5), "permanent"),
    ReplyAttack("ten megabytes of digits", "the time", lambda: "5" * _MANY),
    ReplyAttack("a million lines", "the time", lambda: "550-5.1.1 x\r\n" * 1_000_000 + "550 5.1.1 user unknown", "permanent"),
    ReplyAttack("replies in replies", "the stack", lambda: "550 5.7.1 host mx.example.net said: " * 100_000, "policy"),
    ReplyAttack("codes at every fold", "the time", lambda: "550 5.7.1 " + "mx: 450 4.2.0 x" * 100_000, "policy"),
    ReplyAttack("brackets", "backtracking", lambda: "550 5.7.1 " + "(" * _MANY, "policy"),
    ReplyAttack("tails of Postfix", "the time", lambda: "550 no " + "(in reply to RCPT TO command " * 300_000, "permanent"),
    ReplyAttack("waits", "backtracking between words and times", lambda: "450 4.2.0 " + "try again in " * 700_000, "retry"),
    ReplyAttack("octal escapes in a reply", "the time", lambda: "550 " + "\\344\\244" * 1_000_000, "policy"),
    ReplyAttack(
        "control characters", "what a log shows", lambda: "550 5.1.1 \x00\x1b[31muser\x7f unknown" + "\x00" * _MANY, "permanent"
    ),
    ReplyAttack(
        "lone surrogates", "invalid Unicode in the answer", lambda: "550 5.1.1 user unknown " + "\ud800" * 5_000_000, "permanent"
    ),
    ReplyAttack(
        "letters that normalise to many", "a text that grows", lambda: "550 5.1.1 user unknown " + "ﷺ" * 3_000_000, "permanent"
    ),
    ReplyAttack(
        "joiners in a word",
        "a rule that no longer sees it",
        lambda: "550 5.1.1 us\u200ber unk\u00adnown",
        "permanent",
        is_cut=False,
    ),
    ReplyAttack(
        "a reply that only its end makes a death",
        "a living address",
        lambda: "450 4.2.0 greylisted " + "x " * 5_000 + "550 5.1.1 user unknown",
        "retry",
    ),
    ReplyAttack(
        "a death in a quotation",
        "a living address",
        lambda: '451 4.7.1 try later; we do not say "550 5.1.1 user unknown"',
        "retry",
        is_cut=False,
    ),
)
