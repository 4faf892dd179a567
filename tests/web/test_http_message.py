"""POST /v1/classify/message: a raw message in, one report out."""

import email.mime.multipart
from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from bounce_verdict.model import Report

PATH = "/v1/classify/message"
RFC822 = {"content-type": "message/rfc822"}
BOUNCE = b"""From: MAILER-DAEMON@mx.example.net
To: bounces@news.example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <ana@example.org>: user unknown

Final-Recipient: rfc822; bob@example.org
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 mailbox full
--b--
"""


@pytest.mark.parametrize("media", ["message/rfc822", "application/octet-stream", "text/plain; charset=utf-8", "Message/RFC822"])
def test_a_bounce_is_answered_for_each_recipient(client: httpx.Client, media: str) -> None:
    response = client.post(PATH, content=BOUNCE, headers={"content-type": media})
    assert response.status_code == 200
    report = response.json()
    assert list(report) == [field.name for field in fields(Report)]
    assert report["kind"] == "bounce"
    assert [(row["recipient"], row["verdict"]) for row in report["recipients"]] == [
        ("ana@example.org", "permanent"),
        ("bob@example.org", "storage"),
    ]


def test_the_envelope_comes_in_headers(client: httpx.Client) -> None:
    headers = {**RFC822, "X-Envelope-To": "bounces+42@news.example.com", "X-Envelope-From": ""}
    message = client.post(PATH, content=BOUNCE, headers=headers).json()["message"]
    assert message["envelope_to"] == "bounces+42@news.example.com"


def test_an_envelope_address_may_be_utf_8(client: httpx.Client) -> None:
    headers = {b"content-type": b"message/rfc822", b"X-Envelope-To": "jörg@example.org".encode()}
    assert client.post(PATH, content=BOUNCE, headers=headers).json()["message"]["envelope_to"] == "jörg@example.org"


def test_the_envelope_in_the_url_is_refused(client: httpx.Client) -> None:
    response = client.post(f"{PATH}?envelope_to=a%40example.org", content=BOUNCE, headers=RFC822)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "envelope_to"


def test_an_envelope_header_given_twice_is_refused(client: httpx.Client) -> None:
    headers = [("content-type", "message/rfc822"), ("x-envelope-to", "a@example.org"), ("x-envelope-to", "b@example.org")]
    response = client.post(PATH, content=BOUNCE, headers=headers)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "X-Envelope-To"


def test_an_overlong_envelope_header_is_refused(client: httpx.Client) -> None:
    response = client.post(PATH, content=BOUNCE, headers={**RFC822, "X-Envelope-From": "a" * 1_001})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "X-Envelope-From"


def test_an_empty_message_is_refused(client: httpx.Client) -> None:
    response = client.post(PATH, content=b"", headers=RFC822)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "body"


def test_a_mail_that_is_no_bounce_is_no_error(client: httpx.Client) -> None:
    mail = b"From: ana@example.org\nTo: bob@example.org\nSubject: lunch\n\nAt noon?\n"
    report = client.post(PATH, content=mail, headers=RFC822).json()
    assert (report["kind"], report["recipients"]) == ("not-a-report", [])


HOSTILE = {
    "binary junk": bytes(range(256)) * 500,
    "one byte": b"\x00",
    "100,000 headers": b"".join(b"X-Header-%d: x\r\n" % i for i in range(100_000)) + b"\r\nbody\r\n",
    "one header of 1 MB": b"Subject: " + b"x" * 1_000_000 + b"\r\n\r\nbody\r\n",
    "100,000 parameters": b"Content-Type: multipart/mixed" + b"; a=b" * 100_000 + b"\r\n\r\nbody\r\n",
    "100,000 encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\r\n\r\nbody\r\n",
    "no line end": b"x" * 1_000_000,
    "bare CR": BOUNCE.replace(b"\n", b"\r"),
    "cut off": BOUNCE[:500],
}


def nested(depth: int) -> bytes:
    lines = ["From: a@example.org"]
    for level in range(depth):
        lines += [f"Content-Type: multipart/mixed; boundary=b{level}", "", f"--b{level}"]
    return "\r\n".join([*lines, "Content-Type: text/plain", "", "550 5.1.1 user unknown", ""]).encode()


def many_parts(count: int) -> bytes:
    message = email.mime.multipart.MIMEMultipart(boundary="b")
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    return message.as_bytes().split(b"\n\n", maxsplit=1)[0] + b"\r\n\r\n" + part * count + b"--b--\r\n"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_answered(client: httpx.Client, name: str) -> None:
    assert client.post(PATH, content=HOSTILE[name], headers=RFC822).status_code == 200


def test_1_000_nested_parts_are_answered(client: httpx.Client) -> None:
    assert client.post(PATH, content=nested(1_000), headers=RFC822).status_code == 200


def test_10_000_parts_are_answered(client: httpx.Client) -> None:
    assert client.post(PATH, content=many_parts(10_000), headers=RFC822).status_code == 200


def test_100_000_recipient_blocks_are_answered_up_to_the_limit(client: httpx.Client) -> None:
    block = b"\nFinal-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.1\n"
    mail = BOUNCE.replace(
        b"\nFinal-Recipient: rfc822; ana@example.org", block * 100_000 + b"\nFinal-Recipient: rfc822; z@example.org", 1
    )
    report = client.post(PATH, content=mail, headers=RFC822).json()
    assert len(report["recipients"]) <= 10_000


def test_every_mail_of_the_corpus_is_answered(client: httpx.Client) -> None:
    for path in sorted((Path(__file__).parents[1] / "corpus").glob("**/*.eml")):
        assert client.post(PATH, content=path.read_bytes(), headers=RFC822).status_code == 200
