"""The pipeline of a worker of the stream: checked snapshots, as the service has them, and a newer one put in its place while it runs."""

import logging
import time
from pathlib import Path

from anyio import to_thread

from bounce_verdict import __version__
from bounce_verdict.errors import BounceError, RulebookError
from bounce_verdict.metrics import Metrics
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.private_files import NotPrivateError
from bounce_verdict.server.check_process import RuleChecks, log_outcome
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.file import SnapshotError, load_pipeline
from bounce_verdict.snapshot.status import Fault, RulesStatus, first_fault
from bounce_verdict.web.large_bodies import Wanted

_POLL_SECONDS = 0.02

log = logging.getLogger("bounces.stream")


class Rules:
    """What judges. pipeline: read it once for a message, so that no answer mixes two rulebooks. fault: why the rules on disk are not in use."""

    def __init__(self, settings: Settings, run: Path, checks: RuleChecks, metrics: Metrics) -> None:
        """Check the rules and load them. Raises RulebookError where they cannot be used."""
        self.fault: Fault | None = None
        self._settings = settings
        self._run = run
        self._checks = checks
        self._metrics = metrics
        status = self._first()
        self.pipeline = self._load(status)
        self._note(status)

    def wanted(self) -> Wanted:
        """What a child is to judge by, in place of `pipeline`."""
        now = self.pipeline
        return Wanted(self._snapshot, now.book.digest, now.limits, now.return_paths, now.own_domains)

    def ask(self) -> None:
        """Have what is on disk checked, and taken into use."""
        self._checks.ask()

    async def tick(self) -> None:
        """Go on with checks; take into use what was found sound. Call it about once a second."""
        if self._settings.watch_rules:
            self._checks.watch()
        status = self._checks.tick()
        if status is None:
            return
        log_outcome(status)
        try:
            wanted = (status.digest, self._settings.return_paths())
            if status.snapshot and wanted != (self.pipeline.book.digest, self.pipeline.return_paths):
                self.pipeline = await to_thread.run_sync(self._load, status)
        except (BounceError, SnapshotError, NotPrivateError) as error:
            log.error("the checked rules cannot be loaded, those before stay in use: %s", error)  # noqa: TRY400
            status.faults = [Fault("rules", 0, str(error))]
        self._note(status)

    def _note(self, status: RulesStatus) -> None:
        self.fault = status.faults[0] if status.faults else None
        self._metrics.set("bounces_rules_stale", 1 if status.faults else 0)
        self._metrics.set("bounces_rules_info", 1, self.pipeline.book.digest, __version__)
        self._metrics.set("bounces_rules", len(self.pipeline.book.rules))

    def _first(self) -> RulesStatus:
        self._checks.ask()
        while (status := self._checks.tick()) is None:
            time.sleep(_POLL_SECONDS)
        if status.faults:
            first = status.faults[0]
            raise RulebookError(first.path, first.line, first_fault(status.faults).removeprefix(f"{first.place}: "))
        return status

    def _load(self, status: RulesStatus) -> Pipeline:
        settings, snapshot = self._settings, self._run / status.snapshot
        pipeline = load_pipeline(snapshot, settings.limits(), settings.return_paths(), settings.our_domains())
        self._snapshot = snapshot
        return pipeline
