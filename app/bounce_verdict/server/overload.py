"""Overload, seen from outside the endpoints: their work is done inline, so that from inside never more than one is under way.

Two signs: more connections than a worker is meant for, and an event loop that runs late, which is how long every request waits.
"""

import asyncio

from starlette.types import ASGIApp

from bounce_verdict.response import problem
from bounce_verdict.web.access_log import AccessLogMiddleware
from bounce_verdict.web.responses import problem_response
from bounce_verdict.web.service import Service

RETRY_AFTER = 1
TICK = 0.05  # seconds between two looks at the clock
ALWAYS_ANSWERED = (b"/livez", b"/readyz", b"/metrics")  # what tells whether all is well must not say that it is not


class Overload:
    """Who is not let in."""

    def __init__(self, service: Service) -> None:
        self.lag = 0.0
        self._service = service
        self._for_now = self._busy("The service has more to do than it can; try again in a moment.")
        self._beyond = self._busy("The service has more connections than it takes; try again in a moment.", Connection="close")
        self._due = 0.0

    def start(self) -> None:
        """Watch the running event loop from now on."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + TICK
        loop.call_at(self._due, self._tick)

    def is_beyond(self, connections: int) -> bool:
        """Whether a connection is one too many."""
        return connections > self._service.settings.max_connections

    def refusal(self, url: bytes, *, beyond: bool) -> ASGIApp | None:
        """What answers a request for `url` instead of the application. beyond: it came on a connection beyond the limit."""
        if not beyond and self.lag <= self._service.settings.max_lag:
            return None
        if url.partition(b"?")[0] in ALWAYS_ANSWERED:
            return None
        self._service.metrics.count("bounces_refused_total", "overload" if beyond else "lag")
        return self._beyond if beyond else self._for_now

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self.lag = now - self._due
        self._due = now + TICK
        loop.call_at(self._due, self._tick)

    def _busy(self, detail: str, **more: str) -> ASGIApp:
        """Answers any request with 503; neither reads nor routes it, since what is refused must not make the rest wait."""
        answer = problem_response(problem(503, detail), {"Retry-After": str(RETRY_AFTER), **more})
        return AccessLogMiddleware(answer, self._service.access_log)
