"""`bounces lmtp`: a mail server learns of each recipient whether its mail is stored, and keeps what is not."""

import hmac
import json
import resource
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.recipes.running import BOUNCE, free_port
from tests.running import Running, until
from tests.stream.running import Command, Nats, all_answered, answers, count, worker

FROM = ""


@contextmanager
def listening(rules: Path, to: str, *options: str, **settings: str) -> Iterator[tuple[Command, int]]:
    port = free_port()
    with Command(rules, "listening at", "lmtp", "--to", to, "--listen", f"127.0.0.1:{port}", *options, **settings) as command:
        yield command, port


def deliver(port: int, raw: str, recipient: str) -> dict[str, tuple[int, bytes]]:
    """The reply where it is not 250, by recipient; of one, since smtplib reads one reply to the end of the data."""
    with smtplib.LMTP("127.0.0.1", port) as mta:
        return dict(mta.sendmail(FROM, [recipient], raw))


def test_each_recipient_is_an_item_with_its_envelope(broker: Nats, rules: Path) -> None:
    with listening(rules, f"{broker.url}/bounces.items") as (_, port):
        for _again in range(2):  # a mail server that did not hear our reply
            assert raw_session(port, BOUNCE.replace("\n", "\r\n").encode(), 2) == [b"250 2.6.0"] * 2
    assert count(broker, "bounces-items") == 2
    with worker(broker, rules):
        assert all_answered(broker)
    reports = [line["result"] for message in answers(broker) for line in message.lines()]
    assert {one["message"]["envelope_to"] for one in reports} == {"b0@news.example", "b1@news.example"}
    assert {one["recipients"][0]["recipient"] for one in reports} == {"ana@example.org"}


def test_the_envelope_proves_what_a_signed_return_path_says(broker: Nats, rules: Path, tmp_path: Path) -> None:
    key = tmp_path / "verp"
    key.write_text("secret\n", encoding="utf-8")
    mac = hmac.digest(b"secret", b"42 ana@example.org", "sha256").hex()[:20]
    signed = {"verp_templates": "b+{id}-{local}={domain}-{mac}@{host}", "verp_keys_file": str(key)}
    with listening(rules, f"{broker.url}/bounces.items") as (_, port):
        assert deliver(port, BOUNCE, f"b+42-ana=example.org-{mac}@news.example") == {}
    with worker(broker, rules, **signed):
        assert all_answered(broker)
    assert answers(broker)[0].lines()[0]["result"]["origin"]["proof"] == "verp"


def test_without_the_broker_the_mail_server_keeps_its_mail(broker: Nats, rules: Path) -> None:
    broker.stop()
    with listening(rules, f"{broker.url}/bounces.items") as (_, port):
        with smtplib.LMTP("127.0.0.1", port, timeout=60) as mta, pytest.raises(smtplib.SMTPDataError) as refused:
            mta.sendmail(FROM, ["b@news.example"], BOUNCE)
        assert refused.value.smtp_code == 451
        broker.start()
        assert until(lambda: stored(port), 60)
    assert count(broker, "bounces-items") == 1


def stored(port: int) -> bool:
    try:
        return deliver(port, BOUNCE, "b@news.example") == {}
    except smtplib.SMTPException:
        return False


def raw_session(port: int, data: bytes, recipients: int) -> list[bytes]:
    """The replies to the end of the data, one for each recipient."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        file = connection.makefile("rwb")

        def said() -> bytes:
            while (line := file.readline())[3:4] == b"-":
                pass
            return line

        said()
        commands = [
            b"LHLO x",
            b"MAIL FROM:<>",
            *(b"RCPT TO:<b%d@news.example>" % number for number in range(recipients)),
            b"DATA",
        ]
        for command in commands:
            file.write(command + b"\r\n")
            file.flush()
            said()
        file.write(data + b"\r\n.\r\n")
        file.flush()
        return [said()[:9] for _ in range(recipients)]


def test_a_mail_beyond_the_size_is_refused_for_each_recipient(broker: Nats, rules: Path) -> None:
    with listening(rules, f"{broker.url}/bounces.items", max_body="20000") as (_, port):
        assert raw_session(port, b"Subject: x\r\n\r\n" + b"x" * 70 * 400, 3) == [b"552 5.3.4"] * 3
        with smtplib.LMTP("127.0.0.1", port) as mta:
            mta.ehlo_or_helo_if_needed()
            assert mta.esmtp_features["size"] == "20000"
    assert count(broker, "bounces-items") == 0


def test_a_mail_with_long_lines_is_taken(broker: Nats, rules: Path) -> None:
    with listening(rules, f"{broker.url}/bounces.items") as (_, port):
        assert raw_session(port, b"Subject: x\r\n\r\n" + b"x" * 50_000, 2) == [b"250 2.6.0"] * 2
    assert count(broker, "bounces-items") == 2


def test_more_connections_than_are_taken_are_to_come_back(broker: Nats, rules: Path) -> None:
    with listening(rules, f"{broker.url}/bounces.items", "--connections", "1") as (_, port):
        with socket.create_connection(("127.0.0.1", port)) as first, socket.create_connection(("127.0.0.1", port)) as second:
            assert first.recv(100).startswith(b"220")
            assert second.recv(100).startswith(b"421")
        assert until(lambda: stored(port))


def test_a_service_answers_and_its_reports_are_in_the_file(rules: Path, tmp_path: Path) -> None:
    reports = tmp_path / "verdicts.ndjson"
    with Running(rules) as service:
        with listening(rules, service.url, "--answers", str(reports)) as (_, port):
            assert raw_session(port, BOUNCE.replace("\n", "\r\n").encode(), 2) == [b"250 2.6.0"] * 2
            found = [json.loads(line) for line in reports.read_text(encoding="utf-8").splitlines()]
            assert sorted(one["message"]["envelope_to"] for one in found) == ["b0@news.example", "b1@news.example"]
            service.__exit__(None, None, None)
            with smtplib.LMTP("127.0.0.1", port) as mta, pytest.raises(smtplib.SMTPDataError) as refused:
                mta.sendmail(FROM, ["b@news.example"], BOUNCE)
            assert refused.value.smtp_code == 451
        service.url = ""


def test_a_report_that_finds_no_room_leaves_no_torn_line(rules: Path, tmp_path: Path) -> None:
    reports = tmp_path / "verdicts.ndjson"
    with Running(rules) as service, listening(rules, service.url, "--answers", str(reports)) as (command, port):
        assert deliver(port, BOUNCE, "b@news.example") == {}
        whole = reports.read_bytes()
        unlimited = resource.prlimit(command.process.pid, resource.RLIMIT_FSIZE, (len(whole) + 100, resource.RLIM_INFINITY))
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            deliver(port, BOUNCE, "b@news.example")
        assert reports.read_bytes() == whole
        resource.prlimit(command.process.pid, resource.RLIMIT_FSIZE, unlimited)
        assert deliver(port, BOUNCE, "b@news.example") == {}
    assert [json.loads(line)["kind"] for line in reports.read_text(encoding="utf-8").splitlines()] == ["bounce"] * 2


def test_a_socket_file_has_the_mode_that_was_asked_for(broker: Nats, rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with Command(rules, "listening at", "lmtp", "--to", broker.url, "--listen", f"unix:{path}", "--mode", "600"):
        assert path.stat().st_mode & 0o777 == 0o600
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            assert connection.recv(100).startswith(b"220")


def test_no_address_is_logged(broker: Nats, rules: Path) -> None:
    with listening(rules, broker.url, log_level="debug") as (command, port):
        deliver(port, BOUNCE, "very-secret@news.example")
    assert not command.logged("very-secret")
