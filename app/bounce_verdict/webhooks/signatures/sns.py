"""Amazon SNS, versions 1 (SHA-1) and 2 (SHA-256): RSA over chosen fields of the envelope, by a certificate that it names.

docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. Anybody's topic is signed by the same certificates, so the
keys of this scheme are the topics that are expected.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from bounce_verdict.webhooks.signatures import SignedRequest, too_old

_HOST = r"sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(rf"https://{_HOST}/(SimpleNotificationService-[0-9a-f]{{1,64}}\.pem)")
_SUBSCRIBE = re.compile(rf"https://{_HOST}/\?Action=ConfirmSubscription&[A-Za-z0-9:=&%._-]{{1,2000}}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HEADERS = {"x-amz-sns-message-type": "Type", "x-amz-sns-message-id": "MessageId", "x-amz-sns-topic-arn": "TopicArn"}

Envelope = dict[str, str | None]


def read_envelope(body: bytes) -> Envelope | None:
    """The envelope's fields, all of which are strings; None where the body is no such object."""
    try:
        found = msgspec.json.decode(body, type=dict[str, str | None])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if found.get("Type") in _SIGNED else None


def certificate_url(envelope: Mapping[str, str | None]) -> str | None:
    """Where its certificate is, if that is a place of Amazon's."""
    url = envelope.get("SigningCertURL") or ""
    return url if _CERTIFICATE.fullmatch(url) else None


def subscribe_url(envelope: Mapping[str, str | None]) -> str | None:
    """What a GET to confirms the subscription, if that is a place of Amazon's; None for every other message."""
    url = envelope.get("SubscribeURL") or ""
    return url if envelope.get("Type") == "SubscriptionConfirmation" and _SUBSCRIBE.fullmatch(url) else None


def verify(request: SignedRequest, keys: Sequence[str]) -> str | None:
    """The keys are the TopicArns that are expected; the certificate is one of the request's, by its file name."""
    envelope = read_envelope(request.body)
    if envelope is None:
        return "the body is no SNS envelope"
    if (why := why_unexpected(envelope, request, keys)) is not None:
        return why
    place = _CERTIFICATE.fullmatch(envelope.get("SigningCertURL") or "")
    if place is None:
        return "SigningCertURL is no place of Amazon SNS"
    if (certificate := request.certificates.get(place[1])) is None:
        return f"the certificate {place[1]} is not known"
    return None if _holds(envelope, certificate, request.now) else "the signature does not hold"


def why_unexpected(envelope: Envelope, request: SignedRequest, keys: Sequence[str]) -> str | None:
    """Why the message is not ours, whoever signed it."""
    if any(request.headers.get(header, envelope.get(field)) != envelope.get(field) for header, field in _HEADERS.items()):
        return "headers and body name different messages"
    if envelope.get("TopicArn") not in keys:
        return "the TopicArn is none of those expected"
    seconds = _seconds(envelope.get("Timestamp") or "")
    return "no Timestamp that can be read" if seconds is None else too_old(seconds, request)


def _holds(envelope: Envelope, pem: bytes, now: float) -> bool:
    algorithms: dict[str | None, HashAlgorithm] = {"1": SHA1(), "2": SHA256()}  # noqa: S303
    algorithm = algorithms.get(envelope.get("SignatureVersion"))
    if algorithm is None:
        return False
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        if not certificate.not_valid_before_utc.timestamp() <= now <= certificate.not_valid_after_utc.timestamp():
            return False
        public = certificate.public_key()
        if isinstance(public, RSAPublicKey):
            signature = base64.b64decode(envelope.get("Signature") or "")
            public.verify(signature, string_to_sign(envelope), PKCS1v15(), algorithm)
            return True
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return False


def string_to_sign(envelope: Envelope) -> bytes:
    """Name and value of each signed field on lines of their own; a Subject only where there is one."""
    fields = _SIGNED[envelope["Type"] or ""]
    present = [(name, value) for name in fields if (value := envelope.get(name)) is not None]
    return "".join(f"{name}\n{value}\n" for name, value in present).encode()


def _seconds(timestamp: str) -> float | None:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
