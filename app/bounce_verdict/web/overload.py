"""Overload, seen from outside the handlers: their work is done inline, so that from inside never more than one is under way.

Two signs: more connections than a worker is meant for, and an event loop that runs late, which is how long every request waits.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from bounce_verdict.response import PROBLEM_JSON, encode, problem
from bounce_verdict.web.access_log import AccessLog, AccessLogMiddleware

TICK = 0.05  # seconds between two looks at the clock
RETRY_AFTER = 1
ALWAYS_ANSWERED = (b"/livez", b"/readyz", b"/metrics")  # what tells whether all is well must not say that it is not
_BUSY = 503


class Gate:
    """Who is let in. `refusal` is the application that answers those who are not, None for those who are."""

    def __init__(self, access_log: AccessLog, max_connections: int, max_lag: float) -> None:
        self.max_connections = max_connections
        self.lag = 0.0
        self._for_now = AccessLogMiddleware(Busy("The service has more to do than it can; try again in a moment."), access_log)
        self._beyond = AccessLogMiddleware(
            Busy("The service has more connections than it takes; try again in a moment.", close=True), access_log
        )
        self._metrics = access_log.metrics
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
        return self._beyond if beyond else self._for_now

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self.lag = now - self._due
        self._due = now + TICK
        loop.call_at(self._due, self._tick)


class Busy:
    """Answers any request with 503; neither reads nor routes it, since what is refused must not make the rest wait."""

    def __init__(self, detail: str, *, close: bool = False) -> None:
        self._body = encode(problem(_BUSY, detail))
        fields = {"content-type": PROBLEM_JSON, "content-length": str(len(self._body)), "retry-after": str(RETRY_AFTER)}
        fields |= {"connection": "close"} if close else {}
        self._headers = [(name.encode(), text.encode()) for name, text in fields.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's signature
        """Refuse one request."""
        await send({"type": "http.response.start", "status": _BUSY, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})
