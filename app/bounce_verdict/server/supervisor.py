"""The parent of the workers: uvicorn's Multiprocess, on a socket bound by us, for one worker too.

What uvicorn's (0.54) lacks and this adds: a worker is replaced as soon as it is dead, after a pause where several die young, and
never stops the service; SIGHUP checks the rules instead of rolling the workers, which may wait for ever; SIGTERM closes the socket
at once, and a worker that does not end in time is killed.
"""

import contextlib
import gc
import logging
import os
import pickle
import signal
import socket
import time
from functools import partial
from typing import Any

from uvicorn import Config
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from bounce_verdict.errors import RulebookError, SettingsError
from bounce_verdict.server.check_process import RuleChecks, log_outcome
from bounce_verdict.server.listening import BACKLOG, bind, open_up, url
from bounce_verdict.server.state_folder import StateFolder, state_folder
from bounce_verdict.server.watchdog import hung_place
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.status import RulesStatus, first_fault

STEADY_SECONDS = 30  # a worker that lived so long is replaced at once, others after a pause that doubles
MAX_PAUSE = 30.0
MAX_SILENT_SECONDS = 12  # of a worker that answers no health check, as one that is stopped; its own watchdog is quicker
MAX_START_SECONDS = 60  # until a worker answers its first
MAX_EARLY_DEATHS = 5  # of workers in a row before any was ready: then the service cannot start
STOPPED, CUT_SHORT = 0, 1
_MORE = 3.0  # seconds that a worker has beyond those for draining
_ASK_EVERY = 0.4  # seconds between two health checks
_POLL = 0.02

log = logging.getLogger("bounces.supervisor")


def worker_app(settings: Settings, folder: StateFolder, supervisor: int) -> Any:  # noqa: ANN401  # an ASGI application
    """A worker's application, made in the worker: this process holds neither engine nor web framework. supervisor: its process id."""
    gc.disable()  # until all is loaded, which takes a fifth of the time off; the worker enables it
    from bounce_verdict.server.worker import make_app  # noqa: PLC0415

    return make_app(settings, folder, supervisor)


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Raises SettingsError and RulebookError where the service cannot start."""
    if settings.verp_templates or settings.verp_keys_file or settings.batv_keys_file:
        settings.return_paths()  # what is wrong with them is told now, and not by each worker
    if settings.webhooks_to:
        from bounce_verdict.web.webhooks.storing import webhook_target  # noqa: PLC0415  # this process holds nothing of the web else

        webhook_target(settings)
    with bind(settings.host, settings.port) as bound, state_folder(settings.state_dir) as folder:
        supervisor = Supervisor(settings, folder, bound)
        try:
            supervisor.run()
        finally:
            supervisor.end()
        return supervisor.code


def server_config(app: Any, settings: Settings, *, factory: bool = False) -> Config:  # noqa: ANN401
    """Uvicorn's configuration for `app`."""
    return Config(
        app,
        factory=factory,
        loop="uvloop",
        http="bounce_verdict.server.http_protocol:HttpProtocol",
        ws="none",
        lifespan="on",
        log_level=logging.ERROR,  # a warning for each request that is no HTTP would let anyone fill the log
        log_config=None,
        access_log=False,  # a line a request would carry ids and hosts
        server_header=False,
        proxy_headers=False,  # the client's address is used for nothing
        backlog=BACKLOG,
        workers=settings.workers,
        timeout_graceful_shutdown=settings.drain_seconds,  # type: ignore[arg-type]  # any number of seconds will do
    )


class WorkerProcess(Process):
    """A worker as the supervisor sees it; started as soon as it is made."""

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self.began = time.monotonic()
        self.has_started = self.is_replaced = False
        self._asked = 0.0  # when it was last sent a health check
        self._heard = 0.0  # when it last answered one
        self.start()

    def is_alive(self, timeout: float = MAX_SILENT_SECONDS) -> bool:
        """Whether it runs and has answered a health check within that time. Waits for none: a late answer counts at the next look."""
        now = time.monotonic()
        with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
            while self.parent_conn.poll():
                self.has_started = self.parent_conn.recv()
                self._heard = now
            if now - self._asked > _ASK_EVERY:
                self._asked = now
                self.parent_conn.send(b"ping")
        patience, since = (timeout, self._heard) if self._heard else (MAX_START_SECONDS, self.began)
        return self.process.is_alive() and now - since <= patience


class Supervisor(Multiprocess):
    """One service. `code`: what it exits with."""

    processes: list[WorkerProcess]  # type: ignore[assignment]  # of uvicorn's class otherwise

    def __init__(self, settings: Settings, folder: StateFolder, bound: socket.socket) -> None:
        app = partial(worker_app, settings, folder, os.getpid())
        super().__init__(server_config(app, settings, factory=True), [bound])
        self.code = STOPPED
        self._settings = settings
        self._folder = folder
        self._checks = RuleChecks(settings, folder)
        self._deaths = 0  # in a row, of workers that were young
        self._not_before = 0.0  # when the next may be started
        self._ready = False  # whether any worker ever was

    def init_processes(self) -> None:
        """Check the rules, start the workers, and wait until one answers."""
        status = self._first_rules()
        if status is None:
            return
        open_up(self.sockets[0])
        for _ in range(self.processes_num):
            self.processes.append(WorkerProcess(self.config, self.sockets))
        while not self.should_exit.is_set():
            self.handle_signals()
            self.keep_subprocess_alive()
            if self._ready:
                folders = ", ".join(f"{folder.rules} in {folder.path}" for folder in status.folders)
                log.info("serving at %s with %d rules (%s), %s", url(self.sockets[0]), status.rules, folders, status.digest)
                return
            if self._deaths >= MAX_EARLY_DEATHS:
                raise SettingsError("the service cannot start: no worker becomes ready; the log says why")
            time.sleep(_POLL)

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that are dead or silent; go on with what the rules need."""
        if self.should_exit.is_set():
            return
        for place, worker in enumerate(self.processes):
            if not worker.is_alive():
                self._replace(place, worker)
            self._ready |= worker.has_started
        if (status := self._checks.tick()) is not None:
            log_outcome(status)
        if self._settings.watch_rules and self._ready:
            self._checks.watch()

    def handle_hup(self) -> None:
        """Check the rules on disk; each worker takes them, and the keys, into use by itself."""
        self._checks.ask()

    def handle_term(self) -> None:
        """Take no more connections, and let the workers drain."""
        log.info("stopping: requests under way have %g s", self._settings.drain_seconds)
        for bound in self.sockets:
            bound.close()
        self.should_exit.set()

    handle_int = handle_term

    def handle_ttin(self) -> None:
        """Nothing: how many workers there are is a setting."""

    handle_ttou = handle_ttin

    def join_all(self) -> None:
        """Wait for the workers; kill those that take too long, and all of them at a second signal."""
        end = time.monotonic() + self._settings.drain_seconds + _MORE
        while any(process.process.is_alive() for process in self.processes):
            again = not {signal.SIGTERM, signal.SIGINT}.isdisjoint(self.signal_queue)
            if again or time.monotonic() > end:
                self.code = CUT_SHORT if again else STOPPED
                break
            time.sleep(_POLL)
        self.end()

    def end(self) -> None:
        """Kill what still runs."""
        self._checks.end()
        for process in self.processes:
            if process.process.is_alive():
                process.process.kill()
                process.process.join()

    def _first_rules(self) -> RulesStatus | None:
        """None where the service is told to stop meanwhile. Raises RulebookError."""
        self._checks.ask()
        while (status := self._checks.tick()) is None:
            self.handle_signals()
            if self.should_exit.is_set():
                return None
            time.sleep(_POLL)
        if status.faults:
            first = status.faults[0]
            raise RulebookError(first.path, first.line, first_fault(status.faults).removeprefix(f"{first.place}: "))
        return status

    def _replace(self, place: int, worker: WorkerProcess) -> None:
        """Start another in its place, now or after a pause."""
        now = time.monotonic()
        if not worker.is_replaced:  # noticed just now
            worker.is_replaced = True
            worker.kill()
            worker.join()
            self._deaths = 0 if now - worker.began > STEADY_SECONDS else self._deaths + 1
            pause = min(MAX_PAUSE, 0.25 * 2**self._deaths) if self._deaths > 1 else 0.0
            self._not_before = now + pause
            after = f" in {pause:g} s" if pause else ""
            log.error("worker %d ended with %s; another takes its place%s", worker.pid, self._end_of(worker), after)
        if now >= self._not_before:
            self.processes[place] = WorkerProcess(self.config, self.sockets)

    def _end_of(self, worker: WorkerProcess) -> str:
        code = worker.exitcode or 0
        if (place := hung_place(self._folder.run, worker.pid or 0)) is not None:
            return f"a hung event loop at {place}"
        return f"exit code {code}" if code >= 0 else f"signal {-code}"
