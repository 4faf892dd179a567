"""openapi/asyncapi.json is what the worker of the stream says of itself."""

import json
from pathlib import Path

import jsonschema
import pytest

from bounce_verdict.response import encode, indented
from bounce_verdict.stream.names import ANSWERS, DEAD, ITEMS
from bounce_verdict.stream.worker.document import asyncapi_document

KEPT = Path(__file__).parents[2] / "openapi" / "asyncapi.json"


def test_the_kept_document_is_what_the_code_says() -> None:
    assert indented(encode(asyncapi_document())) == KEPT.read_text(encoding="utf-8"), "run: make openapi"


def test_it_names_the_subjects_and_every_reference_leads_somewhere() -> None:
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    assert [channel["address"] for channel in document["channels"].values()] == [ITEMS, f"{ANSWERS}.{{partition}}", DEAD]
    for reference in {part.split('"')[0] for part in KEPT.read_text(encoding="utf-8").split('"$ref": "#/')[1:]}:
        found = document
        for name in reference.split("/"):
            found = found[name]


@pytest.mark.parametrize(
    ("line", "sound"), [('{"reply": "550 5.1.1 user unknown"}', True), ('{"reply": 550}', False), ('{"id": {}}', False)]
)
def test_its_schema_of_an_item_tells_sound_ones_from_others(line: str, sound: bool) -> None:  # noqa: FBT001  # pytest gives it so
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    schema = {**document["components"]["messages"]["Item"]["payload"], "components": document["components"]}
    assert jsonschema.Draft202012Validator(schema).is_valid(json.loads(line)) == sound
