"""The programs whose bounces are read from their text, in the order they are tried: the first that knows the notice is the one.

A layout looks at the notice and answers one status per recipient, or [] where the notice is not its program's.
Order: programs with an unmistakable mark first (a header, a sentence only they write), then those known by the shape
of their lines. A new program is one file with `read`, one row here, above any layout that could mistake its notices, and its test. If its
notice is no more than a list of recipients with the words beside them, it is one row in shapes.py and one notice in the test of that table.
"""

from collections.abc import Callable, Sequence
from functools import partial

from bounce_verdict.model import Notice, RecipientStatus, value
from bounce_verdict.pipeline.match.re2_search import literals
from bounce_verdict.pipeline.parse.layouts import (
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
    pec,
    postfix,
    postfix_smtpd,
    qmail,
    sendgrid,
    sendmail,
    shapes,
    sieve,
    stalwart,
    vzwpix,
    yahoo,
    zoho,
)
from bounce_verdict.pipeline.parse.layouts.shape_reader import read_shape, signs_of


@value
class Layout:
    """A program's layout, and what every notice that it answers has one of; without any of these it is asked about every notice.

    signs: literals in the text. fields: header fields. heads: literals in From, Subject or Message-ID, in lower case.
    """

    name: str
    read: Callable[[Notice], list[RecipientStatus]]
    signs: Sequence[str] = ()
    fields: Sequence[str] = ()
    heads: Sequence[str] = ()


LAYOUTS: tuple[Layout, ...] = (
    # providers, gateways and groupware: each names itself
    Layout("google", google.read, google.SIGNS, heads=("daemon@g",)),
    Layout("yahoo", yahoo.read, yahoo.SIGNS),
    Layout("aol", aol.read, aol.SIGNS),
    Layout("amazon", amazon.read, amazon.SIGNS),
    Layout("sendgrid", sendgrid.read, sendgrid.SIGNS),
    Layout("zoho", zoho.read, zoho.SIGNS),
    Layout("gmx", gmx.read, gmx.SIGNS),
    Layout("pec", pec.read, fields=pec.FIELDS),
    Layout("vzwpix", vzwpix.read, vzwpix.SIGNS),
    Layout("fml", fml.read, fml.SIGNS),
    Layout("exchange", exchange.read, exchange.SIGNS, exchange.FIELDS),
    Layout("exchange-online", exchange_online.read, exchange_online.SIGNS),
    Layout("domino", domino.read, domino.SIGNS, heads=("delivery failure:",)),
    Layout("communigate", communigate.read, communigate.SIGNS),
    Layout("messaging-server", messaging_server.read, messaging_server.SIGNS),
    Layout("intermail", intermail.read, intermail.SIGNS, ("x-spasign",)),
    Layout("imail", imail.read, imail.SIGNS, ("x-mailer",)),
    Layout("mdaemon", mdaemon.read, mdaemon.SIGNS),
    Layout("interscan", interscan.read, interscan.SIGNS, heads=("interscan",)),
    Layout("sieve", sieve.read, sieve.SIGNS),
    *(Layout(shape.name, partial(read_shape, shape=shape), signs_of(shape)) for shape in shapes.SHAPES),
    # mail servers with sentences of their own
    Layout("stalwart", stalwart.read, stalwart.SIGNS),
    Layout("haraka", haraka.read, haraka.SIGNS),
    Layout("chasquid", chasquid.read, heads=chasquid.HEADS),
    Layout("nullmailer", nullmailer.read, nullmailer.SIGNS),
    Layout("opensmtpd", opensmtpd.read, opensmtpd.SIGNS),
    Layout("dma", dma.read, dma.SIGNS),
    Layout("exim", exim.read, exim.SIGNS),
    Layout("courier", courier.read, courier.SIGNS),
    Layout("qmail", qmail.read, qmail.SIGNS),
    Layout("postfix-smtpd", postfix_smtpd.read, heads=("postfix smtp server: ",)),
    # mail servers whose lines others imitate: last
    Layout("sendmail", sendmail.read, sendmail.SIGNS),
    Layout("postfix", postfix.read),
)

# Which layout has which literal: all of them are found in one pass, where thirty searches would cost more than reading.
_SIGNS = [(literal, number) for number, layout in enumerate(LAYOUTS) for literal in layout.signs]
_OWNERS = [number for _, number in _SIGNS]
_found_in = literals([literal for literal, _ in _SIGNS])
_FIELDS = tuple((name, number) for number, layout in enumerate(LAYOUTS) for name in layout.fields)
_HEADS = tuple((literal, number) for number, layout in enumerate(LAYOUTS) for literal in layout.heads)
_ALWAYS = tuple(number for number, layout in enumerate(LAYOUTS) if not (layout.signs or layout.fields or layout.heads))


def possible_layouts(notice: Notice) -> list[Layout]:
    """The layouts that can know the notice, in their order; all others would answer []."""
    found = {*_ALWAYS, *[_OWNERS[place] for place in _found_in(notice.text)]}
    get = notice.message.headers.get
    for name, number in _FIELDS:
        if get(name) is not None:
            found.add(number)
    head = f"{get('from')}\n{get('subject')}\n{get('message-id')}".lower()
    for literal, number in _HEADS:
        if literal in head:
            found.add(number)
    return [LAYOUTS[number] for number in sorted(found)]
