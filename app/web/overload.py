"""Overload, seen from outside the handlers: their work is done inline, so that from inside never more than one is under way.

Two signs: more connections than a worker is meant for, and an event loop that runs late, which is how long every request waits.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from app.metrics import Metrics
from app.response import problem
from app.web.problems import problem_response

TICK = 0.05  # seconds between two looks at the clock
RETRY_AFTER = 1
ALWAYS_ANSWERED = (b"/livez", b"/readyz", b"/metrics")  # what tells whether all is well must not say that it is not


class Gate:
    """Who is let in. `refusal` is the application that answers those who are not, None for those who are."""

    def __init__(self, metrics: Metrics, max_connections: int, max_lag: float) -> None:
        self.max_connections = max_connections
        self.lag = 0.0
        self._metrics = metrics
        self._max_lag = max_lag
        self._due = 0.0

    def start(self) -> None:
        """Watch the running event loop from now on."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + TICK
        loop.call_at(self._due, self._tick)

    def refusal(self, url: bytes, *, beyond: bool) -> ASGIApp | None:
        """What answers a request for `url` instead of the application. beyond: it came on a connection beyond the limit."""
        if not beyond and self.lag <= self._max_lag:
            return None
        if url.partition(b"?")[0] in ALWAYS_ANSWERED:
            return None
        self._metrics.count("bounces_refused_total", "overload" if beyond else "lag")
        return _refuse_connection if beyond else _refuse_for_now

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self.lag = now - self._due
        self._due = now + TICK
        loop.call_at(self._due, self._tick)


async def _refuse_for_now(scope: Scope, receive: Receive, send: Send) -> None:
    document = problem(503, "The service has more to do than it can; try again in a moment.")
    await problem_response(document, {"Retry-After": str(RETRY_AFTER)})(scope, receive, send)


async def _refuse_connection(scope: Scope, receive: Receive, send: Send) -> None:
    document = problem(503, "The service has more connections than it takes; try again in a moment.")
    await problem_response(document, {"Retry-After": str(RETRY_AFTER), "Connection": "close"})(scope, receive, send)
