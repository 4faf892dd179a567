"""`bounces ship`: every kind of file is on the stream as items, once, and a broker that is away is waited for."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

from bounce_verdict.cli.inputs.log_context import LogContext
from bounce_verdict.maillogs.reader import LogReader
from bounce_verdict.stream.names import ITEMS
from tests.cli.running import plain, run_in_terminal
from tests.recipes.running import BOUNCE, BOUNCED, REMOVED
from tests.running import ROOT, environment_of, until
from tests.stream.running import Command, Nats, all_answered, answers, count, dead_letters, ids, item, kept, worker

MBOX = "".join(f"From MAILER-DAEMON Sun Nov 29 09:15:0{n} 2026\n{BOUNCE.replace('ana@', f'u{n}@')}\n" for n in range(3))
CSV = "email;reply\nana@example.org;550 5.1.1 user unknown\nbo@example.org;452 4.2.2 mailbox full\n"
QMAIL = (
    "starting delivery 3: msg 42 to remote ana@example.org\nstarting delivery 4: msg 43 to remote bo@example.org\n"
    "delivery 3: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_user_unknown/\n"
)


def ship(broker: Nats, rules: Path, *arguments: str | Path, code: int = 0) -> str:
    """What it says on stderr."""
    command = [sys.executable, "-m", "bounce_verdict", "ship", "--nats", broker.url, *map(str, arguments)]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=120, check=False, env=environment_of(rules, {}), cwd=ROOT
    )
    assert done.returncode == code, done.stderr
    return done.stderr


def test_every_kind_of_file_is_shipped_and_answered(broker: Nats, rules: Path, tmp_path: Path) -> None:
    files = {
        "items.ndjson": "\n".join(item(number).decode() for number in range(250)) + "\n{bad\n",
        "mbox": MBOX,
        "mail.eml": BOUNCE,
        "replies.csv": CSV,
        "mail.log": BOUNCED + REMOVED,
        "qmail.log": QMAIL,
        "replies.txt": "550 5.1.1 user unknown\n550-5.1.1 user\n550 5.1.1 unknown\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert ship(broker, rules, *(tmp_path / name for name in files)) == "bounces: 261 items are stored\n"
    with worker(broker, rules):
        assert all_answered(broker)
    lines = {str(line["id"]): line for message in answers(broker) for line in message.lines()}
    assert len(lines) == 250 + 3 + 1 + 2 + 1 + 1 + 2
    assert [letter.body for letter in dead_letters(broker)] == [b"{bad"]
    assert lines[f"{tmp_path}/mbox:2"]["result"]["recipients"][0]["recipient"] == "u1@example.org"
    assert lines[f"{tmp_path}/replies.csv:3"]["result"]["recipient"] == "bo@example.org"
    assert lines[f"{tmp_path}/mail.log:1"]["result"]["events"][0]["recipients"][0]["recipient"] == "ana@example.org"
    assert lines[f"{tmp_path}/qmail.log:3"]["result"]["events"][0]["recipients"][0]["recipient"] == "ana@example.org"
    assert lines[f"{tmp_path}/replies.txt:2"]["type"] == "classification"


def test_what_is_shipped_twice_is_stored_once_and_records_that_are_alike_are_two(
    broker: Nats, rules: Path, tmp_path: Path
) -> None:
    file = tmp_path / "replies.txt"
    file.write_text("550 5.1.1 user unknown\n" * 4, encoding="utf-8")
    for _ in range(2):
        ship(broker, rules, "--batch", "2", file)
    assert count(broker, "bounces-items") == 2


def test_a_broker_that_is_away_is_waited_for(broker: Nats, rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "items.ndjson"
    file.write_text("\n".join(item(number).decode() for number in range(1_000)), encoding="utf-8")
    broker.stop()
    with Command(rules, "cannot be reached, waiting", "ship", "--nats", broker.url, str(file)) as shipping:
        broker.start()
        assert shipping.process.wait(60) == 0
    assert shipping.log[-1] == "bounces: 1,000 items are stored\n"
    with worker(broker, rules):
        assert all_answered(broker)
    assert sorted(map(int, ids(answers(broker)))) == list(range(1_000))


def test_a_stopped_run_says_where_to_go_on(broker: Nats, rules: Path, tmp_path: Path) -> None:
    file, items = tmp_path / "items.ndjson", 300_000  # some seconds
    file.write_text("\n".join(item(number).decode() for number in range(items)), encoding="utf-8")
    with Command(rules, None, "ship", "--nats", broker.url, str(file)) as shipping:
        assert until(lambda: count(broker, "bounces-items") > 0)
        shipping.process.send_signal(signal.SIGINT)
        assert shipping.process.wait(30) == 130
    assert count(broker, "bounces-items") < items // 100
    position = re.search(r"--resume (\S+)", shipping.log[-1])
    assert position is not None
    ship(broker, rules, "--resume", position[1], file)
    found = [line["id"] for message in kept(broker, ITEMS, "bounces-workers") for line in message.lines()]
    assert len(found) == len(set(found)) == items


def test_a_bar_with_rate_and_time_left_is_shown_on_a_terminal_and_nothing_off_it(
    broker: Nats, rules: Path, tmp_path: Path
) -> None:
    file = tmp_path / "items.ndjson"
    file.write_text("\n".join(item(number).decode() for number in range(20_000)), encoding="utf-8")
    shown = plain(run_in_terminal(rules, "ship", "--nats", broker.url, str(file)).out)
    assert re.search(r"\d+% +[\d,]+ items, [\d,]+/s +\d:\d\d:\d\d", shown), shown
    assert shown.endswith("bounces: 20,000 items are stored\n")
    assert ship(broker, rules, file) == "bounces: 20,000 items are stored\n"


def test_ctrl_c_on_a_terminal_ends_the_bar_and_says_where_to_go_on(broker: Nats, rules: Path, tmp_path: Path) -> None:
    file, items = tmp_path / "items.ndjson", 100_000
    file.write_text("\n".join(item(number).decode() for number in range(items)), encoding="utf-8")
    stopped = run_in_terminal(rules, "ship", "--nats", broker.url, str(file), stop_at=r"[1-9][0-9,]* items")
    assert stopped.code == 130
    position = re.search(r"to go on, add --resume (\d+:\d+:\d+)\n", plain(stopped.out))
    assert position, stopped.out
    ship(broker, rules, "--resume", position[1], file)
    found = [line["id"] for message in kept(broker, ITEMS, "bounces-workers") for line in message.lines()]
    assert len(found) == len(set(found)) == items


def test_a_mail_larger_than_the_broker_takes_is_told_and_the_others_are_stored(tmp_path: Path, broker: Nats, rules: Path) -> None:
    (tmp_path / "1.eml").write_text(BOUNCE + "x" * 1_100_000, encoding="utf-8")
    (tmp_path / "2.eml").write_text(BOUNCE, encoding="utf-8")
    said = ship(broker, rules, tmp_path / "1.eml", tmp_path / "2.eml", code=1)
    assert "1.eml:1: is larger than the" in said
    assert count(broker, "bounces-items") == 1


def test_a_row_wider_than_the_head_is_told_and_the_others_are_stored(tmp_path: Path, broker: Nats, rules: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("email;reply\na@example.org;550 5.1.1 no; see below\nbo@example.org;452 4.2.2 full\n", encoding="utf-8")
    said = ship(broker, rules, file, code=1)
    assert "a.csv:2: has 3 cells, and the head names 2" in said
    (message,) = kept(broker, ITEMS, "bounces-workers")
    assert [line["recipient"] for line in message.lines()] == ["bo@example.org"]


def test_a_line_that_needs_others_to_be_read_takes_them_along() -> None:
    head = "#Fields: date-time,event-id,recipient-address"
    records = ["#Software: x", head, "r1", "r2"]
    context, reader = LogContext(), LogReader("exchange")
    told = [context.ahead(*(read := reader.read(record))[:1], record, read[1]) for record in records]
    assert told == ["", "", f"#Software: x\n{head}\n", f"#Software: x\n{head}\n"]
    qmail = LogContext()
    taken = [qmail.ahead("qmail", line, "no-delivery") for line in QMAIL.splitlines()]
    assert taken == ["", "", "starting delivery 3: msg 42 to remote ana@example.org\n"]


def test_items_with_their_own_ids_are_sent_as_they_stand(broker: Nats, rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.ndjson"
    file.write_bytes(item(7))
    ship(broker, rules, file)
    with worker(broker, rules):
        assert all_answered(broker)
    assert json.loads(answers(broker)[0].body)["id"] == "7"
