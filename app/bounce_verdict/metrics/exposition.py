"""What all processes of a service have counted, as Prometheus reads it. Most processes only count, and need none of it."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bounce_verdict.metrics import BUCKETS, FAMILIES, Family, Metrics, Series, Totals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(metrics: Metrics) -> bytes:
    """Everything that was flushed, in Prometheus' text format. Reads files, so not on the event loop."""
    registry = CollectorRegistry()
    registry.register(_Sum(metrics.all_totals()))
    return generate_latest(registry)


class _Sum(Collector):
    """The totals of several processes, added up."""

    def __init__(self, totals: Sequence[Totals]) -> None:
        self._all = totals

    def collect(self) -> Iterator[Metric]:
        """Every family, in the order of FAMILIES."""
        for family in FAMILIES:
            name, labels = family.name.removesuffix("_total"), family.labels
            match family.kind:
                case "counter":
                    counter = CounterMetricFamily(name, family.help, labels=labels)
                    for key, number in self._series(family, "counters").items():
                        counter.add_metric(key, number)
                    yield counter
                case "gauge" | "info":
                    gauge = GaugeMetricFamily(name, family.help, labels=labels)
                    for key, number in self._series(family, "gauges").items():
                        gauge.add_metric(key, number)
                    yield gauge
                case "histogram":
                    yield self._durations(family)

    def _series(self, family: Family, kind: Literal["counters", "gauges"]) -> Series:
        """The numbers of one family by labels. One without labels is shown before it is first counted."""
        found: Series = {} if family.labels else {(): 0}
        for totals in self._all:
            for (name, *labels), number in getattr(totals, kind).items():
                if name == family.name:
                    key, before = tuple(labels), found.get(tuple(labels), 0)
                    found[key] = before + number if kind == "counters" else max(before, number)
        return found

    def _durations(self, family: Family) -> HistogramMetricFamily:
        histogram = HistogramMetricFamily(family.name, family.help, labels=family.labels)
        sums: dict[str, list[float]] = {}
        for totals in self._all:
            for route, numbers in totals.durations.items():
                before = sums.get(route, [0.0] * len(numbers))
                sums[route] = [one + other for one, other in zip(before, numbers, strict=True)]
        bounds = [*(str(bound) for bound in BUCKETS), "+Inf"]
        for route, numbers in sums.items():
            histogram.add_metric([route], list(zip(bounds, accumulate(numbers[1:]), strict=True)), numbers[0])
        return histogram
