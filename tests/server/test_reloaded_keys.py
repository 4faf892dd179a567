"""Keys while the service runs: callers' keys and those of return paths are taken at SIGHUP, and wrong files change nothing."""

import signal
from pathlib import Path

import pytest

from bounce_verdict.keys import new_key
from bounce_verdict.pipeline.parse.origin.return_paths import sign
from tests.running import Running, make_few_rules, until

REPLY = "/v1/classify/reply"
TEXT = {"content-type": "text/plain"}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


def test_a_key_that_was_removed_opens_nothing_after_sighup(rules: Path, tmp_path: Path) -> None:
    (old, old_line), (new, new_line) = new_key("old", ["classify"]), new_key("new", ["classify"])
    keys = tmp_path / "keys"
    keys.write_text(f"{old_line}\n", encoding="utf-8")
    with Running(rules, keys_file=str(keys)) as service:

        def status(secret: str) -> int:
            return service.http.post(REPLY, content="550 no", headers={**TEXT, "x-api-key": secret}).status_code

        assert (status(old), status(new)) == (200, 401)
        keys.write_text(f"{new_line}\n", encoding="utf-8")
        service.signal(signal.SIGHUP)
        assert until(lambda: (status(old), status(new)) == (401, 200))
        keys.write_text("no key\n", encoding="utf-8")
        service.signal(signal.SIGHUP)
        assert until(lambda: service.logged("the keys were not reloaded"))
        assert status(new) == 200


REPORT = b"""From: MAILER-DAEMON@mx.example\r
Subject: Delivery failure\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; ana@example.org\r
Action: failed\r
Status: 5.1.1\r
\r
--b--\r
"""


@pytest.mark.parametrize("max_inline", ["262144", "0"])
def test_a_new_key_of_return_paths_is_taken_at_sighup_by_worker_and_child(rules: Path, tmp_path: Path, max_inline: str) -> None:
    keys = tmp_path / "verp"
    keys.write_text("old\n", encoding="utf-8")
    template = "bounces+{id}-{local}={domain}-{mac}@{host}"
    envelope = f"bounces+42-ana=example.org-{sign(b'new', 'ana@example.org', '42')[:20]}@news.example"
    with Running(rules, verp_templates=template, verp_keys_file=str(keys), max_inline=max_inline) as service:

        def proof() -> str:
            headers = {"content-type": "message/rfc822", "x-envelope-to": envelope}
            answer = service.http.post("/v1/classify/message", content=REPORT, headers=headers).json()
            return str(answer["origin"]["proof"])

        assert proof() == "None"
        keys.write_text("old\nnew\n", encoding="utf-8")
        service.signal(signal.SIGHUP)
        assert until(lambda: proof() == "verp")
        keys.write_text("", encoding="utf-8")
        service.signal(signal.SIGHUP)
        assert until(lambda: "VERP_KEYS_FILE" in str(service.ready()["rules_fault_detail"]))
        assert proof() == "verp"
