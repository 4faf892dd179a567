"""The Haraka plugin, run by Haraka where it is installed: a mail is refused by one server and put off by another."""

import shutil
import smtplib
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bounce_verdict.settings import Settings
from tests.recipes.running import EXAMPLES, Serve, free_port, program, run
from tests.running import until

ROUTES = """exports.hook_get_mx = (next, hmail, domain) => next(OK, { priority: 0, exchange: '127.0.0.1', port: PORT })
exports.hook_rcpt = next => next(OK)
exports.hook_mail = (next, connection) => { connection.relaying = true; next() }
"""


class Answering(socketserver.StreamRequestHandler):
    """A mail server that knows no ana, and puts off everybody else."""

    def handle(self) -> None:
        """One session."""
        self.wfile.write(b"220 mx.example.org ESMTP\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            refused = b"550 5.1.1 user unknown\r\n" if b"<ana@" in line else b"451 4.7.1 Greylisted, try again in 900 seconds\r\n"
            self.wfile.write(refused if verb == b"RCPT" else b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return


@pytest.fixture
def haraka(tmp_path: Path, serve: Serve) -> Iterator[tuple[int, Path]]:
    """The port of a Haraka with the plugin, and the file of its log."""
    command, port, log = (
        program("haraka", "it is in neither Debian nor PyPI: npm install --global Haraka"),
        free_port(),
        tmp_path / "log",
    )
    with (
        serve(Settings(webhooks_unsigned=True)) as service,
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answering) as answering,
    ):
        thread = threading.Thread(target=answering.serve_forever)
        thread.start()
        run(command, "--install", tmp_path)
        for name, text in {
            "plugins": "routes\nbounce_verdict\n",
            "smtp.ini": f"listen=127.0.0.1:{port}\nnodes=0\n",
            "loglevel": "INFO\n",
            "outbound.ini": "enable_tls=false\nlocal_mx_ok=true\n",
        }.items():
            (tmp_path / "config" / name).write_text(text, encoding="utf-8")
        routes = ROUTES.replace("PORT", str(answering.server_address[1]))
        (tmp_path / "plugins" / "routes.js").write_text(routes, encoding="utf-8")
        shutil.copy(EXAMPLES / "haraka_bounce_verdict.js", tmp_path / "plugins" / "bounce_verdict.js")
        variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "BOUNCE_VERDICT": f"{service}/v1/webhooks/haraka",
            "HARAKA": str(tmp_path),
        }
        with log.open("wb") as out, subprocess.Popen([command, "-c", tmp_path], stdout=out, stderr=out, env=variables) as running:
            try:
                assert until(lambda: "Listening on" in log.read_text(encoding="utf-8") or running.poll() is not None)
                assert running.poll() is None, log.read_text(encoding="utf-8")
                yield port, log
            finally:
                running.terminate()
                answering.shutdown()
                thread.join()


def test_the_plugin_logs_verdicts_and_waits_as_long_as_it_was_asked_to(haraka: tuple[int, Path]) -> None:
    port, log = haraka
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as sending:
        sending.sendmail("n@example.com", ["ana@example.org"], "Subject: news\n\nhello\n")
        sending.sendmail("n@example.com", ["bo@example.org"], "Subject: news\n\nhello\n")
    assert until(lambda: "now ana@example.org permanent mailbox-unknown" in log.read_text(encoding="utf-8")), log.read_text(
        encoding="utf-8"
    )
    assert until(lambda: "for 900 seconds" in log.read_text(encoding="utf-8")), log.read_text(encoding="utf-8")
