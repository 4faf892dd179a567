"""Overload, seen from outside the endpoints: their work is done inline, so that from inside never more than one is under way.

Two signs: more connections than a worker is meant for, and an event loop that runs late, which is how long every request waits.
"""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from bounce_verdict.metrics import Metrics
from bounce_verdict.response import PROBLEM_JSON, encode, problem

RETRY_AFTER = 1
TICK = 0.05  # seconds between two looks at the clock
ALWAYS_ANSWERED = (b"/livez", b"/readyz", b"/metrics")  # what tells whether all is well must not say that it is not


class Overload:
    """Who is not let in. around: what stands around every answer."""

    def __init__(self, max_connections: int, max_lag: float, metrics: Metrics, around: Callable[[ASGIApp], ASGIApp]) -> None:
        self.lag = 0.0
        self._for_now = around(_Busy("The service has more to do than it can; try again in a moment."))
        self._beyond = around(_Busy("The service has more connections than it takes; try again in a moment.", close=True))
        self._metrics = metrics
        self._max_connections = max_connections
        self._max_lag = max_lag
        self._due = 0.0

    def start(self) -> None:
        """Watch the running event loop from now on."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + TICK
        loop.call_at(self._due, self._tick)

    def is_beyond(self, connections: int) -> bool:
        """Whether a connection is one too many."""
        return connections > self._max_connections

    def refusal(self, url: bytes, *, beyond: bool) -> ASGIApp | None:
        """What answers a request for `url` instead of the application. beyond: it came on a connection beyond the limit."""
        if not beyond and self.lag <= self._max_lag:
            return None
        if url.partition(b"?")[0] in ALWAYS_ANSWERED:
            return None
        self._metrics.count("bounces_refused_total", "overload" if beyond else "lag")
        return self._beyond if beyond else self._for_now

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self.lag = now - self._due
        self._due = now + TICK
        loop.call_at(self._due, self._tick)


class _Busy:
    """Answers any request with 503; neither reads nor routes it, since what is refused must not make the rest wait."""

    def __init__(self, detail: str, *, close: bool = False) -> None:
        self._body = encode(problem(503, detail))
        fields = {"content-type": PROBLEM_JSON, "content-length": str(len(self._body)), "retry-after": str(RETRY_AFTER)}
        fields |= {"connection": "close"} if close else {}
        self._headers = [(name.encode(), text.encode()) for name, text in fields.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's signature
        """Refuse one request."""
        await send({"type": "http.response.start", "status": 503, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})
