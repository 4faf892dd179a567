"""POST /v1/rules/check: a file tried over HTTP, one at a time, by whom it is allowed."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from pydantic import SecretStr

from bounce_verdict.keys import new_key
from bounce_verdict.settings import Settings
from tests.conftest import Serve

GOOD = """[[rule]]
id        = "ours.migration"
match     = 'qwxz migration'
verdict   = "retry"
reason    = "service-unavailable"
reference = "https://status.partner.example/"
hits      = ["554 qwxz migration"]
misses    = ["554 no"]
"""


def test_a_good_file_has_no_error_and_shows_what_it_changes(client: httpx.Client) -> None:
    asked = {
        "file": GOOD,
        "replies": [{"reply": "554 qwxz migration", "command": "end of DATA"}, {"reply": "550 5.1.1 user unknown"}],
    }
    answer = client.post("/v1/rules/check", json=asked, timeout=90)
    assert answer.status_code == 200
    told = answer.json()
    assert not [finding for finding in told["findings"] if finding["level"] == "error"]
    changed, same = told["replies"]
    assert (changed["before"]["verdict"], changed["after"]["verdict"]) == ("policy", "retry")
    assert changed["after"]["rule"]["id"] == "ours.migration"
    assert same["before"]["verdict"] == same["after"]["verdict"] == "permanent"


def test_a_bad_file_is_told_by_line_and_judges_nothing(client: httpx.Client) -> None:
    asked = {"file": "[[rule]]\nid = 7\n", "path": "rules/local/x.toml", "replies": [{"reply": "550 no"}]}
    told = client.post("/v1/rules/check", json=asked, timeout=90).json()
    assert {(finding["path"], finding["level"]) for finding in told["findings"]} == {("rules/local/x.toml", "error")}
    assert told["findings"][0]["line"] > 0
    assert told["replies"][0]["before"]["verdict"]
    assert told["replies"][0]["after"] is None


def test_a_path_outside_of_the_rules_is_a_finding(client: httpx.Client) -> None:
    told = client.post("/v1/rules/check", json={"file": GOOD, "path": "../../etc/passwd"}, timeout=90).json()
    assert told["findings"][0]["level"] == "error"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 422),
        ({"file": 1}, 422),
        ({"file": "", "more": 1}, 422),
        ({"file": "", "replies": [{"reply": ""}]}, 422),
        ({"file": "", "replies": [{"reply": "550 no"}] * 101}, 422),
        ({"file": "# " + "x" * 262_144}, 413),
    ],
)
def test_what_cannot_be_checked_is_refused(client: httpx.Client, asked: dict[str, object], status: int) -> None:
    assert client.post("/v1/rules/check", json=asked, timeout=90).status_code == status


def test_a_second_check_meanwhile_is_asked_to_come_back(serve: Serve) -> None:
    with serve(Settings()) as base, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: httpx.post(f"{base}/v1/rules/check", json={"file": GOOD}, timeout=90), range(4)))
    assert sorted({answer.status_code for answer in answers}) == [200, 503]
    (busy, *_) = [answer for answer in answers if answer.status_code == 503]
    assert int(busy.headers["retry-after"]) > 0


def test_it_needs_the_scope_admin_but_from_this_machine_itself(serve: Serve) -> None:
    secret, line = new_key("ops", ["admin"])
    other, plain = new_key("crm", ["classify"])
    proxied = {"x-forwarded-for": "192.0.2.7"}
    with serve(Settings(keys=SecretStr(f"{line} {plain}"))) as base:
        path = f"{base}/v1/rules/check"
        assert httpx.post(path, json={}, headers={}).status_code == 422
        assert httpx.post(path, json={}, headers=proxied).status_code == 401
        assert httpx.post(path, json={}, headers={**proxied, "x-api-key": other}).status_code == 403
        assert httpx.post(path, json={}, headers={**proxied, "x-api-key": secret}).status_code == 422
