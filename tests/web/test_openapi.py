"""The contract: openapi/openapi.json is what the code says, every answer has an example, and the examples are true to it."""

import json
from dataclasses import fields
from inspect import cleandoc
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from bounce_verdict.model import Classification, Report
from bounce_verdict.response import Problem, encode, indented
from bounce_verdict.web.application import ROUTES
from bounce_verdict.web.openapi.document import Document, contract

KEPT = Path(__file__).parents[2] / "openapi" / "openapi.json"
CONTRACT = json.loads(KEPT.read_text(encoding="utf-8"))
OPERATIONS = [(path, verb, op) for path, item in CONTRACT["paths"].items() for verb, op in item.items()]
NAMES = [f"{verb} {path}" for path, verb, _ in OPERATIONS]


def validate(document: Any, schema: Document) -> None:
    jsonschema.validate(document, {**schema, "components": CONTRACT["components"]}, cls=jsonschema.Draft202012Validator)


def component(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def test_the_kept_contract_is_what_the_code_says() -> None:
    assert indented(encode(contract(ROUTES))) == KEPT.read_text(encoding="utf-8"), "run: bounces openapi > openapi/openapi.json"


def test_every_description_is_the_same_on_every_python() -> None:
    for line in KEPT.read_text(encoding="utf-8").splitlines():
        name, _, text = line.strip().rstrip(",").partition(": ")
        if name == '"description"' and text.startswith('"'):  # Python 3.13 dedents docstrings, those before do not
            assert json.loads(text) == cleandoc(json.loads(text))


def test_every_reference_leads_somewhere() -> None:
    text = KEPT.read_text(encoding="utf-8")
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in CONTRACT["components"]["schemas"]


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=NAMES)
def test_every_answer_has_an_example_that_fits_its_schema(path: str, verb: str, operation: Document) -> None:
    assert operation["summary"], f"{verb} {path}"
    assert "500" in operation["responses"]
    for status, response in operation["responses"].items():
        for media, told in response["content"].items():
            assert media == ("application/problem+json" if status != "200" else media)
            validate(told["example"], told["schema"])


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=NAMES)
def test_every_body_has_an_example_that_fits_its_schema(path: str, verb: str, operation: Document) -> None:
    assert (verb == "post" and path != "/v1/admin/reload") == ("requestBody" in operation), path
    for told in operation.get("requestBody", {"content": {}})["content"].values():
        validate(told["example"], told["schema"])


def test_the_lines_of_the_batch_examples_fit_their_schemas() -> None:
    batch = CONTRACT["paths"]["/v1/classify/batch"]["post"]
    validate(batch["requestBody"]["content"]["application/json"]["example"][0], component("BatchItem"))
    for line in batch["responses"]["200"]["content"]["application/x-ndjson"]["example"].splitlines():
        validate(json.loads(line), component("BatchAnswer"))


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=NAMES)
def test_every_example_is_taken(client: httpx.Client, path: str, verb: str, operation: Document) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            known = client.get("/v1/rules").json()["rules"][0]["id"] if parameter["name"] == "id" else parameter["example"]
            path = path.replace(f"{{{parameter['name']}}}", known)
    for media, told in operation.get("requestBody", {"content": {"": {"example": ""}}})["content"].items():
        example = told["example"]
        content = example if isinstance(example, str) else json.dumps(example)
        response = client.request(verb, path, content=content or None, headers={"content-type": media} if media else {})
        if path.startswith("/v1/webhooks/"):  # nor does it know a sender: test_webhooks.py sends this example
            assert response.status_code == 404
            continue
        if path == "/v1/admin/reload":  # this service has no parent to ask
            assert response.status_code == 409
            continue
        assert response.status_code == 200
        if response.headers["content-type"] == "application/json":
            validate(response.json(), operation["responses"]["200"]["content"]["application/json"]["schema"])


@pytest.mark.parametrize(
    "reply", ["", "250 ok", "550 5.1.1 user unknown", "451 greylisted, try again in 300 seconds", "\x00\udcff"]
)
def test_what_is_answered_fits_its_schema(client: httpx.Client, reply: str) -> None:
    body = reply.encode("utf-8", "surrogateescape")
    response = client.post("/v1/classify/reply", content=body, headers={"content-type": "text/plain"})
    validate(response.json(), component("Classification" if response.status_code == 200 else "Problem"))


@pytest.mark.parametrize("answer", [Classification, Report, Problem])
def test_every_field_of_an_answer_is_described_and_always_there(answer: type[Any]) -> None:
    schema = CONTRACT["components"]["schemas"][answer.__name__]
    assert schema["required"] == [field.name for field in fields(answer)]
    assert all(told.get("description") for told in schema["properties"].values())
