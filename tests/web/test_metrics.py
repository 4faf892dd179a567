"""Metrics: what is counted, across processes too, and that dashboard and alerts ask for nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import prometheus_client.parser
import pytest
import yaml

from bounce_verdict.metrics import FAMILIES, Metrics
from bounce_verdict.metrics.exposition import exposition
from bounce_verdict.private_files import private_folder
from bounce_verdict.settings import Settings
from tests.conftest import Serve

ROOT = Path(__file__).parents[2]
NAMES = {family.name for family in FAMILIES}
SERIES = NAMES | {f"bounces_http_request_duration_seconds_{part}" for part in ("bucket", "count", "sum")}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in prometheus_client.parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(found: Samples, name: str, **labels: str) -> float:
    return sum(number for (each, these), number in found.items() if each == name and labels.items() <= dict(these).items())


def test_a_request_and_its_answer_are_counted(serve: Serve) -> None:
    with serve(Settings()) as base, httpx.Client(base_url=base) as http:
        assert http.post("/v1/classify/reply", json={"reply": "550 5.1.1 user unknown"}).json()["verdict"] == "permanent"
        page = http.get("/metrics")
    assert page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(page.text)
    assert of(found, "bounces_http_requests_total", method="POST", route="/v1/classify/reply", status="200") == 1
    assert of(found, "bounces_http_request_duration_seconds_count", route="/v1/classify/reply") == 1
    assert of(found, "bounces_http_request_duration_seconds_bucket", route="/v1/classify/reply", le="+Inf") == 1
    assert of(found, "bounces_http_request_duration_seconds_sum", route="/v1/classify/reply") > 0
    assert of(found, "bounces_classifications_total", verdict="permanent", reason="mailbox-unknown", source="direct") == 1
    assert of(found, "bounces_rule_hits_total") == 1
    assert of(found, "bounces_rules_info") == 1
    assert of(found, "bounces_rules") > 0


def test_a_reply_that_no_rule_knows_is_undecided_and_a_success_is_not(serve: Serve) -> None:
    with serve(Settings()) as base, httpx.Client(base_url=base) as http:
        for reply in ("554 qwxz qwxz", "250 ok"):
            http.post("/v1/classify/reply", json={"reply": reply})
        found = samples(http.get("/metrics").text)
    assert of(found, "bounces_undecided_total") == 1


def test_batches_limits_and_problems_are_counted(serve: Serve) -> None:
    with serve(Settings(max_body=200)) as base, httpx.Client(base_url=base) as http:
        http.post("/v1/classify/batch", json=[{"reply": "550 no"}, {"message": "From: a@example.org\n\nhello"}, {"what": 1}])
        assert http.post("/v1/classify/reply", json={"reply": "x" * 300}).status_code == 413
        assert http.get("/nothing/here@example.org").status_code == 404
        found = samples(http.get("/metrics").text)
    assert of(found, "bounces_batch_items_total", type="classification") == 1
    assert of(found, "bounces_batch_items_total", type="problem") == 1
    assert of(found, "bounces_messages_total", kind="not-a-report") == 1
    assert of(found, "bounces_limits_total", limit="max_body") == 1
    assert of(found, "bounces_http_requests_total", route="none", status="404") == 1


def test_no_path_and_no_method_of_a_callers_own_becomes_a_label(serve: Serve) -> None:
    with serve(Settings()) as base, httpx.Client(base_url=base) as http:
        http.request("PROPFIND", "/secret-path")
        http.get("/v1/rules/secret-rule")
        page = http.get("/metrics").text
    assert "secret" not in page
    assert "PROPFIND" not in page
    assert 'route="/v1/rules/{id}"' in page


def test_a_gauge_can_be_set_and_every_family_is_shown() -> None:
    metrics = Metrics()
    metrics.set("bounces_rules_stale", 1)
    metrics.flush()
    text = exposition(metrics).decode()
    assert of(samples(text), "bounces_rules_stale") == 1
    assert all(f"# HELP {name.removesuffix('_total')}" in text for name in NAMES)


def test_many_durations_at_once_are_what_single_ones_would_be() -> None:
    metrics = Metrics()
    for seconds in (0.0004, 0.0005, 0.003, 99.0):
        metrics.request("GET", "/livez", 200, seconds)
    metrics.flush()
    found = samples(exposition(metrics).decode())
    at = {le: of(found, "bounces_http_request_duration_seconds_bucket", le=le) for le in ("0.0005", "0.0025", "0.005", "+Inf")}
    assert at == {"0.0005": 2, "0.0025": 2, "0.005": 3, "+Inf": 4}


WORKER = """
import sys
from pathlib import Path
from bounce_verdict.metrics import Metrics
metrics = Metrics(Path(sys.argv[2]))
metrics.count("bounces_rule_hits_total", "google.over-quota")
metrics.set("bounces_rules_info", 1, sys.argv[1], "0")
metrics.flush()
print("counted", flush=True)
sys.stdin.read()
"""
SCRAPE = """
import sys
from pathlib import Path
from bounce_verdict.metrics.exposition import exposition
from bounce_verdict.metrics import Metrics
print(exposition(Metrics(Path(sys.argv[1]))).decode())
"""


def start(folder: Path, digest: str) -> "subprocess.Popen[str]":
    worker = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", WORKER, digest, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert worker.stdout
    assert worker.stdout.readline() == "counted\n"
    return worker


def scrape(folder: Path) -> Samples:
    command = [sys.executable, "-c", SCRAPE, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
    return samples(done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return private_folder(tmp_path)


def test_one_process_answers_for_all_and_the_dead_keep_their_counts_but_not_their_gauges(folder: Path) -> None:
    with start(folder, "old") as first, start(folder, "old") as second:
        assert of(scrape(folder), "bounces_rule_hits_total") == 2
        first.kill()
        second.kill()
    with start(folder, "new") as third:
        found = scrape(folder)
        assert of(found, "bounces_rule_hits_total", rule="google.over-quota") == 3
        assert of(found, "bounces_rules_info", digest="new") == 1
        assert of(found, "bounces_rules_info", digest="old") == 0
        third.kill()


def test_replaced_workers_leave_no_more_files_than_there_were_workers(folder: Path) -> None:
    for _ in range(4):
        with start(folder, "any") as worker:
            worker.kill()
    assert len(list(folder.iterdir())) == 1
    assert of(scrape(folder), "bounces_rule_hits_total") == 4


def test_an_info_shows_the_labels_that_it_was_last_given(folder: Path) -> None:
    metrics = Metrics(folder)
    metrics.set("bounces_rules_info", 1, "one", "0")
    metrics.set("bounces_rules_info", 1, "two", "0")
    metrics.flush()
    found = samples(exposition(metrics).decode())
    assert [dict(labels)["digest"] for name, labels in found if name == "bounces_rules_info"] == ["two"]


def test_counting_goes_on_in_memory_where_nothing_can_be_written_and_is_written_later(folder: Path) -> None:
    metrics = Metrics(folder)
    folder.chmod(0o755)  # not ours alone any more
    metrics.count("bounces_faults_total")
    metrics.flush()
    assert "counts are kept in memory" in (metrics.storage_fault or "")
    assert of(samples(exposition(metrics).decode()), "bounces_faults_total") == 1
    folder.chmod(0o700)
    metrics.flush()
    assert metrics.storage_fault is None
    assert of(scrape(folder), "bounces_faults_total") == 1


def expressions() -> list[str]:
    board = json.loads((ROOT / "observability/grafana/dashboards/bounces.json").read_text(encoding="utf-8"))
    found = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    found += [entry["expr"] for entry in board["annotations"]["list"]]
    return found + [rule["expr"] for rule in alerts()]


def alerts() -> list[dict[str, Any]]:
    told = yaml.safe_load((ROOT / "observability/alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in told["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("expression", expressions())
def test_dashboard_and_alerts_ask_only_for_metrics_that_exist(expression: str) -> None:
    asked = set(re.findall(r"\bbounces_\w+", expression))
    assert asked or re.search(r'job="bounces(-workers)?"', expression)
    assert asked <= SERIES
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing)


def test_every_label_asked_for_is_one_of_its_metric() -> None:
    labels = {name: {*labels_of(name), "le", "job"} for name in SERIES}
    for expression in expressions():
        for name, given in re.findall(r"\b(bounces_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)\s*[=!]", given)) <= labels[name], expression
        for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
            for name in re.findall(r"\bbounces_\w+", expression):
                assert set(re.findall(r"\w+", grouped)) <= {*labels[name], "instance"}, expression


def labels_of(series: str) -> tuple[str, ...]:
    return next(family.labels for family in FAMILIES if family.name == re.sub(r"_(?:bucket|count|sum)$", "", series))


def test_a_line_of_the_dashboard_is_called_by_labels_that_its_expression_keeps() -> None:
    board = json.loads((ROOT / "observability/grafana/dashboards/bounces.json").read_text(encoding="utf-8"))
    for target in (target for panel in board["panels"] for target in panel["targets"]):
        kept = {label for group in re.findall(r"\bby \(([^)]*)\)", target["expr"]) for label in re.findall(r"\w+", group)}
        assert set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))) <= kept, target


def test_every_alert_says_what_happened_and_how_bad_it_is() -> None:
    for rule in alerts():
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in {"critical", "warning"}


def test_a_leap_of_a_providers_permanent_share_raises_an_alarm() -> None:
    (leap,) = [rule for rule in alerts() if rule["alert"] == "PermanentShareLeaps"]
    assert "by (provider)" in leap["expr"]
    assert leap["labels"]["severity"] == "critical"


def test_prometheus_loads_the_alerts_and_asks_the_service() -> None:
    told = yaml.safe_load((ROOT / "observability/prometheus.yml").read_text(encoding="utf-8"))
    assert [Path(path).name for path in told["rule_files"]] == ["alerts.yml"]
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    for job in told["scrape_configs"]:
        assert set(job["dns_sd_configs"][0]["names"]) <= set(services)
