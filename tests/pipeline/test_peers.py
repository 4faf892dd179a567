"""What the compose stack mounts, asked of the programs that read it: Prometheus' promtool, HAProxy. Skipped where they are missing."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bounce_verdict.settings import Settings
from tests.conftest import Serve
from tests.duplex import Duplex

ROOT = Path(__file__).parents[2]
PROMTOOL, HAPROXY = shutil.which("promtool"), shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
REPLY = {"reply": "550 5.1.1 <ana@example.org>: User unknown", "command": "RCPT"}

with_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
with_haproxy = pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed")


def run(program: str | None, *arguments: str, given: str | None = None) -> None:
    """Run it in observability/; what it says is shown where it fails."""
    assert program
    done = subprocess.run(  # noqa: S603
        [program, *arguments], input=given, cwd=ROOT / "observability", text=True, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@with_promtool
def test_prometheus_takes_its_configuration_and_the_alerts() -> None:
    run(PROMTOOL, "check", "config", "--syntax-only", "prometheus.yml")
    run(PROMTOOL, "check", "rules", "alerts.yml")


@with_promtool
def test_each_alert_is_told_when_it_should_be_and_not_before() -> None:
    run(PROMTOOL, "test", "rules", "alerts_test.yml")


def test_every_alert_has_a_test() -> None:
    alerts = re.findall(r"- alert: (\w+)", (ROOT / "observability/alerts.yml").read_text(encoding="utf-8"))
    tested = (ROOT / "observability/alerts_test.yml").read_text(encoding="utf-8")
    assert alerts
    assert [alert for alert in alerts if f'"{alert}"' not in tested] == []


@with_promtool
def test_prometheus_finds_nothing_wrong_with_the_metrics(client: httpx.Client) -> None:
    client.post("/v1/classify/reply", json=REPLY).raise_for_status()
    run(PROMTOOL, "check", "metrics", given=client.get("/metrics").text)


@pytest.fixture(scope="module")
def proxied(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the shipped proxy in front of a service, its replicas named by address as there is no Docker to ask."""
    assert HAPROXY
    with serve(Settings()) as base, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        shipped = (ROOT / "proxy/haproxy.cfg").read_text(encoding="utf-8")
        replica = f"server replica1 {base.removeprefix('http://')} check inter 100ms"
        changed = re.sub(r"server-template .*", replica, shipped).replace("bind :8080", f"bind 127.0.0.1:{port}")
        assert changed.count(replica) == changed.count(f"bind 127.0.0.1:{port}") == 1
        config = tmp_path_factory.mktemp("proxy") / "haproxy.cfg"
        config.write_text(changed, encoding="utf-8")
        with subprocess.Popen([HAPROXY, "-db", "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603
            try:
                yield ready(f"http://127.0.0.1:{port}")
            finally:
                process.terminate()


def ready(base: str) -> str:
    """`base`, once the proxy answers for the service behind it."""
    for _ in range(200):
        try:
            if httpx.get(f"{base}/readyz").status_code == httpx.codes.OK:
                return base
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail("the proxy does not answer")


@with_haproxy
def test_haproxy_takes_its_configuration() -> None:
    run(HAPROXY, "-c", "-f", "../proxy/haproxy.cfg")


@with_haproxy
def test_answers_come_through_the_proxy(proxied: str) -> None:
    answer = httpx.post(f"{proxied}/v1/classify/reply", json=REPLY)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "permanent")


@with_haproxy
@pytest.mark.parametrize("path", ["/metrics", "/v1/admin/reload"])
def test_what_needs_the_scope_admin_does_not_pass_the_proxy(proxied: str, path: str) -> None:
    assert httpx.post(f"{proxied}{path}").status_code == httpx.codes.NOT_FOUND


@with_haproxy
def test_a_batch_is_answered_through_the_proxy_while_it_is_still_sent(proxied: str) -> None:
    with closing(Duplex(proxied)) as connection:
        assert connection.is_answered_line_by_line(3)
