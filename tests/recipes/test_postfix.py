"""The Postfix recipes, run by a Postfix of its own: its transport pipes bounces to the script, and its log is read."""

import json
import os
import shutil
import smtplib
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recipes.running import BOUNCE, EXAMPLES, free_port, program, python
from tests.running import until

DEBIANS_PYTHON = "/usr/bin/python3"  # which nobody may run, as a virtual environment of root's he may not
# As docs/recipes/postfix.md has it; daemons without a chroot, on the loopback alone.
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
transport_maps = inline:{{{{bounces.example.com = bounce-verdict:}}, {{example.org = smtp:[127.0.0.1]:{1}}}}}
bounce-verdict_destination_recipient_limit = 1
"""
MASTER = """127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
bounce-verdict unix - n n - - pipe
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
    """A folder that Postfix's own user and nobody may enter, as pytest's are not."""
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root alone")
    found = Path(tempfile.mkdtemp(prefix="postfix-"))
    found.chmod(0o755)
    try:
        yield found
    finally:
        shutil.rmtree(found)


@pytest.fixture
def postfix(folder: Path, server: str) -> Iterator[int]:
    """The port of a Postfix whose mail to example.org is refused, and whose mail to bounces.example.com is judged."""
    command, port = program("postfix", "Debian has it"), free_port()
    if not Path(DEBIANS_PYTHON).exists():
        pytest.skip(f"the user nobody needs a Python at {DEBIANS_PYTHON}")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as refusing:
        thread = threading.Thread(target=refusing.serve_forever)
        thread.start()
        for name in ("queue", "data", "conf", "verdicts"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "verdicts").chmod(0o777)
        script = shutil.copy(EXAMPLES / "postfix_bounce.py", folder)
        (folder / "conf" / "main.cf").write_text(MAIN.format(folder, refusing.server_address[1]), encoding="utf-8")
        filled = MASTER.format(port=port, script=script, service=server, folder=folder, python=DEBIANS_PYTHON)
        (folder / "conf" / "master.cf").write_text(filled, encoding="utf-8")
        _postfix(command, folder, "start")
        try:
            yield port
        finally:
            _postfix(command, folder, "stop")
            refusing.shutdown()
            thread.join()


def _postfix(command: str, folder: Path, word: str) -> None:
    """Tells Postfix to start or stop; its daemons keep what they are given, so that they get no pipe."""
    nothing = subprocess.DEVNULL
    subprocess.run([command, "-c", folder / "conf", word], check=True, stdin=nothing, stdout=nothing, stderr=nothing, timeout=60)


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
