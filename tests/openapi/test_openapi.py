"""The contract: openapi/openapi.json is what the code says, every answer has an example, and the examples are true to it."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from inspect import cleandoc
from typing import Any

import httpx
import jsonschema
import pytest

from bounce_verdict.model import Classification, Report
from bounce_verdict.response import KINDS, NDJSON, PROBLEMS, Problem, encode, indented
from bounce_verdict.settings import Settings
from bounce_verdict.web.application import ROUTES
from bounce_verdict.web.openapi.document import Document, contract
from tests.conftest import Serve
from tests.openapi.documented import CONTRACT, KEPT, OPERATIONS, SHOWN_IN_PART, answered, ask, parsed, steady

NAMES = [f"{verb} {path}" for path, verb, _ in OPERATIONS]


def validate(document: Any, schema: Document) -> None:
    jsonschema.validate(document, {**schema, "components": CONTRACT["components"]}, cls=jsonschema.Draft202012Validator)


def hold(media: str, told: Document) -> None:
    """Hold an example to its schema; each line of NDJSON to the line's."""
    validate(told["example"], told["schema"])
    for line in parsed(told["example"]) if media == NDJSON else ():
        validate(line, told["schema"]["contentSchema"])


def component(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def test_the_kept_contract_is_what_the_code_says() -> None:
    assert indented(encode(contract(ROUTES))) == KEPT.read_text(encoding="utf-8"), "run: bounces openapi > openapi/openapi.json"


def test_every_field_of_every_schema_is_described() -> None:
    schemas = CONTRACT["components"]["schemas"]
    bare = [
        f"{name}.{key}"
        for name, one in schemas.items()
        for key, told in one.get("properties", {}).items()
        if "description" not in told
    ]
    assert bare == []
    assert len(schemas) > 50


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
            hold(media, told)


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=NAMES)
def test_every_body_has_an_example_that_fits_its_schema(path: str, verb: str, operation: Document) -> None:
    assert (verb == "post" and path != "/v1/admin/reload") == ("requestBody" in operation), path
    for media, told in operation.get("requestBody", {"content": {}})["content"].items():
        hold(media, told)


@pytest.fixture(scope="module")
def unsigned(serve: Serve) -> Iterator[httpx.Client]:
    """A client of a service that asks no webhook for a proof."""
    with serve(Settings(webhooks_unsigned=True)) as base, httpx.Client(base_url=base, timeout=30) as client:
        yield client


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=NAMES)
def test_a_documented_request_gets_the_documented_answer(
    unsigned: httpx.Client, path: str, verb: str, operation: Document
) -> None:
    response = ask(unsigned, path, verb, operation)
    if path == "/v1/admin/reload":  # this service has no parent to ask; tests/server/test_reload.py reloads one that has
        assert response.status_code == 409
        return
    (media, told), *_ = operation["responses"]["200"]["content"].items()
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, media)
    if path == "/metrics":  # they count what was asked before
        assert response.text.startswith("# HELP bounces_")
        return
    answer, example = steady(answered(response)), steady(parsed(told["example"]))
    for name in SHOWN_IN_PART & set(example) if isinstance(example, dict) else ():
        assert example[name][0] in answer[name]
        answer[name] = example[name]
    assert answer == example, "if that is meant: python -m tests.openapi.documented"


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=NAMES)
def test_every_documented_body_is_taken(unsigned: httpx.Client, path: str, verb: str, operation: Document) -> None:
    for media in operation.get("requestBody", {"content": {}})["content"]:
        response = ask(unsigned, path, verb, operation, media)
        assert response.status_code == 200
        if response.headers["content-type"] == "application/json":
            validate(response.json(), operation["responses"]["200"]["content"]["application/json"]["schema"])


def test_each_type_of_problem_is_documented_with_its_status() -> None:
    page = (KEPT.parents[1] / "docs" / "problems.md").read_text(encoding="utf-8")
    of_a_kind: list[tuple[str, str]] = [(kind, ", ".join(map(str, statuses))) for kind, statuses in KINDS.items()]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \| ([\d, ]+) \|", page, re.MULTILINE)) == sorted(
        [(name, str(status)) for status, name in PROBLEMS.items()] + of_a_kind
    )


def test_each_closed_set_of_words_is_one_schema() -> None:
    inline: list[str] = []
    named: list[str] = []

    def look(part: Any, where: str) -> None:
        if isinstance(part, dict):
            if "enum" in part:
                assert part["type"] == "string"
                (named if part.get("title") else inline).append(part.get("title", where))
            assert part.get("default", "") is not None, f"{where}: generators demand a key whose default is null"
            for key, one in part.items():
                look(one, f"{where}.{key}")
        elif isinstance(part, list):
            for one in part:
                look(one, where)

    look(CONTRACT["components"]["schemas"], "")
    assert {"Verdict", "Reason", "Suppress", "Scope", "Command", "ReportKind", "EventKind", "DecidedBy"} < set(named)
    assert inline == [".Ready.properties.rules", ".Reloaded.properties.result"]  # used once, in what operators read


def test_the_lines_of_a_batch_are_told_apart_by_type() -> None:
    lines = CONTRACT["components"]["schemas"]["BatchAnswer"]
    assert lines["discriminator"]["propertyName"] == "type"
    for kind, reference in lines["discriminator"]["mapping"].items():
        line = CONTRACT["components"]["schemas"][reference.rpartition("/")[2]]
        assert line["properties"]["type"]["const"] == kind
        assert {"$ref": reference} in lines["oneOf"]


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
