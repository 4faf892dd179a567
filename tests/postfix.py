"""A Postfix of its own for a test: daemons without a chroot, on the loopback alone, under a folder that goes with it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.recipes.running import free_port, program

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
"""
MASTER = """127.0.0.1:{0} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 2 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@contextmanager
def postfix_folder() -> Iterator[Path]:
    """A folder that Postfix's own user and nobody may enter, as pytest's are not; else the test is skipped."""
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root alone")
    found = Path(tempfile.mkdtemp(prefix="postfix-"))
    found.chmod(0o755)
    try:
        yield found
    finally:
        shutil.rmtree(found)


@contextmanager
def running_postfix(folder: Path, main: str, master: str = "") -> Iterator[int]:
    """The port of a Postfix with these lines of main.cf and master.cf beside the usual ones. Its log is `folder`/mail.log."""
    command, port = program("postfix", "Debian has it"), free_port()
    for name in ("queue", "data", "conf"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "conf" / "main.cf").write_text(MAIN.format(folder) + main, encoding="utf-8")
    (folder / "conf" / "master.cf").write_text(MASTER.format(port) + master, encoding="utf-8")
    _tell(command, folder, "start")
    try:
        yield port
    finally:
        _tell(command, folder, "stop")


def _tell(command: str, folder: Path, word: str) -> None:
    """Tells Postfix to start or stop; its daemons keep what they are given, so that they get no pipe."""
    nothing = subprocess.DEVNULL
    subprocess.run(  # noqa: S603
        [command, "-c", folder / "conf", word], check=True, stdin=nothing, stdout=nothing, stderr=nothing, timeout=60
    )
