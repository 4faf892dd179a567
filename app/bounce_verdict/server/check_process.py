"""Checking the rules as the parent of the workers does: in a process at a time, which may be slow, hang or die without harm."""

import logging
import os
import subprocess
import sys
import time

import msgspec

from bounce_verdict.private_files import NotPrivateError
from bounce_verdict.rulebook.files import rules_folder
from bounce_verdict.server.state_folder import StateFolder
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.status import Fault, RulesStatus, failed, first_fault, read_status, write_status

MAX_SECONDS = 125  # five more than the process gives itself (snapshot/make.py)
_WATCH_PAUSE = 5.0  # seconds before a watch that ended is started again

log = logging.getLogger("bounces.supervisor")


class RuleChecks:
    """Checks when asked to, and asks itself where files are watched (snapshot/watch.py). Nothing here waits for a process."""

    def __init__(self, settings: Settings, folder: StateFolder) -> None:
        self._settings = settings
        self._folder = folder
        self._check: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None
        self._output = os.fdopen(
            os.memfd_create("check"), "w+b", buffering=0
        )  # of the last check; in memory, since the disk may be full
        self._wanted = False
        self._started = self._watch_started = 0.0

    def ask(self) -> None:
        """Check as soon as no other check runs: what is on disk now is what will be checked."""
        self._wanted = True

    def tick(self) -> RulesStatus | None:
        """Go on; the status where a check has ended."""
        ended = None
        if self._check is not None:
            if (code := self._check.poll()) is not None:
                self._check, ended = None, self._outcome(code)
            elif time.monotonic() - self._started > MAX_SECONDS:
                self._check.kill()  # it is not waited for: the kernel may not let go of it
                self._check, ended = None, self._write(f"checking the rules takes more than {MAX_SECONDS} s")
        if self._wanted and self._check is None:
            self._wanted = False
            self._start()
        return ended

    def watch(self) -> None:
        """See that the files are watched."""
        if self._watch is None or (self._watch.poll() is not None and time.monotonic() - self._watch_started > _WATCH_PAUSE):
            folders = [rules_folder(self._settings.rules), *filter(None, [self._settings.local_rules])]
            command = [sys.executable, "-m", "bounce_verdict.snapshot.watch", str(os.getpid()), *map(str, folders)]
            self._watch_started = time.monotonic()
            self._watch = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603

    def end(self) -> None:
        """End the processes. Nothing can be asked afterwards."""
        for process in (self._check, self._watch):
            if process is not None and process.poll() is None:
                process.kill()
        self._output.close()

    def _start(self) -> None:
        self._started = time.monotonic()
        task = {"rules": self._settings.rules, "local": self._settings.local_rules, "started": self._started}
        task |= {"cache": self._folder.cache, "run": self._folder.run}
        command = [sys.executable, "-m", "bounce_verdict.snapshot.make", msgspec.json.encode(task, enc_hook=str).decode()]
        self._output.seek(0)
        self._output.truncate()
        self._check = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output)  # noqa: S603

    def _outcome(self, code: int) -> RulesStatus | None:
        status = read_status(self._folder.run)
        if code == 0 and status is not None and status.started == self._started:
            return status
        self._output.seek(0)
        last = self._output.read().decode(errors="replace").splitlines()[-1:]
        ended = f"exit code {code}" if code >= 0 else f"signal {-code}"
        return self._write(": ".join([f"checking the rules failed with {ended}", *last]))

    def _write(self, fault: str) -> RulesStatus:
        status = failed(self._folder.run, self._started, [Fault("rules", 0, fault)])
        try:
            write_status(self._folder.run, status)
        except (OSError, NotPrivateError) as error:
            log.error("the state folder cannot be written: %s", error)  # noqa: TRY400  # the text says it all
        return status


def log_outcome(status: RulesStatus) -> None:
    """Log what came of a check."""
    match status.result:
        case "failed":
            log.error("the rules were not reloaded, those before stay in use: %s", first_fault(status.faults))
        case "unchanged":
            log.info("the rules are unchanged: %s", status.digest)
        case "ok":
            log.info("reloaded: %d rules, %s", status.rules, status.digest)
