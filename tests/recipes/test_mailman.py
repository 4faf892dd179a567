"""The Mailman recipe, run by Mailman 3's own shell on a list of its own."""

import os
from pathlib import Path

import pytest

from tests.recipes.running import BOUNCE, EXAMPLES, program, run

SHOW = """
from mailman.interfaces.bounce import IBounceProcessor
from zope.component import getUtility


def events(mlist):
    processor = getUtility(IBounceProcessor)
    for event in list(processor.unprocessed):
        processor.process_event(event)
        print(event.email, mlist.members.get_member(event.email).bounce_score)
"""


@pytest.fixture
def mailman(tmp_path: Path) -> list[str]:
    """The command, with one list and one member."""
    command = [program("mailman", "Debian's package mailman3 has it")]
    if os.geteuid() == 0:
        command.append("--run-as-root")
    configuration = tmp_path / "mailman.cfg"
    configuration.write_text(
        f"[mailman]\nsite_owner: root@example.com\nlayout: here\n[paths.here]\nvar_dir: {tmp_path}/var\n"
        f"[database]\nurl: sqlite:///{tmp_path}/mailman.db\n[mta]\nincoming: mailman.mta.null.NullMTA\n",
        encoding="utf-8",
    )
    command += ["--config", str(configuration)]
    (tmp_path / "members").write_text("ana@example.org\n", encoding="utf-8")
    (tmp_path / "show.py").write_text(SHOW, encoding="utf-8")
    run(*command, "create", "news@example.com")
    run(*command, "addmembers", tmp_path / "members", "news.example.com")
    return command


@pytest.mark.parametrize(
    ("reply", "scored"),
    [("550 5.1.1 <ana@example.org>: user unknown", "ana@example.org 1"), ("550 5.7.1 message looks like spam", "")],
)
def test_mailman_scores_what_speaks_against_the_address(
    mailman: list[str], server: str, tmp_path: Path, reply: str, scored: str
) -> None:
    bounce = tmp_path / "bounce.eml"
    text = BOUNCE.replace("550 5.1.1 <ana@example.org>: user unknown", reply)
    bounce.write_text(text if "5.1.1" in reply else text.replace("Status: 5.1.1", "Status: 5.7.1"), encoding="utf-8")
    shell = [*mailman, "shell", "--listspec", "news@example.com", "--run"]
    variables = {"PYTHONPATH": f"{EXAMPLES}:{tmp_path}", "BOUNCE_VERDICT": server, "PYTHONDONTWRITEBYTECODE": "1"}
    run(*shell, "mailman_bounces.register", bounce, "news-bounces@example.com", variables=variables)
    assert run(*shell, "show.events", variables=variables).strip() == scored
