"""Traces: FastAPI's own spans (one for each request), sent where OpenTelemetry's standard variables say.

FastAPI 0.165 makes the spans, but puts path and query into them, which may hold an id or a webhook's token, and what it sets up
by itself sends them on. So the provider is made here. Metrics and logs are our own.
"""

import logging
import os

from fastapi.telemetry import TelemetryConfig

OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}

_FLUSH_MS = 2_000
_PRIVATE = ("url.path", "url.query")

log = logging.getLogger("bounces.tracing")


def start_tracing() -> TelemetryConfig:
    """What FastAPI is to do: trace where OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set, else nothing.

    The other variables (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS …) are
    read by OpenTelemetry itself. They are often set for a whole cluster, so that what is missing here is a warning, no error.
    """
    if not _is_asked_for():
        return OFF
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    if protocol not in {None, "", "http/protobuf"}:
        log.warning("no traces: of OTLP's protocols only http/protobuf is spoken here")
        return OFF
    try:
        return _traced()
    except ImportError:
        log.warning("no traces: they need the extra `otel` (pip install 'bounce-verdict[otel]')")
        return OFF


def flush_traces(telemetry: TelemetryConfig) -> None:
    """Send the spans that wait: a worker that was told to stop ends by a signal, which no atexit handler outlives."""
    provider = telemetry.get("tracer_provider")
    if provider is not None and hasattr(provider, "force_flush"):
        provider.force_flush(_FLUSH_MS)


def _is_asked_for() -> bool:
    names = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    off = (
        os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER", "").lower() == "none"
    )
    return not off and any(os.environ.get(name) for name in names)


def _traced() -> TelemetryConfig:
    """Raises ImportError without the extra `otel`."""
    from opentelemetry.context import Context  # noqa: PLC0415  # the extra is optional
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    class Discretion(SpanProcessor):
        """Keeps what a caller wrote out of spans; http.route says which endpoint it was."""

        def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
            for name in _PRIVATE:
                if span.attributes and name in span.attributes:
                    span.set_attribute(name, "REDACTED")

    provider = TracerProvider()
    provider.add_span_processor(Discretion())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return {**OFF, "tracing": True, "tracer_provider": provider}
