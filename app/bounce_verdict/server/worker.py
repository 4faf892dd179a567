"""A worker: one process that answers HTTP by the last checked snapshot, and takes a newer one into use within a second.

A new pipeline is built beside the old one, off the event loop, and put in its place: no request waits, none is lost, and what is
under way ends by the rules that it began with.
"""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from anyio import to_thread
from fastapi import FastAPI

from bounce_verdict.contract.refusals import Refusal
from bounce_verdict.errors import BounceError, SettingsError
from bounce_verdict.logs import dropped_lines, finish_logging, start_logging
from bounce_verdict.metrics import Metrics
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.intake.flanker_fallback import warm_up
from bounce_verdict.private_files import NotPrivateError
from bounce_verdict.response import FieldError, problem
from bounce_verdict.server.check_process import MAX_SECONDS
from bounce_verdict.server.overload import Overload
from bounce_verdict.server.state_folder import StateFolder
from bounce_verdict.server.watchdog import Watchdog
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.file import SnapshotError, by_age, load_pipeline
from bounce_verdict.snapshot.status import Fault, RulesStatus, read_status
from bounce_verdict.web.application import create_app
from bounce_verdict.web.service import Service

EVERY_SECONDS = 1.0
_UNUSABLE = (BounceError, SnapshotError, NotPrivateError)  # what is wrong with a snapshot, or with the keys of return paths
_STDERR = 2
_LOOK_SECONDS = 0.05  # between two looks for the end of a reload
_MAX_WAIT_SECONDS = 60  # for a snapshot that can be used

log = logging.getLogger("bounces.worker")


def make_app(settings: Settings, folder: StateFolder, supervisor: int) -> FastAPI:
    """The application of this process. Ends the process where there is no snapshot that can be used."""
    os.setsid()  # the kernel shares processors out among sessions (sched_autogroup); and ^C is the supervisor's
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _keep_descriptors()
    start_logging(settings.log_level)
    _allow_files(settings.max_connections)
    warm_up()
    path, pipeline, status = _first_rules(settings, folder.run)
    worker = Worker(Service(settings, pipeline, Metrics(folder.run), path), folder.run, supervisor)
    if status is not None:
        worker.note(status)
    return create_app(worker.service, worker.lifespan)


async def each_second(do: Callable[[], Awaitable[object]]) -> None:
    """Do it now and each second. A fault of ours is logged, and the next time it is tried again: rules must not stay old for ever."""
    while True:
        try:
            await do()
        except Exception:
            log.exception("a fault of the service")
        await asyncio.sleep(EVERY_SECONDS)


class Worker:
    """What goes on in a worker beside its requests."""

    def __init__(self, service: Service, run: Path, supervisor: int) -> None:
        self.service = service
        self._run = run
        self._supervisor = supervisor
        self._watchdog = Watchdog(run)
        self._looking = asyncio.Lock()
        self._seen: RulesStatus | None = None
        service.reload = self.reload

    @contextlib.asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        """Run beside the requests; what it yields is for the connections (http_protocol.py)."""
        service = self.service
        overload = Overload(service)
        overload.start()
        tasks = [asyncio.create_task(each_second(do)) for do in (self._tick, self._look, service.prepare_child)]
        gc.collect()
        gc.freeze()  # the rules live long: no collection need look at them again
        gc.enable()
        try:
            async with service.lifespan(app):
                yield {"overload": overload, "receive_timeout": service.settings.receive_timeout, "drain": self._drain}
        finally:
            for task in tasks:
                task.cancel()
            self._watchdog.end()
            finish_logging()

    async def reload(self) -> Literal["ok", "unchanged"]:
        """Have the rules on disk checked, and take them into use here; the other workers follow within a second.

        Raises Refusal: 422 with the faults where they cannot be used, 409 where nobody checks them.
        """
        asked = time.monotonic()
        if not self._is_supervised() or self.service.draining:
            raise Refusal(problem(409, "The service is ending."))
        os.kill(self._supervisor, signal.SIGHUP)
        while time.monotonic() - asked < 2 * MAX_SECONDS and not self.service.draining:
            await asyncio.sleep(_LOOK_SECONDS)
            status = await self._look()
            if status is not None and status.started >= asked:
                return self._outcome(status)
        detail = "The service is ending." if self.service.draining else "Nobody has checked the rules in time."
        raise Refusal(problem(409, detail))

    def note(self, status: RulesStatus) -> None:
        """Take over how the rules stand."""
        self.service.rules_fault = status.faults[0] if status.faults else None
        self.service.rule_folders = status.folders
        self.service.metrics.set("bounces_rules_stale", 1 if status.faults else 0)

    async def _tick(self) -> None:
        """Say that the event loop turns, and look whether the supervisor lives and all is counted."""
        self._watchdog.feed()
        if not self._is_supervised() and not self.service.draining:
            log.error("the parent of this worker is gone; it drains and ends")
            self._drain()
            signal.raise_signal(signal.SIGTERM)
        if lines := dropped_lines():
            self.service.metrics.count("bounces_log_lines_dropped_total", times=lines)
        self.service.metrics.flush()
        self.service.storage_fault = self.service.metrics.storage_fault

    async def _look(self) -> RulesStatus | None:
        """Take into use what was checked since the last look; the last status that there was."""
        async with self._looking:
            status = read_status(self._run)
            if status is None or status == self._seen:
                return self._seen
            try:
                self.service.reload_keys()
            except SettingsError as error:
                log.error("the keys were not reloaded, those before stay in force: %s", error)  # noqa: TRY400
            self.note(status)
            await self._swap(status)
            self._seen = status
            return status

    async def _swap(self, status: RulesStatus) -> None:
        """Take newer rules into use, and newer keys of return paths."""
        service, path = self.service, self._run / status.snapshot
        in_use = service.pipeline
        try:
            if status.snapshot and (status.digest, service.settings.return_paths()) != (in_use.book.digest, in_use.return_paths):
                pipeline = await to_thread.run_sync(_load, path, service.settings)
                service.pipeline, service.snapshot = pipeline, path
        except _UNUSABLE as error:
            log.error("the checked rules cannot be loaded, those before stay in use: %s", error)  # noqa: TRY400
            service.rules_fault = Fault("rules", 0, str(error))
            service.metrics.set("bounces_rules_stale", 1)

    def _outcome(self, status: RulesStatus) -> Literal["ok", "unchanged"]:
        """What came of the check, and of loading what it checked. Raises Refusal."""
        fault, faults = self.service.rules_fault, status.faults
        if fault is not None and status.digest != self.service.pipeline.book.digest:
            faults = [fault]
        if faults or status.result == "failed":
            told = [FieldError(one.place, one.message) for one in faults]
            detail = "The rules on disk cannot be used; those before stay in use."
            raise Refusal(problem(422, detail, kind="rules-unusable", errors=told))
        return status.result

    def _drain(self) -> None:
        self.service.draining = True

    def _is_supervised(self) -> bool:
        return os.getppid() == self._supervisor


def _load(path: Path, settings: Settings) -> Pipeline:
    """The pipeline of a snapshot. Raises SnapshotError, NotPrivateError, and SettingsError for keys of return paths."""
    pipeline = load_pipeline(path, settings.limits(), settings.return_paths(), settings.our_domains())
    _give_back()
    return pipeline


def _give_back() -> None:
    """Give the memory that loading needed back to the system, some 4 MB, where the C library can (glibc's malloc_trim(3))."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _first_rules(settings: Settings, run: Path) -> tuple[Path, Pipeline, RulesStatus | None]:
    """The snapshot in use; another of this service where that is torn or gone, or a new one, which the supervisor is asked for."""
    end = time.monotonic() + _MAX_WAIT_SECONDS
    while True:
        status = read_status(run)
        for path in [*([run / status.snapshot] if status else []), *by_age(run)]:
            try:
                return path, _load(path, settings), status
            except _UNUSABLE as error:
                log.error("%s cannot be used: %s", path.name, error)  # noqa: TRY400
        if time.monotonic() > end:
            log.error("there are no rules that can be used; this worker ends")
            finish_logging()
            os._exit(1)
        os.kill(os.getppid(), signal.SIGHUP)
        time.sleep(EVERY_SECONDS)


def _keep_descriptors() -> None:
    """Let no child inherit what is open here: one that held the listening socket would keep the port open while the service drains.

    multiprocessing's spawn hands the socket on as one to inherit, and uvloop (0.23) closes nothing in a child.
    """
    for entry in Path("/proc/self/fd").iterdir():
        if int(entry.name) > _STDERR:
            with contextlib.suppress(OSError):  # the listing's own is closed by now
                os.set_inheritable(int(entry.name), False)  # noqa: FBT003  # it takes no keyword


def _allow_files(connections: int) -> None:
    """Raise the number of open files to what the connections may need, as far as that is allowed: often it is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections * 2 + 1_024
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
