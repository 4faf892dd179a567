"""/v1/webhooks: who may send, what is answered, what is probed, and what is never shown."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Iterator

import httpx
import jsonschema
import pytest

from bounce_verdict.errors import SettingsError
from bounce_verdict.keys import Keyring, new_key
from bounce_verdict.settings import Settings
from bounce_verdict.web.webhooks.certificates import Certificates
from bounce_verdict.web.webhooks.senders import Senders
from bounce_verdict.webhooks.signatures import SignedRequest
from tests.conftest import Serve
from tests.openapi.documented import CONTRACT
from tests.webhooks import test_sns, vectors

BOUNCE = [
    {"email": "ana@example.org", "event": "bounce", "reason": "550 5.1.1 user unknown", "sg_event_id": "e-1", "type": "bounce"}
]
SECRET, KEY = new_key("postmark", ["webhooks"])
CLASSIFIER, CLASSIFIER_KEY = new_key("crm", ["classify"])


@pytest.fixture(scope="module")
def unsigned(serve: Serve) -> Iterator[httpx.Client]:
    with serve(Settings(webhooks_unsigned=True)) as base, httpx.Client(base_url=base) as client:
        yield client


@pytest.fixture(scope="module")
def keyed(serve: Serve) -> Iterator[httpx.Client]:
    keys = "mailersend:old mailersend:new lettermint:lm mandrill:md"
    settings = Settings(keys=f"{KEY} {CLASSIFIER_KEY}", webhook_keys=keys, webhook_url="https://hooks.example.org/v1/webhooks/")
    with serve(settings) as base, httpx.Client(base_url=base) as client:
        yield client


def signature(body: bytes, key: str = "new") -> dict[str, str]:
    return {"signature": hmac.new(key.encode(), body, "sha256").hexdigest()}


def test_the_example_of_the_contract_is_answered_as_the_contract_says(unsigned: httpx.Client) -> None:
    body = CONTRACT["paths"]["/v1/webhooks/{source}"]["post"]["requestBody"]["content"]["application/json"]
    response = unsigned.post("/v1/webhooks/sendgrid", json=body["example"])
    schema = {"$ref": "#/components/schemas/Events", "components": CONTRACT["components"]}
    jsonschema.validate(response.json(), schema, cls=jsonschema.Draft202012Validator)
    (event,) = response.json()["events"]
    assert (event["kind"], event["event_id"], event["recipients"][0]["verdict"]) == ("bounce", "Ym91bmNlLTAt", "permanent")


def test_events_are_answered_in_order_and_an_unknown_one_is_no_error(unsigned: httpx.Client) -> None:
    events = [*BOUNCE, {"email": "ana@example.org", "event": "teleported"}, 7]
    response = unsigned.post("/v1/webhooks/sendgrid", json=events)
    assert [event["kind"] for event in response.json()["events"]] == ["bounce", "other", "other"]
    time.sleep(1.1)  # metrics are handed over once a second
    metrics = unsigned.get("/metrics").text
    assert 'bounces_webhook_events_total{kind="bounce",source="sendgrid"}' in metrics
    assert 'bounces_webhook_unknown_events_total{source="sendgrid"} 2.0' in metrics


def test_an_unknown_source_and_one_that_is_not_configured_are_404(client: httpx.Client, unsigned: httpx.Client) -> None:
    assert client.post("/v1/webhooks/sendgrid", json=BOUNCE).status_code == 404
    assert unsigned.post("/v1/webhooks/carrierpigeon", json=BOUNCE).status_code == 404


def test_unsigned_webhooks_are_taken_from_this_machine_itself_and_through_no_proxy(unsigned: httpx.Client) -> None:
    assert unsigned.post("/v1/webhooks/sendgrid", json=BOUNCE).status_code == 200
    assert unsigned.post("/v1/webhooks/sendgrid", json=BOUNCE, headers={"x-forwarded-for": "192.0.2.1"}).status_code == 404
    assert unsigned.post("/v1/webhooks/sendgrid", json=BOUNCE, headers={"host": "hooks.example.org"}).status_code == 404


def test_a_signature_by_any_of_several_keys_is_taken(keyed: httpx.Client) -> None:
    body = json.dumps({"type": "activity.delivered", "data": {}}).encode()
    for key in ("old", "new"):
        assert keyed.post("/v1/webhooks/mailersend", content=body, headers=signature(body, key)).status_code == 200


def test_a_missing_or_wrong_signature_is_401_and_nothing_is_parsed(keyed: httpx.Client) -> None:
    wrong = signature(b"another body")
    for headers in ({}, wrong, {"authorization": f"Bearer {SECRET}"}):
        response = keyed.post("/v1/webhooks/mailersend", content=b"no JSON at all", headers=headers)
        assert response.status_code == 401
        assert "no JSON" not in response.text


def test_what_is_signed_but_no_json_is_400_and_not_quoted(keyed: httpx.Client) -> None:
    response = keyed.post("/v1/webhooks/mailersend", content=b"{secret words", headers=signature(b"{secret words"))
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/v1/webhooks/postmark/{SECRET}", {}),
        ("/v1/webhooks/postmark", {"authorization": f"Bearer {SECRET}"}),
        ("/v1/webhooks/postmark", {"x-api-key": SECRET}),
        ("/v1/webhooks/postmark", {"authorization": "Basic " + base64.b64encode(f"hook:{SECRET}".encode()).decode()}),
    ],
    ids=["path", "bearer", "header", "basic"],
)
def test_a_source_that_signs_nothing_brings_a_key_of_scope_webhooks(
    keyed: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    assert keyed.post(path, json={"RecordType": "Delivery"}, headers=headers).status_code == 200


def test_a_wrong_key_and_one_of_another_scope_are_401(keyed: httpx.Client) -> None:
    for token in ("wrong", CLASSIFIER):
        response = keyed.post(f"/v1/webhooks/postmark/{token}", json={"RecordType": "Delivery"})
        assert response.status_code == 401
        assert token not in response.text


def test_mandrill_signs_the_url_that_it_was_given(keyed: httpx.Client) -> None:
    body = b"mandrill_events=%5B%5D"
    message = b"https://hooks.example.org/v1/webhooks/mandrillmandrill_events[]"
    header = {"x-mandrill-signature": base64.b64encode(hmac.digest(b"md", message, "sha1")).decode()}
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert keyed.post("/v1/webhooks/mandrill", content=body, headers=header | form).json() == {"events": []}
    assert keyed.head("/v1/webhooks/mandrill").status_code == 200


def test_an_old_signature_is_refused(keyed: httpx.Client) -> None:
    for age, status in ((0, 200), (400, 401)):
        at, body = str(int(time.time()) - age), b'{"event": "webhook.test"}'
        mac = hmac.new(b"lm", at.encode() + b"." + body, "sha256").hexdigest()
        headers = {"x-lettermint-signature": f"t={at},v1={mac}"}
        assert keyed.post("/v1/webhooks/lettermint", content=body, headers=headers).status_code == status


def test_a_get_with_an_event_in_its_query_is_answered(keyed: httpx.Client) -> None:
    event = {"to": "ana@example.org", "status": "Error", "category": "NoMailbox"}
    (found,) = keyed.get(f"/v1/webhooks/elasticemail/{SECRET}", params=event).json()["events"]
    assert (found["kind"], found["recipients"][0]["reason"]) == ("bounce", "mailbox-unknown")
    assert keyed.get("/v1/webhooks/elasticemail", params=event).status_code == 401


def test_azures_two_handshakes_are_answered(keyed: httpx.Client) -> None:
    validation = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "512d38b6"}}
    answer = keyed.post(f"/v1/webhooks/azure/{SECRET}", json=[validation]).json()
    assert (answer["validationResponse"], answer["events"][0]["kind"]) == ("512d38b6", "control")
    origin = {"webhook-request-origin": "eventgrid.azure.net"}
    response = keyed.options(f"/v1/webhooks/azure/{SECRET}", headers=origin)
    assert (response.status_code, response.headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")
    assert keyed.options("/v1/webhooks/azure/wrong", headers=origin).status_code == 401


def test_sns_is_taken_by_a_certificate_of_the_folder_and_raw_delivery_by_a_key(
    serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("certificates")
    (folder / test_sns.FILE).write_bytes(vectors.CERTIFICATE)
    settings = Settings(
        keys=KEY, webhook_keys=f"ses:{test_sns.TOPIC}", sns_certificates=folder, webhook_max_age=10**9
    )  # the vectors are of one day
    with serve(settings) as base, httpx.Client(base_url=base) as client:
        assert client.post("/v1/webhooks/ses", json=test_sns.NOTIFICATION).json()["events"][0]["kind"] == "bounce"
        assert client.post("/v1/webhooks/ses", json=test_sns.NOTIFICATION | {"Subject": "x"}).status_code == 401
        assert client.post(f"/v1/webhooks/ses/{SECRET}", json=test_sns.NOTIFICATION | {"Subject": "x"}).status_code == 401
        assert client.post("/v1/webhooks/ses", json={"eventType": "Send"}).status_code == 401
        assert client.post(f"/v1/webhooks/ses/{SECRET}", json={"eventType": "Send"}).status_code == 200


def test_the_log_shows_the_routes_template_and_never_a_token_or_a_query(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    with serve(Settings(keys=KEY)) as base, httpx.Client(base_url=base) as client:
        client.get(f"/v1/webhooks/elasticemail/{SECRET}", params={"to": "ana@example.org", "status": "Sent"})
        client.post("/v1/webhooks/postmark/wrong-token", json={})
    out, err = capfd.readouterr()
    for private in (SECRET, "wrong-token", "ana@example.org"):
        assert private not in out + err


def test_a_thousand_events_cost_no_event_its_place(unsigned: httpx.Client) -> None:
    events = [BOUNCE[0] | {"sg_event_id": str(number)} for number in range(1_000)]
    answer = unsigned.post("/v1/webhooks/sendgrid", json=events).json()
    assert [event["event_id"] for event in answer["events"]] == [str(number) for number in range(1_000)]


def test_nothing_is_fetched_for_a_topic_that_nobody_expects_nor_from_any_other_place() -> None:
    certificates = Certificates(Settings(sns_fetch=True))
    foreign = test_sns.NOTIFICATION | {"SigningCertURL": "https://sns.example.org/SimpleNotificationService-0a1b2c.pem"}
    for envelope, topics in ((test_sns.NOTIFICATION, ["arn:another"]), (foreign, [test_sns.TOPIC])):
        request = SignedRequest(json.dumps(envelope).encode(), {}, test_sns.NOW)
        assert asyncio.run(certificates.for_request(request, topics)) == {}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("carrierpigeon:x", "the source is one of"),
        ("postmark:x", "signs nothing"),
        ("sendgrid:", "the key is empty"),
    ],
)
def test_keys_that_cannot_be_used_are_refused_at_the_start(keys: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Senders(Settings(webhook_keys=keys), Keyring([]))
