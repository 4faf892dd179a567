"""Amazon SNS's signatures, made with openssl, and all that an envelope may lie about."""

import json

import pytest

from bounce_verdict.webhooks.signatures import SignedRequest, sns
from tests.webhooks import vectors

NOW = 1_767_323_100  # 2026-01-02T03:05:00Z
TOPIC = "arn:aws:sns:eu-central-1:123456789012:bounces"
FILE = "SimpleNotificationService-0a1b2c.pem"
URL = f"https://sns.eu-central-1.amazonaws.com/{FILE}"
NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "m-1",
    "TopicArn": TOPIC,
    "Subject": "Amazon SES",
    "Message": '{"eventType":"Bounce"}',
    "Timestamp": "2026-01-02T03:04:05.000Z",
    "SignatureVersion": "2",
    "Signature": vectors.SNS_SHA256,
    "SigningCertURL": URL,
}
SUBSCRIPTION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "m-2",
    "Token": "abc",
    "TopicArn": TOPIC,
    "Message": "You have chosen",
    "SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc",
    "Timestamp": "2026-01-02T03:04:05.000Z",
    "SignatureVersion": "2",
    "Signature": vectors.SNS_SUBSCRIPTION,
    "SigningCertURL": URL,
}


def why_not(envelope: dict[str, str], now: float = NOW, **headers: str) -> str | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = SignedRequest(json.dumps(envelope).encode(), named, now, certificates={FILE: vectors.CERTIFICATE})
    return sns.verify(given, [TOPIC])


def test_both_versions_and_a_subscription_hold() -> None:
    assert why_not(NOTIFICATION) is None
    assert why_not(NOTIFICATION | {"SignatureVersion": "1", "Signature": vectors.SNS_SHA1}) is None
    assert why_not(SUBSCRIPTION) is None


def test_an_unsigned_field_may_change_and_a_signed_one_may_not() -> None:
    assert why_not(NOTIFICATION | {"UnsubscribeURL": "https://example.org/"}) is None
    for field in ("Message", "MessageId", "Subject"):
        assert why_not(NOTIFICATION | {field: "another"}) == "the signature does not hold"


@pytest.mark.parametrize("version", ["", "3", "1"])
def test_another_version_does_not_hold(version: str) -> None:
    assert why_not(NOTIFICATION | {"SignatureVersion": version}) == "the signature does not hold"


def test_a_topic_that_nobody_expects_is_refused_however_well_it_is_signed() -> None:
    assert why_not(NOTIFICATION | {"TopicArn": TOPIC + "2"}) == "the TopicArn is none of those expected"


def test_headers_that_name_another_message_are_refused() -> None:
    assert why_not(NOTIFICATION, x_amz_sns_message_id="m-1", x_amz_sns_topic_arn=TOPIC) is None
    assert why_not(NOTIFICATION, x_amz_sns_message_id="m-9") == "headers and body name different messages"


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.eu-central-1.amazonaws.com/{FILE}",
        f"https://sns.eu-central-1.amazonaws.com.example.org/{FILE}",
        f"https://evil.example/sns.eu-central-1.amazonaws.com/{FILE}",
        f"https://sns.eu-central-1.amazonaws.com:8443/{FILE}",
        f"https://user@sns.eu-central-1.amazonaws.com/{FILE}",
        f"https://sns.eu-central-1.amazonaws.com/x/../{FILE}",
        f"https://sns.eu-central-1.amazonaws.com/{FILE}?x=1",
        f"https://sns.eu-central-1.amazonaws.com/{FILE}\n",
        f"https://SNS.eu-central-1.amazonaws.com/{FILE}",
        f"https://snsXeu-central-1.amazonaws.com/{FILE}",
        "https://sns.eu-central-1.amazonaws.com/other.pem",
        "",
    ],
)
def test_a_certificate_from_any_other_place_is_refused(url: str) -> None:
    assert why_not(NOTIFICATION | {"SigningCertURL": url}) == "SigningCertURL is no place of Amazon SNS"
    assert sns.certificate_url({"SigningCertURL": url}) is None


def test_china_has_a_domain_of_its_own() -> None:
    assert sns.certificate_url({"SigningCertURL": f"https://sns.cn-north-1.amazonaws.com.cn/{FILE}"}) is not None


def test_a_certificate_that_is_not_there_is_named() -> None:
    assert why_not(NOTIFICATION | {"SigningCertURL": URL.replace("0a1b2c", "ffff")}) == (
        "the certificate SimpleNotificationService-ffff.pem is not known"
    )


def test_an_old_message_and_one_without_a_time_are_refused() -> None:
    assert why_not(NOTIFICATION, NOW + 86_400) == "the timestamp is too old"
    assert why_not(NOTIFICATION | {"Timestamp": "yesterday"}) == "no Timestamp that can be read"


def test_a_subscription_is_confirmed_at_amazon_only() -> None:
    assert sns.subscribe_url(SUBSCRIPTION) == SUBSCRIPTION["SubscribeURL"]
    assert (
        sns.subscribe_url(SUBSCRIPTION | {"SubscribeURL": "https://sns.example.org/?Action=ConfirmSubscription&Token=abc"})
        is None
    )
    assert sns.subscribe_url(SUBSCRIPTION | {"Type": "Notification"}) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"Type": 1}', b'{"Type": "Notification", "Message": {}}', b"\xff"])
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    assert sns.verify(SignedRequest(body, {}, NOW), [TOPIC]) == "the body is no SNS envelope"
