"""The life of the service: first rules, first workers, reloads, the end."""

import asyncio
import logging
import os
import signal
import socket

from bounce_verdict.errors import RulebookError, SettingsError
from bounce_verdict.rulebook.files import rules_folder
from bounce_verdict.server.crew import Crew, Rules
from bounce_verdict.server.listening import bind, open_up, url
from bounce_verdict.server.maker import make
from bounce_verdict.server.state import State, state_folder
from bounce_verdict.server.template import Template
from bounce_verdict.server.watch import rule_changes
from bounce_verdict.server.worker import Worker, WorkerLost
from bounce_verdict.settings import Settings
from bounce_verdict.snapshot.control import Fault, Made, ReloadAnswer, RulesState, Task, first_fault

log = logging.getLogger("bounces.supervisor")

STOPPED, CUT_SHORT = 0, 1


def supervise(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Raises SettingsError and RulebookError where the service cannot start."""
    with bind(settings.host, settings.port) as bound, state_folder(settings.state_dir) as state:
        return asyncio.run(Parent(settings, bound, state).run())


class Parent:
    """One service. SIGHUP, changed files and POST /v1/admin/reload bring new rules; SIGTERM drains, the second one does not."""

    def __init__(self, settings: Settings, bound: socket.socket, state: State) -> None:
        self._settings = settings
        self._bound = bound
        self._state = state
        self._template = Template(settings, bound.fileno(), state)
        self._crew: Crew | None = None
        self._told = asyncio.Event()
        self._signals = 0
        self._wanted = asyncio.Event()
        self._askers: list[tuple[Worker, int]] = []

    async def run(self) -> int:
        """The exit code."""
        try:
            return await self._run()
        finally:
            await self._template.end()

    async def _run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop_asked)
        loop.add_signal_handler(signal.SIGHUP, self._wanted.set)
        serving, told = asyncio.create_task(self._serve()), asyncio.create_task(self._told.wait())
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        serving.cancel()
        await asyncio.wait({serving})
        told.cancel()
        if not self._told.is_set() and not serving.cancelled() and (error := serving.exception()) is not None:
            if self._crew is not None:
                await self._crew.end(0)
            raise error
        self._bound.close()
        if self._crew is not None:
            log.info("stopping: requests under way have %g s", self._settings.drain_seconds)
            await self._crew.end(self._settings.drain_seconds)
        return STOPPED if self._signals == 1 else CUT_SHORT

    def _stop_asked(self) -> None:
        self._signals += 1
        self._told.set()
        if self._signals > 1 and self._crew is not None:
            self._crew.kill()

    async def _serve(self) -> None:
        """Start, then bring new rules whenever they are asked for."""
        await self._template.warm_up()
        rules = await self._first_rules()
        crew = Crew(self._settings, self._template, rules, self._reload_asked)
        open_up(self._bound)
        self._crew = crew
        try:
            await crew.begin()
        except WorkerLost as error:
            raise SettingsError(f"the service cannot start: {error}") from None
        log.info("serving at %s with %d rules, %s", url(self._bound), rules.count, rules.digest)
        async with asyncio.TaskGroup() as group:
            if self._settings.watch_rules:
                group.create_task(self._watch(rules.digest))
            group.create_task(self._reload_when_asked(crew))

    async def _first_rules(self) -> Rules:
        made = await make(self._task(None))
        if made.faults:
            first = made.faults[0]
            message = first_fault(made.faults).removeprefix(f"{first.place}: ")
            raise RulebookError(first.path, first.line, message)
        return _opened(made)

    def _task(self, current: Rules | None) -> Task:
        settings = self._settings
        local = str(settings.local_rules) if settings.local_rules else None
        return Task(
            str(settings.rules) if settings.rules else None, local, str(self._state.folder), current.path if current else None
        )

    async def _watch(self, known: str) -> None:
        async for _ in rule_changes(rules_folder(self._settings.rules), self._settings.local_rules, known):
            log.info("the rules' files have changed")
            self._wanted.set()

    def _reload_asked(self, worker: Worker, number: int) -> None:
        self._askers.append((worker, number))
        self._wanted.set()

    async def _reload_when_asked(self, crew: Crew) -> None:
        """One reload at a time; who asks while one runs gets the next."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            askers, self._askers = self._askers, []
            answer = await self._reload(crew)
            for worker, number in askers:
                answer.number = number
                worker.tell(answer)

    async def _reload(self, crew: Crew) -> ReloadAnswer:
        """Check the rules on disk; where they are good and others than those in use, roll the workers."""
        made = await make(self._task(crew.rules))
        if made.faults:
            return _failed(crew, made.faults)
        if made.digest == crew.rules.digest:
            log.info("the rules are unchanged: %s", made.digest)
            crew.tell(RulesState(None, "unchanged"))
            return ReloadAnswer(0, "unchanged", made.digest, made.rules)
        try:
            await crew.roll(_opened(made))
        except (WorkerLost, OSError) as error:
            return _failed(crew, [Fault("rules", 0, f"no worker could start with them: {error}")])
        log.info("reloaded: %d rules, %s", made.rules, made.digest)
        crew.tell(RulesState(None, "ok"))
        return ReloadAnswer(0, "ok", made.digest, made.rules)


def _failed(crew: Crew, faults: list[Fault]) -> ReloadAnswer:
    log.error("the rules were not reloaded, those before stay in use: %s", first_fault(faults))
    crew.tell(RulesState(faults[0], "failed"))
    return ReloadAnswer(0, "failed", crew.rules.digest, crew.rules.count, faults=faults)


def _opened(made: Made) -> Rules:
    return Rules(made.digest, made.path, os.open(made.path, os.O_RDONLY | os.O_CLOEXEC), made.rules)
