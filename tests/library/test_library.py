"""`import bounce_verdict`: what a program of one's own gets, and what it need not load for that."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import bounce_verdict
from bounce_verdict import Classifier, InputError, RulebookError
from tests.running import make_few_rules

REPORT = b"""From: MAILER-DAEMON@mx.example.net
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown
--b--
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def few(rules: Path) -> Classifier:
    return Classifier(rules)


def run(program: str) -> str:
    """What a program prints that runs in a process of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_exports_these_names_and_has_them() -> None:
    assert bounce_verdict.__all__ == [
        "AutoReply", "Blocklist", "BounceError", "Classification", "Classifier", "Event", "Evidence", "InputError", "Limits",
        "LogEvents", "MessageFacts", "Origin", "Reply", "Report", "ReturnPaths", "RuleHit", "RulebookError", "ServiceError",
        "SettingsError", "Skipped", "ToMatch", "__version__", "classify", "classify_error",
    ]  # fmt: skip
    assert all(getattr(bounce_verdict, name) is not None for name in bounce_verdict.__all__)


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Pipeline'"):
        _ = bounce_verdict.Pipeline  # type: ignore[attr-defined]


def test_importing_and_classifying_load_no_web_framework() -> None:
    program = """
import sys
from bounce_verdict import classify
answer = classify("550 5.1.1 user unknown", command="rcpt to", recipient="ana@example.org")
assert answer.verdict == "permanent", answer
assert answer.recipient == "ana@example.org", answer
print({"fastapi", "uvicorn", "starlette", "pydantic_settings"} & set(sys.modules))
"""
    assert run(program) == "set()\n"


def test_the_bare_import_loads_neither_rules_nor_engine() -> None:
    program = "import sys, bounce_verdict; print({'hyperscan', 're2', 'msgspec', 'bounce_verdict.pipeline'} & set(sys.modules))"
    assert run(program) == "set()\n"


def test_a_message_is_classified_for_each_recipient(few: Classifier) -> None:
    report = few.message(REPORT, envelope_to="bounces@example.com")
    assert [(one.recipient, one.verdict) for one in report.recipients] == [("ana@example.org", "permanent")]
    assert report.message.envelope_to == "bounces@example.com"


@pytest.mark.parametrize("command", ["RCPT", "rcpt", "rcpt to", "RCPT TO:<ana@example.org>"])
def test_a_command_may_be_spelled_as_programs_do(few: Classifier, command: str) -> None:
    answer = few.reply("550 no", command=command)
    assert answer.reply is not None
    assert answer.reply.command == "RCPT"


def test_an_unknown_command_is_refused(few: Classifier) -> None:
    with pytest.raises(InputError, match="RCPT"):
        few.reply("550 no", command="FROB")


def test_ones_own_rules_come_first(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        """[[rule]]
id = "mine.wombat"
match = 'wombat'
verdict = "storage"
reason = "mailbox-full"
reference = "RFC 5321"
hits = ["550 a wombat"]
misses = ["550 no"]
""",
        encoding="utf-8",
    )
    assert Classifier(rules, local_rules=str(tmp_path)).reply("550 user unknown, a wombat").verdict == "storage"


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RulebookError):
        Classifier(tmp_path)


def test_the_digest_is_that_of_every_answer(few: Classifier) -> None:
    assert few.rules_digest == few.reply("550 no").rules_digest


def test_threads_share_a_classifier(few: Classifier) -> None:
    replies = ["550 5.1.1 user unknown", "452 4.2.2 mailbox full", "554 no"] * 100
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda reply: few.reply(reply, recipient="ana@example.org").verdict, replies))
    assert answers == [few.reply(reply).verdict for reply in replies]


def test_lines_of_a_mail_log_are_read_alone_and_as_a_stream(few: Classifier) -> None:
    bounced = "4X1: to=<ana@example.org>, relay=none, delay=1, dsn=5.1.1, status=bounced (550 5.1.1 user unknown)"
    assert few.log_line(bounced).events[0].queue_id == "4X1"  # type: ignore[union-attr]
    assert few.log_line("4X1: removed", "postfix").reason == "no-delivery"  # type: ignore[union-attr]
    assert [type(found).__name__ for found in few.log([bounced, "4X1: removed"], "postfix")] == ["Event", "Skipped"]
    with pytest.raises(bounce_verdict.InputError, match="must be one of postfix, exim"):
        few.log([bounced], "lotus")
