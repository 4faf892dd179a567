"""TLS to a real broker: items and answers go by it, and who cannot be trusted gets nothing."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bounce_verdict.settings import Settings
from tests.conftest import Serve
from tests.running import until
from tests.stream.certificates import Authority
from tests.stream.running import Command, Nats, all_answered, answers, create, ids, item, worker

INFO = b'INFO {"server_id":"X","version":"2.9.10","max_payload":1048576,"headers":true,"auth_required":true}\r\n'


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Ours."""
    return Authority(tmp_path, "ours")


@contextmanager
def tls_broker(folder: Path, authority: Authority, *options: str, address: str = "127.0.0.1") -> Iterator[Nats]:
    """A broker with a certificate of that authority, for that address."""
    certificate, key = authority.issue("broker", address)
    known = ssl.create_default_context(cafile=str(authority.ca))
    known.load_cert_chain(*authority.issue("tests"))
    known.check_hostname = False
    files = ("--tls", "--tlscert", str(certificate), "--tlskey", str(key))
    with Nats(folder / "jetstream", *files, *options, known={"tls": known}) as running:
        create(running)
        yield running


@contextmanager
def overheard(port: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """Somebody who says that he is a broker without TLS: his port, and what each connection told him."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", port)) as listener:

        def listen() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(10)
                    connection.sendall(INFO)
                    try:
                        heard.append(connection.recv(4_096))
                    except ConnectionResetError:
                        heard.append(b"")

        threading.Thread(target=listen, daemon=True).start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One item."""
    path = tmp_path / "items.ndjson"
    path.write_bytes(item(1))
    return path


def refused(rules: Path, *arguments: str, **settings: str) -> list[str]:
    """What a command says that ends because the broker is none for us."""
    with Command(rules, None, *arguments, **settings) as command:
        assert until(lambda: command.process.poll() is not None, 60), command.log
        assert command.process.poll() == 2
    return command.log


def test_items_and_answers_go_by_tls(tmp_path: Path, authority: Authority, rules: Path, file: Path) -> None:
    with tls_broker(tmp_path, authority) as broker, worker(broker, rules, nats_ca=str(authority.ca)):
        with Command(rules, None, "ship", "--nats", broker.url, str(file), nats_ca=str(authority.ca)) as shipping:
            assert shipping.process.wait(60) == 0
        assert all_answered(broker)
        assert ids(answers(broker)) == ["1"]


@pytest.mark.parametrize("command", ["ship", "work"])
def test_a_broker_of_another_authority_is_refused_with_one_line(
    tmp_path: Path, authority: Authority, rules: Path, file: Path, command: str
) -> None:
    arguments = [command, "--nats", "", *([str(file)] if command == "ship" else ["--port", "0"])]
    with tls_broker(tmp_path, Authority(tmp_path, "theirs")) as broker:
        arguments[2] = broker.url
        for settings in ({"nats_ca": str(authority.ca)}, {}):
            (line,) = refused(rules, *arguments, **settings)
            assert line.startswith("bounces: the broker's certificate is not trusted: unable to get local issuer certificate")
            assert "BOUNCES_NATS_CA" in line


def test_a_certificate_for_another_address_is_refused(tmp_path: Path, authority: Authority, rules: Path, file: Path) -> None:
    with tls_broker(tmp_path, authority, address="192.0.2.1") as broker:
        (line,) = refused(rules, "ship", "--nats", broker.url, str(file), nats_ca=str(authority.ca))
    assert "is not trusted: IP address mismatch" in line


def test_a_certificate_of_ours_is_shown_where_the_broker_asks_for_one(
    tmp_path: Path, authority: Authority, rules: Path, file: Path
) -> None:
    certificate, key = authority.issue("ship")
    ours = {"nats_ca": str(authority.ca), "nats_certificate": str(certificate), "nats_key": str(key)}
    with tls_broker(tmp_path, authority, "--tlsverify", "--tlscacert", str(authority.ca)) as broker:
        with Command(rules, None, "ship", "--nats", broker.url, str(file), **ours) as shipping:
            assert shipping.process.wait(60) == 0
        with worker(broker, rules, **ours):
            assert all_answered(broker)
        (line,) = refused(rules, "ship", "--nats", broker.url, str(file), nats_ca=str(authority.ca))
        assert line == "bounces: the broker asks for a certificate of ours (BOUNCES_NATS_CERTIFICATE)\n"


def test_a_password_that_the_broker_does_not_know_is_told_with_one_line(tmp_path: Path, rules: Path, file: Path) -> None:
    password = tmp_path / "password"
    password.write_text("ship:wrong", encoding="utf-8")
    known = {"user": "ship", "password": "right"}
    with Nats(tmp_path / "jetstream", "--user", "ship", "--pass", "right", known=known) as broker:
        (line,) = refused(rules, "ship", "--nats", broker.url, str(file), nats_password_file=str(password))
    assert line.startswith("bounces: the broker does not know us (BOUNCES_NATS_PASSWORD_FILE")


def test_where_tls_is_asked_for_nothing_is_said_in_the_clear(
    tmp_path: Path, authority: Authority, rules: Path, file: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("ship:secret", encoding="utf-8")
    with overheard() as (port, heard):
        for url, settings in ((f"tls://127.0.0.1:{port}", {}), (f"nats://127.0.0.1:{port}", {"nats_ca": str(authority.ca)})):
            (line,) = refused(rules, "ship", "--nats", url, str(file), nats_password_file=str(password), **settings)
            assert line.startswith("bounces: the broker offers no TLS")
        assert until(lambda: len(heard) == 2)
        assert heard == [b"", b""]


def test_a_worker_says_nothing_in_the_clear_when_it_connects_again(tmp_path: Path, authority: Authority, rules: Path) -> None:
    with tls_broker(tmp_path, authority) as broker, worker(broker, rules, nats_ca=str(authority.ca)) as one:
        url = one.found(r"metrics at (http://[^;\"]+);")
        broker.stop()
        with overheard(broker.port) as (_, heard):
            assert until(lambda: len(heard) > 1)
            assert httpx.get(f"{url}/readyz").status_code == 503
        assert set(heard) == {b""}
        broker.start()
        assert until(lambda: httpx.get(f"{url}/readyz").status_code == 200)


def test_a_service_that_cannot_trust_the_broker_sends_webhooks_back(tmp_path: Path, authority: Authority, serve: Serve) -> None:
    event = b'[{"event": "bounce", "email": "bo@example.org", "reason": "550 5.1.1 user unknown", "sg_event_id": "e1"}]'
    with tls_broker(tmp_path, Authority(tmp_path, "theirs")) as broker:
        settings = Settings(webhooks_to=f"{broker.url}/bounces.items", webhooks_unsigned=True, nats_ca=authority.ca)
        with serve(settings) as base:
            for _ in range(2):
                answer = httpx.post(
                    f"{base}/v1/webhooks/sendgrid", content=event, headers={"content-type": "application/json"}, timeout=30
                )
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
