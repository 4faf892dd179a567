"""Webhooks: an ESP's or MTA's payload → the events in it. Pure: no HTTP, file, clock, socket, environment.

A source is one module of sources/ and the scheme of signatures/ by which its requests are known to be its own; both are named in SOURCES.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from bounce_verdict.pipeline.reported import Category
from bounce_verdict.webhooks.event import Read, ReportedEvent
from bounce_verdict.webhooks.signatures import (
    Verify,
    body_ed25519,
    body_hmac,
    body_md5,
    body_rsa,
    ecdsa,
    form_hmac,
    sns,
    standard_webhooks,
    timestamp_hmac,
    token_hmac,
)
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
    """One source. read: its payload → events. categories: its own words for a failure, in lower case.

    verify: the check of its signature; None where it signs nothing, so that only a secret which it sends along tells who it is.
    """

    read: Read
    categories: Mapping[str, Category]
    verify: Verify | None = None


SOURCES: Mapping[str, Source] = {
    "azure": Source(azure.read, azure.CATEGORIES),
    "brevo": Source(brevo.read, brevo.CATEGORIES),
    "elasticemail": Source(elasticemail.read, elasticemail.CATEGORIES),
    "forwardemail": Source(forwardemail.read, forwardemail.CATEGORIES, body_hmac.hmac_in("x-webhook-signature")),
    "haraka": Source(haraka.read, haraka.CATEGORIES),
    "kumomta": Source(kumomta.read, kumomta.CATEGORIES),
    "lettermint": Source(lettermint.read, lettermint.CATEGORIES, timestamp_hmac.verify),
    "mailersend": Source(mailersend.read, mailersend.CATEGORIES, body_hmac.hmac_in("signature")),
    "mailgun": Source(mailgun.read, mailgun.CATEGORIES, token_hmac.verify),
    "mailjet": Source(mailjet.read, mailjet.CATEGORIES),
    "mailpace": Source(mailpace.read, mailpace.CATEGORIES, body_ed25519.verify),
    "mailtrap": Source(mailtrap.read, mailtrap.CATEGORIES, body_hmac.hmac_in("mailtrap-signature")),
    "mandrill": Source(mandrill.read, mandrill.CATEGORIES, form_hmac.verify),
    "postal": Source(postal.read, postal.CATEGORIES, body_rsa.verify),
    "postmark": Source(postmark.read, postmark.CATEGORIES),
    "resend": Source(resend.read, resend.CATEGORIES, standard_webhooks.verify),
    "scaleway": Source(scaleway.read, scaleway.CATEGORIES),
    "sendgrid": Source(sendgrid.read, sendgrid.CATEGORIES, ecdsa.verify),
    "ses": Source(ses.read, ses.CATEGORIES, sns.verify),
    "sparkpost": Source(sparkpost.read, sparkpost.CATEGORIES),
    "unisender": Source(unisender.read, unisender.CATEGORIES, body_md5.verify),
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
