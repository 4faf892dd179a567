"""What an operator's return paths carry and prove."""

import hmac

import pytest

from bounce_verdict.model import MessageInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.origin.return_paths import NOTHING, ReturnPath, ReturnPaths, sign, template_pattern

SIGNED = "bounces+{id}-{local}={domain}-{mac}@{host}"
KEY = b"a key of ours"
DAY = 86_400.0
TODAY = 20_500


def paths(*templates: str) -> ReturnPaths:
    return ReturnPaths(templates, [b"the old key", KEY])


def signed(recipient: str, identity: str, key: bytes = KEY) -> str:
    local, _, domain = recipient.partition("@")
    return f"bounces+{identity}-{local}={domain}-{sign(key, recipient, identity)[:20]}@news.example"


def test_a_mac_of_ours_proves_the_recipient_that_the_path_carries() -> None:
    assert paths(SIGNED).read(signed("ana@example.org", "42"), None) == ReturnPath("verp", "ana@example.org")


def test_a_mac_of_another_key_is_false() -> None:
    found = paths(SIGNED).read(signed("ana@example.org", "42", b"a forger's"), None)
    assert found == ReturnPath(None, "ana@example.org", is_false=True)


def test_the_mac_of_one_recipient_proves_no_other() -> None:
    assert paths(SIGNED).read(signed("ana@example.org", "42").replace("ana", "bob"), None).is_false


def test_a_path_without_a_mac_carries_and_proves_nothing() -> None:
    assert paths("b+{local}={domain}@{host}").read("b+ana=example.org@news.example", None) == ReturnPath(
        carried="ana@example.org"
    )


def test_an_opaque_token_is_for_the_operator_to_look_up() -> None:
    assert paths("b-{token}@news.example").read("b-x7Hq@news.example", None) == ReturnPath(None, None, "x7Hq")


def tag(day: int, address: str = "news@sender.example", key: bytes = KEY) -> str:
    head = f"0{day % 1_000:03}"
    return f"prvs={head}{hmac.digest(key, (head + address).encode(), 'sha1')[:3].hex()}={address}"


@pytest.mark.parametrize(
    ("address", "seconds", "proof"),
    [
        (tag(TODAY + 7), TODAY * DAY, "batv"),
        (tag(TODAY + 7), None, None),
        (tag(TODAY - 1), TODAY * DAY, None),
        (tag(TODAY + 7, key=b"a forger's"), TODAY * DAY, None),
        (tag(TODAY + 7).replace("news@", "sales@"), TODAY * DAY, None),
    ],
)
def test_a_batv_tag_is_proof_until_its_day_is_over(address: str, seconds: float | None, proof: str | None) -> None:
    assert ReturnPaths(batv_keys=[KEY]).read(address, seconds).proof == proof


def test_another_address_says_nothing() -> None:
    assert paths(SIGNED).read("news@sender.example", 0) == NOTHING


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("b+{user}@x", "{user} is no field"),
        ("b+{local}{domain}@{host}", "something between two fields"),
        ("b+{local}@{host}", "needs {local} and {domain}"),
        ("b-{token}-{mac}@{host}", "for its {mac} to sign"),
        ("b-{token}-{token}@{host}", "a field twice"),
        ("b-{token}", "one @"),
    ],
)
def test_a_template_that_cannot_be_read_back_is_refused(template: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("{", r"\{")):
        template_pattern(template)


BOTH = (
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
    "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n\n"
    "Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n\n--b--\n"
)


def test_a_proof_is_for_the_recipient_that_the_path_carries_and_for_nobody_else(classifier: Pipeline) -> None:
    pipeline = Pipeline(classifier.book, return_paths=paths(SIGNED))
    found = pipeline.message(MessageInput(BOTH.encode(), signed("ana@example.org", "42")))
    assert found.origin.proof == "verp"
    assert [(one.recipient, one.suppress) for one in found.recipients] == [
        ("ana@example.org", "now"),
        ("bob@example.org", "if-repeated"),
    ]
    assert found.warnings == ["the report arrived at the return path of another recipient"]


def test_a_false_mac_stops_nobody(classifier: Pipeline) -> None:
    pipeline = Pipeline(classifier.book, return_paths=paths(SIGNED))
    found = pipeline.message(MessageInput(BOTH.encode(), signed("ana@example.org", "42", b"a forger's")))
    assert {one.suppress for one in found.recipients} == {"if-repeated"}
