"""What is counted and logged of requests, of those that are served and of those that are refused ahead of everything."""

import asyncio

from bounce_verdict.keys import FIXED_PATHS
from bounce_verdict.logs import RequestLine, RequestLog, now
from bounce_verdict.metrics import Metrics
from bounce_verdict.web.exchange import Exchange
from bounce_verdict.web.tally import VERDICTS

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_LOG_EVERY = 0.25  # seconds between two flushes of the log
_METRICS_EVERY = 1.0  # of the metrics, which costs some milliseconds where many rules were hit
_FAULT = 500


class Ledger:
    """Keeps the counts, and a line of the log for each request. log: None where requests are not logged."""

    def __init__(self, metrics: Metrics, log: RequestLog | None) -> None:
        self.metrics = metrics
        self._log = log
        self._under_way = 0
        self._log_waits = self._metrics_wait = False

    def begin(self) -> None:
        """A request has come."""
        self._under_way += 1
        if not self._metrics_wait:
            self._metrics_wait = True
            asyncio.get_running_loop().call_later(_METRICS_EVERY, self._flush_metrics)

    def end(self, exchange: Exchange, method: str, seconds: float, caller: str | None = None) -> None:
        """It was answered, or never will be. caller: the name of its key."""
        self._under_way -= 1
        scope, status = exchange.scope, exchange.status
        if method not in _METHODS:
            method = "other"
        # The template of the route that took the request, or would have: a path itself may hold a secret or an address.
        path = scope["path"]
        route = path if path in FIXED_PATHS else getattr(scope.get("route"), "path", "none")
        self.metrics.request(method, route, status, seconds)
        if status == _FAULT:
            self.metrics.count("bounces_faults_total")
        if self._log is None:
            return
        trace = exchange.trace
        self._log.add(
            RequestLine(
                now(),
                "info",
                "request",
                trace.request_id,
                method,
                route,
                status,
                round(seconds * 1000, 3),
                exchange.declared(),
                exchange.sent,
                caller,
                trace.trace_id,
                scope.get(VERDICTS) or None,
            )
        )
        if not self._log_waits:
            self._log_waits = True
            asyncio.get_running_loop().call_later(_LOG_EVERY, self._flush_log)

    def flush(self) -> None:
        """Write what was counted and logged since the last time."""
        self.metrics.flush()
        if self._log is not None:
            self._log.flush()

    def _flush_log(self) -> None:
        self._log_waits = False
        if self._log is not None:
            self._log.flush()

    def _flush_metrics(self) -> None:
        """Flush, and again as long as requests are under way: a batch may take hours."""
        self.metrics.set("bounces_http_requests_in_progress", self._under_way)
        self.metrics.flush()
        self._metrics_wait = self._under_way > 0
        if self._metrics_wait:
            asyncio.get_running_loop().call_later(_METRICS_EVERY, self._flush_metrics)
