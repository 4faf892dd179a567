"""Metrics: what is counted, in one list; counted in plain dictionaries, shown by exposition.py.

A counter of prometheus-client costs 1.3 µs in its multi-process mode, a histogram 2.6: five of them would cost as much as the
classifier. A dictionary costs 0.2. Nor do we use its shared files (0.26): they are mapped into memory before the disk has room for
them, and a full disk then ends the process with SIGBUS.

Instead each process of a service writes its totals to a file of its own in one folder, once a second, and each answers for all.
A process that starts takes over the file of one that has ended, so that the files stay as few as the processes, and no count is
lost but that of the last second. Where nothing can be written, counting goes on in memory.
"""

import logging
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from bounce_verdict.model import Classification, Report, value
from bounce_verdict.private_files import NotPrivateError, read_private, write_private

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_SUFFIX = ".metrics"
_UNDECIDED = {"command-and-code", "code", "first-digit", "nothing"}
_NOT_A_FAILURE = {"delivered", "auto-reply", "complaint", "unsubscribed"}

log = logging.getLogger("bounces.metrics")


@value
class Family:
    """One metric. Of a gauge the highest of the living processes is shown; an info is a gauge with one set of labels at a time."""

    kind: Literal["counter", "gauge", "info", "histogram"]
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
    Family("counter", "bounces_webhook_events_total", "Events of webhooks.", ("source", "kind")),
    Family("counter", "bounces_webhook_unknown_events_total", "Events whose name is in no table of their source.", ("source",)),
    Family("counter", "bounces_log_items_skipped_total", "Pieces of mail logs that tell of no delivery.", ("reason",)),
    Family("counter", "bounces_message_warnings_total", "Warnings in reports.", ("warning",)),
    Family("counter", "bounces_limits_total", "Inputs refused for exceeding a limit, by setting.", ("limit",)),
    Family("counter", "bounces_refused_total", "Requests refused unread: unauthorized, forbidden, overload, lag.", ("why",)),
    Family("counter", "bounces_stalled_clients_total", "Batches cut off because their client did not read."),
    Family("counter", "bounces_faults_total", "Faults of the service itself; the log says where."),
    Family("counter", "bounces_stream_messages_total", "Messages of a stream that were judged; each may hold many items."),
    Family(
        "counter", "bounces_stream_dead_letters_total", "Items of a stream without an answer, put on the dead-letter subject."
    ),
    Family(
        "counter", "bounces_stream_redelivered_total", "Messages of a stream that were delivered before, and not acknowledged."
    ),
    Family(
        "counter", "bounces_stream_store_failures_total", "Attempts to store an answer or a webhook at the broker that failed."
    ),
    Family("gauge", "bounces_stream_waiting", "Messages of the stream that no worker has been given yet."),
    Family("gauge", "bounces_stream_in_hand", "Messages of the stream that a worker has been given, and not acknowledged."),
    Family("gauge", "bounces_stream_oldest_seconds", "Since when the oldest message of the stream waits for its answers."),
    Family("gauge", "bounces_stream_connected", "1 while a worker of the stream is connected to its broker."),
    Family("counter", "bounces_webhooks_stored_total", "Webhooks put on a stream instead of being answered.", ("source",)),
    Family("counter", "bounces_log_lines_dropped_total", "Lines of the log that nobody took from stderr in time."),
    Family("info", "bounces_rules_info", "Always 1; which rules each process answers by.", ("digest", "version")),
    Family("gauge", "bounces_rules", "Rules loaded."),
    Family("gauge", "bounces_rules_stale", "1 while the rules on disk cannot be used and older ones answer."),
    Family("counter", "bounces_rules_reloads_total", "Reloads by result: ok, unchanged, failed.", ("result",)),
)

_BY_NAME = {family.name: family for family in FAMILIES}

Series = dict[tuple[str, ...], float]  # by family and labels


class Totals(Struct):
    """What a process has counted. durations: by route, the seconds in all, then a count for each bucket."""

    counters: Series
    gauges: Series
    durations: dict[str, list[float]]


class Metrics:
    """The counts of this process, and through `all_totals` those of all that share its folder.

    Everything but `all_totals` belongs to one thread, that of the event loop. storage_fault: why the folder cannot be written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.storage_fault: str | None = None
        self._folder = folder
        self._totals = _taken_over(folder) if folder else Totals({}, {}, {})
        self._written = msgspec.msgpack.encode(self._totals)
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._requests: Counter[tuple[str, str, int | None]] = Counter()
        self._judged: Counter[tuple[str | None, ...]] = Counter()

    def count(self, name: str, *labels: str, times: int = 1) -> None:
        """Add to a counter of FAMILIES."""
        self._counts[(name, *labels)] += times

    def set(self, name: str, number: float, *labels: str) -> None:
        """Set a gauge of FAMILIES; one of kind info loses the labels that it had."""
        if _BY_NAME[name].kind == "info":
            self._totals.gauges = {key: kept for key, kept in self._totals.gauges.items() if key[0] != name}
        self._totals.gauges[(name, *labels)] = number

    def request(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """Count one request and its duration. status: None where it was not answered."""
        self._requests[(method, route, status)] += 1
        found = self._totals.durations.get(route)
        if found is None:
            found = self._totals.durations[route] = [0.0] * (len(BUCKETS) + 2)
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

    def add(self, other: "Metrics") -> None:
        """Count what `other` has counted of answers since it was made, in another process."""
        self._counts.update(other._counts)  # noqa: SLF001  # of its own class
        self._judged.update(other._judged)  # noqa: SLF001

    def flush(self) -> None:
        """Add up what was counted, and write it where other processes and `all_totals` see it."""
        counters = self._totals.counters
        counts, self._counts = self._counts, Counter()
        requests, self._requests = self._requests, Counter()
        for (method, route, status), times in requests.items():
            counts["bounces_http_requests_total", method, route, "none" if status is None else str(status)] += times
        judged, self._judged = self._judged, Counter()
        for key, times in judged.items():
            for counter in _spread(key):
                counts[counter] += times
        for counter, times in counts.items():
            counters[counter] = counters.get(counter, 0) + times
        encoded = msgspec.msgpack.encode(self._totals)
        if self._folder is not None and (encoded != self._written or self.storage_fault or not _own_file(self._folder).exists()):
            self._write(self._folder, encoded)
        self._written = encoded

    def all_totals(self) -> list[Totals]:
        """What was flushed, here and by all other processes. Reads their files, so not on the event loop."""
        return [msgspec.msgpack.decode(self._written, type=Totals), *(_others(self._folder) if self._folder else ())]

    def _write(self, folder: Path, encoded: bytes) -> None:
        before = self.storage_fault
        try:
            write_private(_own_file(folder), encoded)
        except (OSError, NotPrivateError) as error:
            cause = error.strerror if isinstance(error, OSError) else str(error)
            self.storage_fault = f"the state folder cannot be written, counts are kept in memory: {cause}"
        else:
            self.storage_fault = None
        if self.storage_fault != before:
            log.error("%s", self.storage_fault or "the state folder can be written again")


def _spread(judged: tuple[str | None, ...]) -> Iterator[tuple[str, ...]]:
    """The counters that tell of a recipient judged so, by name and labels."""
    verdict, reason, decided_by, provider, rule, source = (part or "none" for part in judged)
    yield "bounces_classifications_total", verdict, reason, decided_by, source
    yield "bounces_provider_classifications_total", provider, verdict
    if rule != "none":
        yield "bounces_rule_hits_total", rule
    elif decided_by in _UNDECIDED and reason not in _NOT_A_FAILURE:
        yield "bounces_undecided_total", provider


def _slug(warning: str) -> str:
    """A closed set of labels for warnings, which are sentences."""
    if warning.startswith("origin not proven"):
        return "unproven-origin"
    if "flanker" in warning:
        return "flanker-fallback"
    return "limit" if any(word in warning for word in ("more than", "only", "unread", "spent")) else "other"


def _own_file(folder: Path) -> Path:
    return folder / f"{os.getpid()}{_SUFFIX}"


def _taken_over(folder: Path) -> Totals:
    """The counts of a process that has ended, whose file becomes ours; none where every process lives."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in sorted(folder.glob(f"*{_SUFFIX}")):
        if file == _own_file(folder) or not _lives(file):
            try:
                file.rename(_own_file(folder))  # of two processes that try, one succeeds
                found = _read(_own_file(folder))
            except OSError:
                continue
            return Totals(found.counters, {}, found.durations)
    return Totals({}, {}, {})


def _others(folder: Path) -> list[Totals]:
    """What the other processes have counted; of those that have ended no gauges."""
    for _ in range(3):
        try:
            return [_read(file) for file in folder.glob(f"*{_SUFFIX}") if file != _own_file(folder)]
        except FileNotFoundError:  # taken over a moment ago
            continue
    return []


def _read(file: Path) -> Totals:
    """Without gauges where the process has ended; empty where somebody else may have written it."""
    try:
        found = msgspec.msgpack.decode(read_private(file), type=Totals)
    except (NotPrivateError, msgspec.MsgspecError):
        return Totals({}, {}, {})
    return found if _lives(file) else Totals(found.counters, {}, found.durations)


def _lives(file: Path) -> bool:
    """Whether the process that a file is named after lives."""
    try:
        os.kill(int(file.stem), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
