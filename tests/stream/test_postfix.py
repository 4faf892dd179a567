"""A real Postfix delivers bounces by LMTP while what stands behind the listener is restarted: none is lost."""

import os
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.recipes.running import BOUNCE, free_port, program
from tests.running import until
from tests.stream.running import Command, Nats, answers, worker

MAILS = 200
# As docs/streams.md has it; daemons without a chroot, on the loopback alone, and mail that was kept is tried again at once.
MAIN = """compatibility_level = 3.6
queue_directory = {0}/queue
data_directory = {0}/data
maillog_file = {0}/mail.log
maillog_file_prefixes = {0}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mail.example.com
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
relay_domains = bounces.example.com
transport_maps = inline:{{{{bounces.example.com = lmtp:inet:127.0.0.1:{1}}}}}
lmtp_destination_recipient_limit = 50
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
"""
MASTER = """127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 2 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that Postfix's own user may enter, as pytest's are not."""
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root alone")
    found = Path(tempfile.mkdtemp(prefix="postfix-"))
    found.chmod(0o755)
    try:
        yield found
    finally:
        shutil.rmtree(found)


@contextmanager
def postfix(folder: Path, lmtp_port: int) -> Iterator[int]:
    """The port of a Postfix that hands mail to bounces.example.com to the LMTP listener at that port."""
    command, port = program("postfix", "Debian has it"), free_port()
    for name in ("queue", "data", "conf"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "conf" / "main.cf").write_text(MAIN.format(folder, lmtp_port), encoding="utf-8")
    (folder / "conf" / "master.cf").write_text(MASTER.format(port=port), encoding="utf-8")
    _postfix(command, folder, "start")
    try:
        yield port
    finally:
        _postfix(command, folder, "stop")


def _postfix(command: str, folder: Path, word: str) -> None:
    nothing = subprocess.DEVNULL
    subprocess.run(  # noqa: S603
        [command, "-c", folder / "conf", word], check=True, stdin=nothing, stdout=nothing, stderr=nothing, timeout=60
    )


def test_postfix_loses_no_bounce_while_listener_worker_and_broker_are_restarted(folder: Path, broker: Nats, rules: Path) -> None:
    lmtp = free_port()
    arguments = ("lmtp", "--to", f"{broker.url}/bounces.items", "--listen", f"127.0.0.1:{lmtp}")
    listener = Command(rules, "listening at", *arguments)
    working = worker(broker, rules)
    wanted = {f"news+{number}@bounces.example.com" for number in range(MAILS)}

    def arrived() -> set[str]:
        return {line["result"]["message"]["envelope_to"] for message in answers(broker) for line in message.lines()}

    try:
        with postfix(folder, lmtp) as port, smtplib.SMTP("127.0.0.1", port, timeout=60) as sending:
            for number, address in enumerate(sorted(wanted)):
                sending.sendmail("", [address], BOUNCE.replace("<b1@", f"<b{number}@"))
                if number == MAILS // 4:
                    listener.process.kill()
                    listener.__exit__(None, None, None)
                    listener = Command(rules, "listening at", *arguments)
                if number == MAILS // 2:
                    broker.stop()
                if number == MAILS * 5 // 8:
                    broker.start()
                if number == MAILS * 3 // 4:
                    working.process.kill()
                    working.__exit__(None, None, None)
                    working = worker(broker, rules)
            assert until(lambda: len(arrived()) == MAILS, 120), (folder / "mail.log").read_text(encoding="utf-8")[-3000:]
    finally:
        listener.__exit__(None, None, None)
        working.__exit__(None, None, None)
    assert arrived() == wanted
