"""Every attack has the outcome that its row promises; what it costs is measured by `python -m benchmarks --only hostile`."""

import gzip

import httpx
import pytest
import zstandard

from bounce_verdict.model import MessageInput, ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import encode
from tests.hostile.attack import Attack, ReplyAttack
from tests.hostile.table import ATTACKS, REPLY_ATTACKS


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_hostile_message_has_its_documented_outcome(classifier: Pipeline, attack: Attack) -> None:
    found = classifier.message(MessageInput(attack.raw()))
    assert found.kind == attack.kind
    if isinstance(attack.recipients, int):
        assert len(found.recipients) == attack.recipients
    else:
        assert [one.recipient for one in found.recipients] == list(attack.recipients)
    told = [warning for warning in found.warnings if not warning.startswith("origin not proven")]
    assert len(told) == len(attack.cuts), told
    assert all(any(words in warning for warning in told) for words in attack.cuts), told
    if attack.judged is not None:
        judged = sum(one.verdict is not None for one in found.recipients)
        assert attack.judged * 0.8 <= judged <= attack.judged * 1.2
    assert not any("victim@" in (one.recipient or "") for one in found.recipients)
    encode(found).decode()


@pytest.mark.parametrize("attack", REPLY_ATTACKS, ids=lambda attack: attack.name)
def test_a_hostile_reply_has_its_documented_outcome(classifier: Pipeline, attack: ReplyAttack) -> None:
    found = classifier.reply(ReplyInput(attack.text()))
    assert found.verdict == attack.verdict
    assert any("characters of the reply's text" in line.found for line in found.evidence) is attack.is_cut
    encode(found).decode()


def test_every_attack_has_a_name_of_its_own() -> None:
    names = [attack.name for attack in (*ATTACKS, *REPLY_ATTACKS)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", gzip.compress(bytes(50_000_000))), ("zstd", zstandard.compress(bytes(50_000_000)))],
)
def test_a_compressed_bomb_is_a_413(client: httpx.Client, coding: str, body: bytes) -> None:
    headers = {"content-type": "message/rfc822", "content-encoding": coding}
    assert client.post("/v1/classify/message", content=body, headers=headers).status_code == 413


def test_a_bomb_in_a_bomb_is_a_415_for_its_second_coding(client: httpx.Client) -> None:
    body = gzip.compress(gzip.compress(bytes(50_000_000)))
    headers = {"content-type": "message/rfc822", "content-encoding": "gzip, gzip"}
    assert client.post("/v1/classify/message", content=body, headers=headers).status_code == 415


@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'{"reply":' * 300_000, b'{"reply": "550", "x": ' + b"[" * 500_000])
def test_nested_json_is_a_problem(client: httpx.Client, body: bytes) -> None:
    response = client.post("/v1/classify/reply", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}
