"""The tables and the rules over HTTP: reply codes, enhanced status codes, reasons, rules."""

from typing import Any

import httpx
import pytest

from bounce_verdict.model import Rulebook


def get(client: httpx.Client, path: str) -> dict[str, Any]:
    response = client.get(path)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    assert answer["rules_digest"].startswith("sha256:")
    return answer


def test_every_pair_of_the_tables_is_listed(client: httpx.Client, book: Rulebook) -> None:
    listed = {(row["code"], row["command"]) for row in get(client, "/v1/reply-codes")["reply_codes"]}
    assert listed == {(row.code, row.command) for row in book.reply_codes}


def test_the_list_can_be_asked_for_one_command(client: httpx.Client) -> None:
    rows = get(client, "/v1/reply-codes?command=rcpt%20to")["reply_codes"]
    assert {row["command"] for row in rows} == {"RCPT"}
    codes = [row["code"] for row in rows]
    assert codes == sorted(set(codes))
    assert {250, 421, 550, 552} <= set(codes)


def test_a_code_is_told_at_a_command(client: httpx.Client) -> None:
    at_rcpt, at_ehlo = (get(client, f"/v1/reply-codes/550?command={name}") for name in ("RCPT", "EHLO"))
    assert (at_rcpt["verdict"], at_rcpt["command"]) == ("permanent", "RCPT")
    assert (at_ehlo["verdict"], at_ehlo["command"]) == ("policy", "EHLO")
    assert at_rcpt["reference"].startswith("RFC ")


def test_a_code_is_told_digit_by_digit(client: httpx.Client) -> None:
    page = get(client, "/v1/reply-codes/452")
    assert page["series"] == "transient-failure"
    assert list(page["digits"]) == ["first", "second", "third"]
    assert page["transient"] is True


def test_a_code_of_no_table_is_judged_by_its_first_digit(client: httpx.Client) -> None:
    page = get(client, "/v1/reply-codes/499")
    assert (page["verdict"], page["decided_by"], page["meaning"]) == ("retry", "first-digit", None)


@pytest.mark.parametrize("code", ["5", "5500", "abc", "55x", "٥٥٠", "055", "-50", "5.1"])
def test_what_is_no_reply_code_is_refused(client: httpx.Client, code: str) -> None:
    response = client.get(f"/v1/reply-codes/{code}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "code"


def test_an_unknown_command_or_parameter_is_refused(client: httpx.Client) -> None:
    for path in ("/v1/reply-codes?command=FROB", "/v1/reply-codes/550?command=FROB"):
        assert client.get(path).json()["errors"][0]["field"] == "command"
    assert client.get("/v1/reply-codes?comand=RCPT").json()["errors"][0]["field"] == "comand"


def test_an_enhanced_code_is_told(client: httpx.Client) -> None:
    page = get(client, "/v1/enhanced-status-codes/5.1.1")
    assert (page["verdict_4"], page["verdict_5"], page["reason"]) == ("retry", "permanent", "mailbox-unknown")
    assert page["suppress_now"] is True


def test_an_enhanced_code_that_is_not_registered_says_so(client: httpx.Client) -> None:
    assert get(client, "/v1/enhanced-status-codes/5.9.99")["registered"] is False


@pytest.mark.parametrize("code", ["5.1", "3.1.1", "5.1.1.1", "5.1.x", "5.1000.1", "550"])
def test_what_is_no_enhanced_code_is_refused(client: httpx.Client, code: str) -> None:
    response = client.get(f"/v1/enhanced-status-codes/{code}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "code"


def test_the_reasons_are_the_closed_list(client: httpx.Client, book: Rulebook) -> None:
    reasons = get(client, "/v1/reasons")["reasons"]
    assert [reason["name"] for reason in reasons] == list(book.reasons)
    assert all(reason["explanation"] for reason in reasons)


def test_every_rule_is_listed_and_has_its_page(client: httpx.Client, book: Rulebook) -> None:
    lines = get(client, "/v1/rules")["rules"]
    assert [line["id"] for line in lines] == [rule.id for rule in book.rules]
    for line in lines[:: max(1, len(lines) // 20)]:
        page = get(client, f"/v1/rules/{line['id']}")
        assert {key: page[key] for key in line} == line
        assert page["reference"]
        assert page["hits"]
        assert page["misses"]
        assert page["explanation"]


def test_a_page_shows_the_conditions_as_the_file_writes_them(client: httpx.Client, book: Rulebook) -> None:
    rule = next(rule for rule in book.rules if rule.when and rule.when.classes)
    classes = rule.when.classes if rule.when else ()
    assert set(get(client, f"/v1/rules/{rule.id}")["when"]["code"]) >= {f"{digit}yz" for digit in classes} > set()


def test_an_unknown_rule_is_a_404(client: httpx.Client) -> None:
    response = client.get("/v1/rules/no.such-rule")
    assert response.status_code == 404
    assert "rule" in response.json()["detail"]


def test_the_enhanced_status_codes_are_listed_with_what_they_decide(client: httpx.Client) -> None:
    listed = {one["code"]: one for one in get(client, "/v1/enhanced-status-codes")["enhanced_status_codes"]}
    assert (listed["X.1.1"]["verdict_4"], listed["X.1.1"]["verdict_5"], listed["X.1.1"]["reason"]) == (
        "retry",
        "permanent",
        "mailbox-unknown",
    )


def test_a_listed_rule_shows_the_words_that_it_is_found_by(client: httpx.Client) -> None:
    rules = {one["id"]: one for one in get(client, "/v1/rules")["rules"]}
    assert "out of storage" in rules["google.over-quota"]["match"]
    assert rules["google.over-quota"]["explanation"] == "The recipient's Google storage is full; the address is real."
