"""Who sent a webhook: each scheme by signatures that other programs made."""

import pytest

from bounce_verdict.webhooks.signatures import (
    SignedRequest,
    body_ed25519,
    body_hmac,
    body_md5,
    body_rsa,
    ecdsa,
    form_hmac,
    standard_webhooks,
    timestamp_hmac,
    token_hmac,
)
from tests.webhooks import vectors
from tests.webhooks.vectors import BODY, NOW

OTHER = "the signature is of no known key"


def request(body: bytes = BODY, now: float = NOW, **headers: str) -> SignedRequest:
    return SignedRequest(body, {name.replace("_", "-"): value for name, value in headers.items()}, now)


def sendgrid(body: bytes = BODY, now: float = NOW, timestamp: str = str(NOW)) -> SignedRequest:
    names = {ecdsa.SIGNATURE: vectors.EC_SIGNATURE, ecdsa.TIMESTAMP: timestamp}
    return SignedRequest(body, names, now)


def test_sendgrid_by_openssl_holds_with_any_of_several_keys() -> None:
    assert ecdsa.verify(sendgrid(), ["bm9uZQ==", vectors.EC_KEY]) is None


def test_sendgrid_of_another_body_time_or_key_does_not_hold() -> None:
    assert ecdsa.verify(sendgrid(BODY + b" "), [vectors.EC_KEY]) == OTHER
    assert ecdsa.verify(sendgrid(timestamp=str(NOW - 1)), [vectors.EC_KEY]) == OTHER
    assert ecdsa.verify(sendgrid(), [vectors.RSA_KEY]) == OTHER
    assert ecdsa.verify(sendgrid(), []) == OTHER


def test_sendgrid_events_that_are_redriven_within_a_day_are_taken_and_later_ones_are_not() -> None:
    assert ecdsa.verify(sendgrid(now=NOW + 86_000), [vectors.EC_KEY]) is None
    assert ecdsa.verify(sendgrid(now=NOW + 86_401), [vectors.EC_KEY]) == "the timestamp is too old"
    assert ecdsa.verify(sendgrid(now=NOW - 301), [vectors.EC_KEY]) == "the timestamp lies in the future"


MAILGUN = b'{"signature": {"timestamp": "1796000000", "token": "a8ce0edb2dd8301d", "signature": "%s"}, "event-data": {}}'
MAILGUN_MAC = b"cd8b71b64f42abb589060ebfc3b3f7293ed41717413b1232de1de540ae5e757e"


def test_mailgun_by_openssl_holds_within_its_replay_window() -> None:
    assert token_hmac.verify(request(MAILGUN % MAILGUN_MAC), ["old", "key-1"]) is None
    assert token_hmac.verify(request(MAILGUN % MAILGUN_MAC, NOW + 90_000), ["key-1"]) == "the timestamp is too old"
    assert token_hmac.verify(request(MAILGUN % MAILGUN_MAC[::-1]), ["key-1"]) == OTHER


def test_mailgun_of_the_account_above_and_of_old_forms_holds() -> None:
    above = MAILGUN.replace(b'"signature": {', b'"parent-signature": {', 1) % MAILGUN_MAC
    form = b"event=bounced&timestamp=1796000000&token=a8ce0edb2dd8301d&signature=" + MAILGUN_MAC
    assert token_hmac.verify(request(above), ["key-1"]) is None
    assert token_hmac.verify(request(form, content_type="application/x-www-form-urlencoded"), ["key-1"]) is None


def test_mandrill_by_openssl_holds_for_the_url_that_mandrill_knows() -> None:
    body, header = b"mandrill_events=%5B%7B%22event%22%3A%22send%22%7D%5D", {form_hmac.HEADER: "mKK0UJcQHFUC+1+NYsvHR50QuXI="}
    given = SignedRequest(body, header, NOW, url="https://hooks.example.org/v1/webhooks/mandrill")
    assert form_hmac.verify(given, ["test-key"]) is None
    assert form_hmac.verify(SignedRequest(body, header, NOW, url="http://internal/"), ["test-key"]) is not None


def test_mailersend_by_openssl_holds() -> None:
    verify = body_hmac.hmac_in("signature")
    given = request(signature="8cae8214960520e9543eba278397fd391fa3dd5aa00b8c0849810f420698a0a1")
    assert verify(given, ["ms-secret"]) is None
    assert verify(given, ["ms-secrets"]) == OTHER
    assert verify(request(), ["ms-secret"]) == "no header signature"


def test_lettermint_by_openssl_holds_for_five_minutes() -> None:
    header = "t=1796000000,v1=7140a62a9848a1c289f0cb04ad496c9157e5d7eb0c7fdb9cc4d5a0c5e8cf2133"
    assert timestamp_hmac.verify(request(x_lettermint_signature=header), ["whsec-lm"]) is None
    assert (
        timestamp_hmac.verify(request(now=NOW + 301, x_lettermint_signature=header), ["whsec-lm"]) == "the timestamp is too old"
    )
    assert timestamp_hmac.verify(request(b"{}", x_lettermint_signature=header), ["whsec-lm"]) == OTHER


def test_unisender_by_openssl_holds() -> None:
    body = b'{"auth":"45769fb15a015ad82200e2eff1cffaf8","events_by_user":[]}'
    assert body_md5.verify(request(body), ["API-KEY-1"]) is None
    assert body_md5.verify(request(body.replace(b"[]", b"[1]")), ["API-KEY-1"]) == OTHER


@pytest.mark.parametrize("key", [vectors.RSA_KEY, f"v=DKIM1; t=s; h=sha256; p={vectors.RSA_KEY};"])
def test_postal_by_openssl_holds_in_both_hashes(key: str) -> None:
    assert body_rsa.verify(request(x_postal_signature=vectors.RSA_SHA1), [key]) is None
    assert body_rsa.verify(request(x_postal_signature_256=vectors.RSA_SHA256), [key]) is None


def test_postal_is_not_held_to_the_weaker_hash_where_the_better_one_is_wrong() -> None:
    given = request(x_postal_signature=vectors.RSA_SHA1, x_postal_signature_256=vectors.RSA_SHA1)
    assert body_rsa.verify(given, [vectors.RSA_KEY]) == OTHER


def test_mailpace_by_openssl_holds() -> None:
    assert body_ed25519.verify(request(x_mailpace_signature=vectors.ED25519_BODY), [vectors.ED25519_KEY]) is None
    assert body_ed25519.verify(request(b"[]", x_mailpace_signature=vectors.ED25519_BODY), [vectors.ED25519_KEY]) == OTHER
    assert body_ed25519.verify(request(x_mailpace_signature="!"), [vectors.ED25519_KEY, "short"]) == OTHER


def standard(signature: str, now: float = 1_614_265_330, prefix: str = "webhook") -> SignedRequest:
    names = {"id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": "1614265330", "signature": signature}
    return SignedRequest(b'{"test": 2432232314}', {f"{prefix}-{name}": value for name, value in names.items()}, now)


STANDARD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
STANDARD_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_signature_of_the_standardwebhooks_package_holds_under_both_names() -> None:
    assert standard_webhooks.verify(standard(STANDARD), [STANDARD_KEY]) is None
    assert standard_webhooks.verify(standard(f"v1,AAAA {STANDARD}", prefix="svix"), ["whsec_AAAA", STANDARD_KEY]) is None


def test_standard_webhooks_hold_for_five_minutes() -> None:
    assert standard_webhooks.verify(standard(STANDARD, 1_614_265_331 + 300), [STANDARD_KEY]) == "the timestamp is too old"


def test_a_standard_webhook_by_ed25519_holds_and_a_public_key_is_no_secret() -> None:
    names = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": f"v1a,{vectors.ED25519_MESSAGE}"}
    given = SignedRequest(BODY, names, NOW)
    assert standard_webhooks.verify(given, [f"whpk_{vectors.ED25519_KEY}"]) is None
    assert standard_webhooks.verify(given, [STANDARD_KEY]) == OTHER
