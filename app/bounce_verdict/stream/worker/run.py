"""A worker's life: rules loaded, broker reached, streams looked for; then items, until SIGTERM; at last what is in hand."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import uvicorn
from anyio import to_thread
from nats.errors import Error as BrokerError

from bounce_verdict import __version__
from bounce_verdict.logs import dropped_lines, finish_logging
from bounce_verdict.metrics import Metrics
from bounce_verdict.metrics.exposition import CONTENT_TYPE, exposition
from bounce_verdict.model import value
from bounce_verdict.pipeline.intake.flanker_fallback import warm_up
from bounce_verdict.response import JSON, encode
from bounce_verdict.server.check_process import RuleChecks
from bounce_verdict.server.listening import bind, open_up, url
from bounce_verdict.server.state_folder import state_folder
from bounce_verdict.settings import Settings
from bounce_verdict.stream.client import reach
from bounce_verdict.stream.connection import Broker
from bounce_verdict.stream.packing import Form
from bounce_verdict.stream.streams import Plan, prepare
from bounce_verdict.stream.worker.answering import Answering
from bounce_verdict.stream.worker.app import Taking, make_app, make_broker, route, store
from bounce_verdict.stream.worker.rules import Rules
from bounce_verdict.stream.worker.waiting import ask, show

_TICK_SECONDS = 1.0
_ASK_SECONDS = 5.0  # between two looks at what waits

log = logging.getLogger("bounces.stream")


@value
class Work:
    """What a worker is told. host, port: where probes and Prometheus find it. create: whether to make missing streams."""

    broker: Broker
    plan: Plan
    prefetch: int
    max_lines: int
    max_deliveries: int
    short: bool
    create: bool
    host: str
    port: int


def work(settings: Settings, given: Work) -> None:
    """Work until SIGTERM or SIGINT. Raises SettingsError and RulebookError where it cannot start."""
    with bind(given.host, given.port) as bound, state_folder(settings.state_dir) as folder:
        checks = RuleChecks(settings, folder)
        try:
            metrics = Metrics(folder.run)
            rules = Rules(settings, folder.run, checks, metrics)
            warm_up()
            payload, ack_wait = asyncio.run(_prepared(given))
            subjects = given.plan.subjects
            form = Form(subjects, given.short, payload, given.max_lines)
            worker = _Worker(
                settings, given, rules, metrics, Answering(settings, rules, metrics, form, given.max_deliveries), ack_wait
            )
            gc.collect()
            gc.freeze()
            open_up(bound)
            log.info(
                "probes and metrics at %s; %d rules, %s", url(bound), len(rules.pipeline.book.rules), rules.pipeline.book.digest
            )
            config = uvicorn.Config(
                worker.app, loop="uvloop", ws="none", lifespan="on", log_config=None, log_level=logging.ERROR, access_log=False,
                server_header=False, timeout_graceful_shutdown=1,
            )  # fmt: skip
            for number in (
                signal.SIGTERM,
                signal.SIGINT,
            ):  # uvicorn raises them again when it has ended, for whoever had them before
                signal.signal(number, lambda *_: None)
            uvicorn.Server(config).run(sockets=[bound])
        finally:
            checks.end()


async def _prepared(given: Work) -> tuple[int, float]:
    """Wait for the broker, see to its streams; the bytes that a message may have there, and the consumer's ack wait. Raises SettingsError."""
    client = await reach(given.broker, log.warning)
    try:
        ack_wait = await prepare(client.jetstream(), given.plan, create=given.create)
        return int(client.max_payload), ack_wait
    finally:
        await client.close()


class _Worker:
    """The application, and what goes on beside the items."""

    def __init__(
        self, settings: Settings, given: Work, rules: Rules, metrics: Metrics, answering: Answering, ack_wait: float
    ) -> None:
        self._rules = rules
        self._metrics = metrics
        self._answering = answering
        self._ack_wait = ack_wait
        self._plan = given.plan
        self._ending = False
        self._connected = False
        told = {"disconnected_cb": self._lost, "reconnected_cb": self._found}
        self._broker = make_broker(given.broker, settings.drain_seconds, told)
        answering.publish = partial(store, self._broker)
        taking = Taking(given.plan.subjects, given.plan.durable, given.prefetch, settings.drain_seconds)
        routes = [("/livez", route(self._livez)), ("/readyz", route(self._readyz)), ("/metrics", route(self._show_metrics))]
        self.app = make_app(self._broker, taking, answering.answer, routes, self._lifespan)

        @self.app.after_startup
        async def started() -> None:
            self._connected = True
            log.info("taking items from %s", given.plan.subjects.items)

        @self.app.on_shutdown
        async def stopping() -> None:
            self._ending = True
            log.info("stopping: items in hand have %g s", settings.drain_seconds)

    @contextlib.asynccontextmanager
    async def _lifespan(self, *_: Any, **__: Any) -> AsyncIterator[None]:  # noqa: ANN401  # FastStream gives options
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._rules.ask)
        tasks = [asyncio.create_task(_again_and_again(self._tick, _TICK_SECONDS))]
        tasks.append(asyncio.create_task(_again_and_again(self._answering.keep_alive, self._ack_wait / 4)))
        tasks.append(asyncio.create_task(_again_and_again(self._look, _ASK_SECONDS)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            self._metrics.flush()
            finish_logging()

    async def _tick(self) -> None:
        await self._rules.tick()
        self._metrics.set("bounces_stream_connected", int(self._connected))
        if lines := dropped_lines():
            self._metrics.count("bounces_log_lines_dropped_total", times=lines)
        self._metrics.flush()

    async def _look(self) -> None:
        """What waits; where the broker is away, what is known stays."""
        if self._connected:
            stream = self._broker.connection.jetstream()
            with contextlib.suppress(BrokerError, OSError, TimeoutError):
                show(await ask(stream, self._plan.subjects.items, self._plan.durable), self._metrics)

    async def _lost(self) -> None:
        if self._connected and not self._ending:
            log.warning("the broker is gone; waiting for it")
        self._connected = False

    async def _found(self) -> None:
        self._connected = True
        log.info("the broker is back")

    async def _livez(self) -> tuple[bytes, int, str]:
        return encode({"status": "alive"}), 200, JSON

    async def _readyz(self) -> tuple[bytes, int, str]:
        ready, fault = self._connected and not self._ending, self._rules.fault
        document = {
            "status": "ready" if ready else "ending" if self._ending else "waiting for the broker",
            "rules": "stale" if fault else "current",
            "rules_fault": fault.place if fault else None,
            "rules_fault_detail": fault.message if fault else None,
            "rules_digest": self._rules.pipeline.book.digest,
            "storage_fault": self._metrics.storage_fault,
            "version": __version__,
        }
        return encode(document), 200 if ready else 503, JSON

    async def _show_metrics(self) -> tuple[bytes, int, str]:
        return await to_thread.run_sync(exposition, self._metrics), 200, CONTENT_TYPE


async def _again_and_again(do: Any, pause: float) -> None:  # noqa: ANN401
    """A fault of ours is logged, and the next time it is tried again."""
    while True:
        try:
            await do()
        except Exception:
            log.exception("a fault of the worker")
        await asyncio.sleep(pause)
