"""What every endpoint works with: one object for each worker, made when it starts and changed while it runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from starlette.types import Scope

from bounce_verdict import __version__
from bounce_verdict.contract.service_answers import RuleFolder
from bounce_verdict.errors import SettingsError
from bounce_verdict.keys import Keyring, open_keyring
from bounce_verdict.metrics import Metrics
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.status import Fault
from bounce_verdict.tracing import flush_traces, start_tracing
from bounce_verdict.web.access_log import AccessLog
from bounce_verdict.web.batch.spool import Spools
from bounce_verdict.web.judging import Replies
from bounce_verdict.web.large_bodies import Pool, Wanted
from bounce_verdict.web.webhooks.senders import Senders
from bounce_verdict.web.webhooks.storing import open_stream


class Service:
    """The pipeline with its rulebook, the limits, the keys, what counts, and how the service around this process stands.

    pipeline: may be replaced at any time; a request reads it once, so that no answer mixes two rulebooks.
    keyring, senders: replaced together (`reload_keys`), for the senders keep the keyring.
    snapshot: the file that the pipeline came from, for the process that reads large bodies; None where they are read here.
    rules_fault: None while the rules are those on disk. storage_fault: what is wrong with the state folder, for /readyz.
    reload: has the rules on disk checked and taken into use, or raises Refusal; None where nobody can.
    """

    def __init__(self, settings: Settings, pipeline: Pipeline, metrics: Metrics, snapshot: Path | None = None) -> None:
        """Raise SettingsError for keys that cannot be used."""
        self.settings = settings
        self.metrics = metrics
        self.keyring: Keyring = open_keyring(settings)
        self.senders = Senders(settings, self.keyring)
        self.pipeline = pipeline
        self.snapshot = snapshot
        self.rules_fault: Fault | None = None
        self.rule_folders: Sequence[RuleFolder] = ()
        self.draining = False
        self.storage_fault: str | None = None
        self.reload: Callable[[], Awaitable[Literal["ok", "unchanged"]]] | None = None
        self.access_log = AccessLog(metrics, logged=settings.log_level in {"debug", "info"})
        self.places = asyncio.Semaphore(settings.max_large)  # for large bodies (request/body.py)
        self.spools = Spools(settings.max_spool, snapshot.parent if snapshot is not None else None)
        self.replies = Replies(metrics)
        self.webhook_stream = open_stream(settings, metrics)
        self.telemetry = start_tracing()
        self.pool = Pool(settings.readers) if snapshot is not None and settings.readers else None

    @property
    def pipeline(self) -> Pipeline:
        """What judges; a request reads it once."""
        return self._pipeline

    @pipeline.setter
    def pipeline(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.metrics.set("bounces_rules_info", 1, pipeline.book.digest, __version__)
        self.metrics.set("bounces_rules", len(pipeline.book.rules))

    def wanted(self, pipeline: Pipeline) -> Wanted:
        """What a child is to answer by, in place of `pipeline`; only where there is a pool."""
        assert self.snapshot is not None  # noqa: S101  # for the type checker: the pool was made with it
        return Wanted(self.snapshot, pipeline.book.digest, pipeline.limits, pipeline.return_paths, pipeline.own_domains)

    async def prepare_child(self) -> None:
        """Have a child ready to answer by the pipeline of now: starting one takes 0.7 s, for which the first body would wait."""
        if self.pool is not None:
            await self.pool.prepare(self.wanted(self.pipeline))

    def reload_keys(self) -> None:
        """Read the keys anew. Raises SettingsError where they cannot be used or none is left; then those before stay in force."""
        keyring = open_keyring(self.settings)
        if self.keyring.keys and not keyring.keys:  # a file that is just being written, or all callers let in by a slip
            raise SettingsError("BOUNCES_KEYS_FILE: no key is left in it; those before stay in force")
        self.senders = Senders(self.settings, keyring)
        self.keyring = keyring

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncIterator[None]:
        """The application's life, at whose end is closed what is open and written what was counted and logged."""
        try:
            yield
        finally:
            if self.webhook_stream is not None:
                await self.webhook_stream.close()
            self.access_log.flush()
            flush_traces(self.telemetry)


def service_of(scope: Scope) -> Service:
    """The service that a request was sent to."""
    service: Service = scope["app"].service  # Application's
    return service
