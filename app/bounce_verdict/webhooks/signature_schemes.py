"""By which scheme each source signs. Apart from the readers: these need cryptography, which comes with the extra `server`."""

from collections.abc import Mapping

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

# A source that is missing here signs nothing, so that only a secret which it sends along tells who it is.
SCHEMES: Mapping[str, Verify] = {
    "forwardemail": body_hmac.hmac_in("x-webhook-signature"),
    "lettermint": timestamp_hmac.verify,
    "mailersend": body_hmac.hmac_in("signature"),
    "mailgun": token_hmac.verify,
    "mailpace": body_ed25519.verify,
    "mailtrap": body_hmac.hmac_in("mailtrap-signature"),
    "mandrill": form_hmac.verify,
    "postal": body_rsa.verify,
    "resend": standard_webhooks.verify,
    "sendgrid": ecdsa.verify,
    "ses": sns.verify,
    "unisender": body_md5.verify,
}
