"""The requests that the contract documents, and what a service answers to each.

Run as a module it writes answers.json anew: `make openapi`, `python -m tests.openapi.documented`, `make openapi`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from bounce_verdict.web.openapi import document
from tests.running import ROOT, Running

KEPT = ROOT / "openapi" / "openapi.json"
CONTRACT = json.loads(KEPT.read_text(encoding="utf-8"))
OPERATIONS = [(path, verb, op) for path, item in CONTRACT["paths"].items() for verb, op in item.items()]
VARIES = {
    "rules_digest",
    "version",
    "source",
    "reference",
    "rule_folders",
}  # with the rules, the program and the place that both stand in

_ANSWERS = Path(document.__file__).with_name("answers.json")
SHOWN_IN_PART = {"reasons", "reply_codes", "enhanced_status_codes", "rules"}  # long lists, of which the contract shows one
_METRICS = """# HELP bounces_rule_hits_total Recipients that a rule decided.
# TYPE bounces_rule_hits_total counter
bounces_rule_hits_total{rule="google.no-such-user"} 42.0
"""
_RELOADED = {"result": "ok", "rules": 900, "rules_digest": "sha256:…", "version": "…"}


def ask(client: httpx.Client, path: str, verb: str, operation: Any, media: str | None = None) -> httpx.Response:  # JSON
    """What the service says to the documented request, with the body's example of that media type, the first by default.

    A query belongs to a request without a body. The answer is asked for in the first of its media types.
    """
    bodies = operation.get("requestBody", {}).get("content", {})
    media = media or next(iter(bodies), None)
    query, headers, content = {}, {"accept": next(iter(operation["responses"]["200"]["content"]))}, None
    for parameter in operation.get("parameters", ()):
        name, example = parameter["name"], parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", example)
        elif example is not None and parameter["in"] == "header":
            headers[name] = example
        elif example is not None and not bodies:
            query[name] = example
    if media is not None:
        example = bodies[media]["example"]
        headers["content-type"], content = media, example if isinstance(example, str) else json.dumps(example)
    return client.request(verb, path, params=query, headers=headers, content=content)


def parsed(content: object) -> Any:  # JSON
    """An answer or an example as values: NDJSON is a list of its lines."""
    if isinstance(content, str) and content.startswith("{"):
        return [json.loads(line) for line in content.splitlines()]
    return content


def answered(response: httpx.Response) -> Any:  # JSON
    """A response's answer in the same form."""
    return response.json() if response.headers["content-type"] == "application/json" else parsed(response.text)


def steady(answer: Any) -> Any:  # JSON
    """An answer without what varies from one service to another."""
    if isinstance(answer, list):
        return [steady(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        key: None if key in VARIES or (key == "rules" and isinstance(one, int)) else steady(one) for key, one in answer.items()
    }


def _shortened(answer: Any) -> Any:  # JSON
    if not isinstance(answer, dict):
        return answer
    return {key: one[:1] if key in SHOWN_IN_PART and isinstance(one, list) else one for key, one in answer.items()}


def _answers(client: httpx.Client) -> Iterator[tuple[str, Any]]:
    for path, verb, operation in OPERATIONS:
        name = operation["operationId"].partition("_webhook")[0]
        if name == "show_metrics":
            yield name, _METRICS
        elif name == "reload_rules":
            yield name, _RELOADED
        else:
            answer = answered(ask(client, path, verb, operation).raise_for_status())
            if name == "readyz":
                answer["rule_folders"] = [{"path": "/opt/bounces/rules", "rules": 900}]
            yield name, _shortened(answer)


def main() -> None:
    """Ask a service with the shipped rules, and write down what it answers."""
    with TemporaryDirectory() as empty, Running(ROOT / "rules", local_rules=empty, webhooks_unsigned="true") as service:
        told = json.dumps(dict(_answers(service.http)), indent=1, ensure_ascii=False)
    _ANSWERS.write_text(told + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
