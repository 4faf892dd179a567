"""The programs whose bounces are read from their text, in the order they are tried: the first that answers speaks.

A layout looks at the notice and answers one status per recipient, or [] where the notice is not its program's.
Order: programs with an unmistakable mark first (a header, a sentence only they write), then those known by the shape
of their lines. A new program is one file with `read` and one line here, above any layout that could mistake its notices.
"""

from collections.abc import Callable

from app.model import Notice, RecipientStatus
from app.pipeline.parse.layouts import (
    amazon,
    aol,
    chasquid,
    communigate,
    courier,
    dma,
    domino,
    exchange,
    exchange_online,
    exim,
    fml,
    gmx,
    google,
    haraka,
    imail,
    intermail,
    interscan,
    mdaemon,
    messaging_server,
    nullmailer,
    opensmtpd,
    postfix,
    postfix_smtpd,
    qmail,
    sendgrid,
    sendmail,
    sieve,
    simple,
    vzwpix,
    yahoo,
    zoho,
)

Layout = Callable[[Notice], list[RecipientStatus]]

LAYOUTS: tuple[tuple[str, Layout], ...] = (
    # providers, gateways and groupware: each names itself
    ("google", google.read),
    ("yahoo", yahoo.read),
    ("aol", aol.read),
    ("amazon", amazon.read),
    ("sendgrid", sendgrid.read),
    ("zoho", zoho.read),
    ("gmx", gmx.read),
    ("vzwpix", vzwpix.read),
    ("fml", fml.read),
    ("exchange", exchange.read),
    ("exchange-online", exchange_online.read),
    ("domino", domino.read),
    ("communigate", communigate.read),
    ("messaging-server", messaging_server.read),
    ("intermail", intermail.read),
    ("imail", imail.read),
    ("mdaemon", mdaemon.read),
    ("interscan", interscan.read),
    ("sieve", sieve.read),
    ("simple", simple.read),
    # mail servers with sentences of their own
    ("haraka", haraka.read),
    ("chasquid", chasquid.read),
    ("nullmailer", nullmailer.read),
    ("opensmtpd", opensmtpd.read),
    ("dma", dma.read),
    ("exim", exim.read),
    ("courier", courier.read),
    ("qmail", qmail.read),
    ("postfix-smtpd", postfix_smtpd.read),
    # mail servers whose lines others imitate: last
    ("sendmail", sendmail.read),
    ("postfix", postfix.read),
)

# Everyone knows their texts: worms imitate them, people quote them. Read only in what a mailer may have written.
QUOTED = frozenset({
    "exim", "courier", "qmail", "sendmail", "postfix", "dma",
    "yahoo", "zoho", "gmx", "exchange", "exchange-online", "domino", "communigate", "messaging-server", "intermail", "mdaemon",
    "interscan", "sieve", "simple",
})  # fmt: skip
