"""The Postfix recipes, run by a Postfix of its own: its transport pipes bounces to the script, and its log is read."""

import json
import shutil
import smtplib
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postfix import postfix_folder, running_postfix
from tests.recipes.running import BOUNCE, EXAMPLES, python
from tests.running import until

DEBIANS_PYTHON = "/usr/bin/python3"  # which nobody may run, as a virtual environment of root's he may not
# As docs/recipes/postfix.md has it.
MAIN = """transport_maps = inline:{{{{bounces.example.com = bounce-verdict:}}, {{example.org = smtp:[127.0.0.1]:{0}}}}}
bounce-verdict_destination_recipient_limit = 1
"""
MASTER = """bounce-verdict unix - n n - - pipe
  flags=R user=nobody argv={python} {script} {service} {folder}/verdicts/verdicts.ndjson ${{original_recipient}}
"""


class Refusing(socketserver.StreamRequestHandler):
    """A mail server that knows no user."""

    def handle(self) -> None:
        """One session."""
        self.wfile.write(b"220 mx.example.org ESMTP\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            self.wfile.write(
                b"550 5.1.1 user unknown\r\n" if verb == b"RCPT" else b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"
            )
            if verb == b"QUIT":
                return


@pytest.fixture
def folder() -> Iterator[Path]:
    with postfix_folder() as found:
        yield found


@pytest.fixture
def postfix(folder: Path, server: str) -> Iterator[int]:
    """The port of a Postfix whose mail to example.org is refused, and whose mail to bounces.example.com is judged."""
    if not Path(DEBIANS_PYTHON).exists():
        pytest.skip(f"the user nobody needs a Python at {DEBIANS_PYTHON}")
    (folder / "verdicts").mkdir()
    (folder / "verdicts").chmod(0o777)
    script = shutil.copy(EXAMPLES / "postfix_bounce.py", folder)
    master = MASTER.format(script=script, service=server, folder=folder, python=DEBIANS_PYTHON)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as refusing:
        thread = threading.Thread(target=refusing.serve_forever)
        thread.start()
        try:
            with running_postfix(folder, MAIN.format(refusing.server_address[1]), master) as port:
                yield port
        finally:
            refusing.shutdown()
            thread.join()


def test_postfix_pipes_bounces_and_its_log_tells_of_refusals(postfix: int, folder: Path) -> None:
    verdicts, log = folder / "verdicts" / "verdicts.ndjson", folder / "mail.log"
    with smtplib.SMTP("127.0.0.1", postfix, timeout=30) as sending:
        sending.sendmail("", ["news+7@bounces.example.com"], BOUNCE)
        sending.sendmail("", ["bo@example.org"], "Subject: news\n\nhello\n")
    assert until(verdicts.exists), log.read_text(encoding="utf-8")
    assert until(lambda: "status=bounced" in log.read_text(encoding="utf-8"))
    found = json.loads(verdicts.read_text(encoding="utf-8"))
    assert (found["recipient"], found["verdict"], found["suppress"], found["proof"]) == (
        "ana@example.org",
        "permanent",
        "now",
        None,
    )
    told = python("postfix_log.py", given=log.read_text(encoding="utf-8")).splitlines()
    assert [line.split()[:3] for line in told] == [["now", "bo@example.org", "mailbox-unknown"]]
