"""Several servers in one address: the first that takes us is used, whatever is wrong with those ahead of it."""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bounce_verdict.errors import SettingsError
from bounce_verdict.settings import Settings
from bounce_verdict.stream.connection import broker_of, stream_target
from tests.conftest import Serve
from tests.recipes.running import BOUNCE, free_port
from tests.running import until
from tests.stream.running import Command, Nats, all_answered, answers, count, ids, item, worker

EVENT = b'[{"event": "bounce", "email": "bo@example.org", "reason": "550 5.1.1 user unknown", "sg_event_id": "e1"}]'
NOT_KNOWN = ("--user", "another", "--pass", "secret")


@pytest.fixture(params=["nobody listens", "we are not known"])
def servers(request: pytest.FixtureRequest, tmp_path: Path, broker: Nats) -> Iterator[str]:
    """A server that does not take us, and the broker."""
    if request.param == "nobody listens":
        yield f"nats://127.0.0.1:{free_port()},{broker.url}"
        return
    known = {"user": "another", "password": "secret"}
    with Nats(tmp_path / "guarded", *NOT_KNOWN, known=known) as guarded:
        yield f"{guarded.url},{broker.url}"


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word, as one behind a dead network."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"nats://127.0.0.1:{listener.getsockname()[1]}"


def test_ship_and_work_go_on_to_the_next_server(broker: Nats, servers: str, rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "items.ndjson"
    file.write_bytes(item(1))
    with Command(rules, None, "ship", "--nats", servers, str(file)) as shipping:
        assert shipping.process.wait(60) == 0
    assert shipping.log == ["bounces: 1 items are stored\n"]
    with worker(broker, rules, "--nats", servers):
        assert all_answered(broker)
    assert ids(answers(broker)) == ["1"]


def test_lmtp_goes_on_to_the_next_server(broker: Nats, servers: str, rules: Path) -> None:
    listen = f"127.0.0.1:{(port := free_port())}"
    to = f"{servers}/bounces.items"
    with (
        Command(rules, "listening at", "lmtp", "--to", to, "--listen", listen),
        smtplib.LMTP("127.0.0.1", port, timeout=60) as mta,
    ):
        assert mta.sendmail("", ["b@news.example"], BOUNCE) == {}
    assert count(broker, "bounces-items") == 1


def test_webhooks_go_on_to_the_next_server(broker: Nats, servers: str, serve: Serve) -> None:
    with serve(Settings(webhooks_to=f"{servers}/bounces.items", webhooks_unsigned=True)) as base:
        kind = {"content-type": "application/json"}
        assert httpx.post(f"{base}/v1/webhooks/sendgrid", content=EVENT, headers=kind, timeout=30).status_code == 200
    assert count(broker, "bounces-items") == 1


def test_while_one_server_is_away_and_the_other_does_not_know_us_it_waits_and_says_why(
    broker: Nats, rules: Path, tmp_path: Path
) -> None:
    file = tmp_path / "items.ndjson"
    file.write_bytes(item(1))
    broker.stop()
    with (
        Nats(tmp_path / "guarded", *NOT_KNOWN, known={"user": "another", "password": "secret"}) as guarded,
        Command(rules, "the broker does not know us", "ship", "--nats", f"{guarded.url},{broker.url}", str(file)) as shipping,
    ):
        broker.start()
        assert shipping.process.wait(60) == 0
    assert len(shipping.log) == 2, shipping.log


def test_a_server_that_says_nothing_does_not_keep_webhooks_from_the_next(broker: Nats, serve: Serve, silent: str) -> None:
    with serve(Settings(webhooks_to=f"{silent},{broker.url}/bounces.items", webhooks_unsigned=True)) as base:
        kind = {"content-type": "application/json"}

        def stored() -> bool:
            return httpx.post(f"{base}/v1/webhooks/sendgrid", content=EVENT, headers=kind, timeout=30).status_code == 200

        assert until(stored, 60)


@pytest.mark.parametrize("servers", ["nats://a,foo", "nats://a nats://b/items", "nats://a,nats://u:secret@b", ""])
def test_each_server_of_a_list_must_be_one_and_the_option_is_named(servers: str) -> None:
    with pytest.raises(SettingsError, match=r"^--nats: must") as refused:
        broker_of(Settings(), servers)
    assert "secret" not in str(refused.value)


def test_the_setting_is_named_where_no_option_was_given() -> None:
    with pytest.raises(SettingsError, match=r"^BOUNCES_NATS_URL: must"):
        broker_of(Settings(nats_url="foo"))


def test_the_last_server_of_a_target_names_the_subject() -> None:
    broker, subject = stream_target(Settings(), "--to", "nats://a,nats://b:4223/mail.bounces")
    assert (broker.servers, subject) == (["nats://a", "nats://b:4223"], "mail.bounces")
    with pytest.raises(SettingsError, match=r"^--to: must"):
        stream_target(Settings(), "--to", "nats://a/mail,nats://b/mail")
