"""Webhooks: an ESP's or MTA's payload → the events in it. Pure: no HTTP, file, clock, socket, environment.

A source is one module of sources/, named in SOURCES; by which scheme of signatures/ its requests are known to be its own, signature_schemes.py says.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks.event import Read, ReportedEvent
from bounce_verdict.webhooks.sources import (
    azure,
    brevo,
    elasticemail,
    forwardemail,
    haraka,
    kumomta,
    lettermint,
    mailersend,
    mailgun,
    mailjet,
    mailpace,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    scaleway,
    sendgrid,
    ses,
    sparkpost,
    unisender,
    zonemta,
)


class Source(Struct, frozen=True):
    """One source. read: its payload → events. categories: its own words for a failure, in lower case."""

    read: Read
    categories: Mapping[str, Category]


SOURCES: Mapping[str, Source] = {
    "azure": Source(azure.read, azure.CATEGORIES),
    "brevo": Source(brevo.read, brevo.CATEGORIES),
    "elasticemail": Source(elasticemail.read, elasticemail.CATEGORIES),
    "forwardemail": Source(forwardemail.read, forwardemail.CATEGORIES),
    "haraka": Source(haraka.read, haraka.CATEGORIES),
    "kumomta": Source(kumomta.read, kumomta.CATEGORIES),
    "lettermint": Source(lettermint.read, lettermint.CATEGORIES),
    "mailersend": Source(mailersend.read, mailersend.CATEGORIES),
    "mailgun": Source(mailgun.read, mailgun.CATEGORIES),
    "mailjet": Source(mailjet.read, mailjet.CATEGORIES),
    "mailpace": Source(mailpace.read, mailpace.CATEGORIES),
    "mailtrap": Source(mailtrap.read, mailtrap.CATEGORIES),
    "mandrill": Source(mandrill.read, mandrill.CATEGORIES),
    "postal": Source(postal.read, postal.CATEGORIES),
    "postmark": Source(postmark.read, postmark.CATEGORIES),
    "resend": Source(resend.read, resend.CATEGORIES),
    "scaleway": Source(scaleway.read, scaleway.CATEGORIES),
    "sendgrid": Source(sendgrid.read, sendgrid.CATEGORIES),
    "ses": Source(ses.read, ses.CATEGORIES),
    "sparkpost": Source(sparkpost.read, sparkpost.CATEGORIES),
    "unisender": Source(unisender.read, unisender.CATEGORIES),
    "zonemta": Source(zonemta.read, zonemta.CATEGORIES),
}


def find_category(source: str, word: str) -> Category | None:
    """What a source's own word means, however it is written ("soft_bounce", "Soft bounce"); None for a word of no table."""
    known, lower = SOURCES[source].categories, word.lower()
    squeezed = lower.replace("_", "").replace("-", "").replace(" ", "")
    return known.get(lower) or known.get(squeezed) or known.get(lower.replace(" ", "_"))


def read_events(source: str, payload: object) -> Iterator[ReportedEvent]:
    """Every event of a payload, in order. `source` is one of SOURCES."""
    return SOURCES[source].read(payload)
