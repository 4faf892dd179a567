"""Metrics: what is counted, in one list; counted in plain dictionaries, handed to prometheus-client once a second.

A counter of prometheus-client costs 1.3 µs in multi-process mode, a histogram 2.6: five of them would cost as much as the
classifier. A dictionary costs 0.2. What a killed worker loses is the last second.

With PROMETHEUS_MULTIPROC_DIR set, the processes of one service share that folder and each answers for all. A process takes
the first free slot there instead of its process id, so that the files stay as few as the workers, however often they are
replaced, and a counter goes on where the worker before left it.
"""

import fcntl
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import prometheus_client
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import MultiProcessValue

from bounce_verdict.model import Classification, Report, value

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_MOST_PROCESSES = 1_000
_UNDECIDED = {"command-and-code", "code", "first-digit", "nothing"}
_NOT_A_FAILURE = {"delivered", "auto-reply", "complaint"}


@value
class Family:
    """One metric. A gauge of several processes shows the highest of those that live."""

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    help: str
    labels: tuple[str, ...] = ()


FAMILIES = (
    Family("counter", "bounces_http_requests_total", "Requests answered.", ("method", "route", "status")),
    Family("histogram", "bounces_http_request_duration_seconds", "From a request's head to its answer's end.", ("route",)),
    Family("gauge", "bounces_http_requests_in_progress", "Requests under way in the busiest process."),
    Family("counter", "bounces_batch_items_total", "Items of batches by the type of their answer.", ("type",)),
    Family(
        "counter",
        "bounces_classifications_total",
        "Recipients judged. source: the mail service or log they come from, direct where a caller sent the reply or message.",
        ("verdict", "reason", "decided_by", "source"),
    ),
    Family("counter", "bounces_provider_classifications_total", "Recipients judged by provider.", ("provider", "verdict")),
    Family("counter", "bounces_undecided_total", "Failures that no rule and no specific enhanced code decided.", ("provider",)),
    Family("counter", "bounces_rule_hits_total", "Recipients that a rule decided.", ("rule",)),
    Family("counter", "bounces_messages_total", "Messages read, by kind; not-a-report is what no reader knew.", ("kind",)),
    Family("counter", "bounces_message_warnings_total", "Warnings in reports.", ("warning",)),
    Family("counter", "bounces_limits_total", "Inputs refused for exceeding a limit, by setting.", ("limit",)),
    Family("counter", "bounces_refused_total", "Requests refused unread: unauthorized, forbidden, overload, lag.", ("why",)),
    Family("counter", "bounces_stalled_clients_total", "Batches cut off because their client did not read."),
    Family("counter", "bounces_faults_total", "Faults of the service itself; the log says where."),
    Family("gauge", "bounces_rules_info", "Always 1; which rules each process answers by.", ("digest", "version")),
    Family("gauge", "bounces_rules", "Rules loaded."),
    Family("gauge", "bounces_rules_stale", "1 while the rules on disk cannot be used and older ones answer."),
    Family("counter", "bounces_rules_reloads_total", "Reloads by result: ok, unchanged, failed.", ("result",)),
)

_BY_NAME = {family.name: family for family in FAMILIES}
_Metric = prometheus_client.Counter | prometheus_client.Gauge | prometheus_client.Histogram


class Metrics:
    """The counts of this process, and through `exposition` those of all that share its folder.

    Everything but `exposition` belongs to one thread, that of the event loop.
    """

    def __init__(self) -> None:
        self._folder = Path(os.environ[FOLDER]) if os.environ.get(FOLDER) else None
        self._slot = _take_slot(self._folder) if self._folder else None
        self._registry = CollectorRegistry()
        self._metrics = {family.name: _made(family, self._registry) for family in FAMILIES}
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._requests: Counter[tuple[str, str, int | None]] = Counter()
        self._judged: Counter[tuple[str | None, ...]] = Counter()
        self._counters: dict[tuple[str, ...], prometheus_client.Counter] = {}  # those in use, which are dear to look up
        self._told_by: dict[tuple[str | None, ...], Sequence[prometheus_client.Counter]] = {}
        self._durations: dict[str, list[float]] = {}  # seconds in all, then a count for each bucket

    def count(self, name: str, *labels: str, times: int = 1) -> None:
        """Add to a counter of FAMILIES."""
        self._counts[(name, *labels)] += times

    def set(self, name: str, number: float, *labels: str) -> None:
        """Set a gauge of FAMILIES."""
        metric = self._metrics[name]
        assert isinstance(metric, prometheus_client.Gauge)  # noqa: S101  # a caller's mistake
        (metric.labels(*labels) if labels else metric).set(number)

    def request(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """Count one request and its duration. status: None where it was not answered."""
        self._requests[(method, route, status)] += 1
        found = self._durations.get(route)
        if found is None:
            found = self._durations[route] = [0.0] * (len(BUCKETS) + 2)
        found[0] += seconds
        found[1 + bisect_left(BUCKETS, seconds)] += 1

    def judged(self, answers: Iterable[Classification], source: str = "direct") -> None:
        """Count recipients' answers."""
        for one in answers:
            rule = one.rule.id if one.rule is not None else None
            self._judged[(one.verdict, one.reason, one.decided_by, one.provider, rule, source)] += 1

    def read(self, report: Report, source: str = "direct") -> None:
        """Count one message's answer and its recipients'."""
        self._counts[("bounces_messages_total", report.kind)] += 1
        for warning in report.warnings:
            self._counts[("bounces_message_warnings_total", _slug(warning))] += 1
        self.judged(report.recipients, source)

    def flush(self) -> None:
        """Hand what was counted to prometheus-client, where other processes and `exposition` see it."""
        told: dict[prometheus_client.Counter, int] = {}
        judged, self._judged = self._judged, Counter()
        for key, times in judged.items():
            counters = self._told_by.get(key)
            if counters is None:
                counters = self._told_by[key] = [self._counter(one) for one in _spread(key)]
            for counter in counters:
                told[counter] = told.get(counter, 0) + times
        requests, self._requests = self._requests, Counter()
        for (method, route, status), times in requests.items():
            self._counts[("bounces_http_requests_total", method, route, "none" if status is None else str(status))] += times
        counts, self._counts = self._counts, Counter()
        for one, times in counts.items():
            counter = self._counter(one)
            told[counter] = told.get(counter, 0) + times
        for counter, times in told.items():
            counter.inc(times)
        durations, self._durations = self._durations, {}
        for route, found in durations.items():
            self._observe(route, found)

    def exposition(self) -> bytes:
        """Everything that was flushed, in Prometheus' text format. Reads the files of all processes, so not on the event loop."""
        if self._folder is None:
            return prometheus_client.generate_latest(self._registry)
        _forget_gauges(self._folder, _free_slots(self._folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]  # registers itself
        return prometheus_client.generate_latest(registry)

    def _counter(self, named: tuple[str, ...]) -> prometheus_client.Counter:
        """The counter of that name and labels."""
        found = self._counters.get(named)
        if found is None:
            name, *labels = named
            metric = self._metrics[name]
            assert isinstance(metric, prometheus_client.Counter)  # noqa: S101  # a caller's mistake
            found = self._counters[named] = metric.labels(*labels) if labels else metric
        return found

    def _observe(self, route: str, found: list[float]) -> None:
        """Add many observations at once, for which prometheus-client 0.26 has no public way."""
        histogram = self._metrics["bounces_http_request_duration_seconds"].labels(route)
        assert isinstance(histogram, prometheus_client.Histogram)  # noqa: S101
        histogram._sum.inc(found[0])  # noqa: SLF001
        for bucket, times in zip(histogram._buckets, found[1:], strict=True):  # noqa: SLF001
            if times:
                bucket.inc(times)


def prepare_folder(folder: Path) -> None:
    """Make an empty folder for the metrics of a service that starts: prometheus-client's own must be, between two runs."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)


def _spread(judged: tuple[str | None, ...]) -> Iterator[tuple[str, ...]]:
    """The counters that tell of a recipient judged so, by name and labels."""
    verdict, reason, decided_by, provider, rule, source = (part or "none" for part in judged)
    yield "bounces_classifications_total", verdict, reason, decided_by, source
    yield "bounces_provider_classifications_total", provider, verdict
    if rule != "none":
        yield "bounces_rule_hits_total", rule
    elif decided_by in _UNDECIDED and reason not in _NOT_A_FAILURE:
        yield "bounces_undecided_total", provider


def _made(family: Family, registry: CollectorRegistry) -> _Metric:
    match family.kind:
        case "counter":
            return prometheus_client.Counter(family.name, family.help, family.labels, registry=registry)
        case "gauge":
            return prometheus_client.Gauge(
                family.name, family.help, family.labels, registry=registry, multiprocess_mode="livemax"
            )
        case "histogram":
            return prometheus_client.Histogram(family.name, family.help, family.labels, registry=registry, buckets=BUCKETS)


def _slug(warning: str) -> str:
    """A closed set of labels for warnings, which are sentences."""
    if warning.startswith("origin not proven"):
        return "unproven-origin"
    if "flanker" in warning:
        return "flanker-fallback"
    return "limit" if any(word in warning for word in ("more than", "only", "unread", "spent")) else "other"


def _take_slot(folder: Path) -> int:
    """The first slot that no living process holds, held until this process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    for slot in range(_MOST_PROCESSES):
        if _lock(folder / f"{slot}.lock") is not None:
            _forget_gauges(folder, [slot])
            prometheus_client.values.ValueClass = MultiProcessValue(partial(int, slot))  # type: ignore[no-untyped-call]
            return slot
    raise RuntimeError(f"more than {_MOST_PROCESSES} processes share {folder}")


def _lock(path: Path) -> int | None:
    """The descriptor that holds the lock, None where another process does. It is left open on purpose."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _free_slots(folder: Path) -> list[int]:
    """The slots whose process is gone."""
    free = []
    for path in folder.glob("*.lock"):
        if (descriptor := _lock(path)) is not None:
            free.append(int(path.stem))
            os.close(descriptor)
    return free


def _forget_gauges(folder: Path, slots: Iterable[int]) -> None:
    for slot in slots:
        for file in folder.glob(f"gauge_live*_{slot}.db"):
            file.unlink(missing_ok=True)
