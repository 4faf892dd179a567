"""A real Postfix delivers bounces by LMTP while what stands behind the listener is restarted: none is lost."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postfix import postfix_folder, running_postfix
from tests.recipes.running import BOUNCE, free_port
from tests.running import until
from tests.stream.running import Command, Nats, answers, worker

MAILS = 200
# As docs/streams.md has it; mail that was kept is tried again at once.
MAIN = """transport_maps = inline:{{{{bounces.example.com = lmtp:inet:127.0.0.1:{0}}}}}
lmtp_destination_recipient_limit = 50
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with postfix_folder() as found:
        yield found


def test_postfix_loses_no_bounce_while_listener_worker_and_broker_are_restarted(folder: Path, broker: Nats, rules: Path) -> None:
    lmtp = free_port()
    arguments = ("lmtp", "--to", f"{broker.url}/bounces.items", "--listen", f"127.0.0.1:{lmtp}")
    listener = Command(rules, "listening at", *arguments)
    working = worker(broker, rules)
    wanted = {f"news+{number}@bounces.example.com" for number in range(MAILS)}

    def arrived() -> set[str]:
        return {line["result"]["message"]["envelope_to"] for message in answers(broker) for line in message.lines()}

    try:
        with running_postfix(folder, MAIN.format(lmtp)) as port, smtplib.SMTP("127.0.0.1", port, timeout=60) as sending:
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
