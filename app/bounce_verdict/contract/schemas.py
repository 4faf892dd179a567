"""The contract's schemas: answers as pydantic describes them, requests as msgspec does, in the form that client generators read best.

That is: each closed set of words is one schema with a name, referenced where it is used; a description stands on the property, not
inside its type; no default is null, which makes generators demand an optional key; the lines of a batch are told apart by their `type`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
from pydantic import TypeAdapter

from bounce_verdict.contract.requests import BatchItem, ReplyRequest, RulesCheckRequest
from bounce_verdict.contract.short_answers import ShortBatchAnswer
from bounce_verdict.model import (
    Action,
    Command,
    DecidedBy,
    EventKind,
    Layer,
    OriginProof,
    RecipientSource,
    ReportKind,
    Scope,
    SkipReason,
    Step,
    Suppress,
    Verdict,
)
from bounce_verdict.pipeline.decide.code_meanings import Series
from bounce_verdict.response import BatchAnswer, Problem
from bounce_verdict.rulebook.files import rules_folder
from bounce_verdict.rulebook.findings import Level
from bounce_verdict.webhooks import SOURCES

Schema = dict[str, Any]

REF = "#/components/schemas/{name}"
_RENAMED = {"Reason": "ReasonLine"}  # `Reason` is the set of words, as `Verdict` is


def words() -> dict[str, tuple[Sequence[str], str]]:
    """The closed sets of words: by name of the schema the words and what they say."""
    reasons = tomllib.loads((rules_folder() / "reasons.toml").read_text(encoding="utf-8"))
    return {
        "Action": (get_args(Action), "What was done with the mail, as reported (RFC 3464 §2.3.3)."),
        "Command": (get_args(Command), "An SMTP command. EOD is the end of the message's data."),
        "DecidedBy": (get_args(DecidedBy), "What decided the verdict."),
        "EventKind": (get_args(EventKind), "What an event of a webhook or a log is."),
        "FindingLevel": (get_args(Level), "How grave a finding is."),
        "Layer": (get_args(Layer), "The group of rules, in which all are tried before the next."),
        "OriginProof": (get_args(OriginProof), "How it is proven that a report answers a mail of yours."),
        "Reason": (tuple(reasons), "Why, in a word; GET /v1/reasons explains each."),
        "RecipientSource": (get_args(RecipientSource), "Where a recipient's address comes from."),
        "ReportKind": (get_args(ReportKind), "What a message is."),
        "Scope": (get_args(Scope), "What a verdict is about."),
        "Series": (get_args(Series), "What the first digit of a reply code says (RFC 5321 §4.2.1)."),
        "SkipReason": (get_args(SkipReason), "Why a piece of a log tells of no delivery."),
        "Step": (get_args(Step), "A step of the way from the text to the verdict."),
        "Suppress": (get_args(Suppress), "What to do with the address: stop at once, count it, or keep it."),
        "Verdict": (get_args(Verdict), "What kind of thing went wrong."),
        "WebhookSource": (tuple(SOURCES), "Who sends a webhook."),
    }


def schemas(described: Mapping[str, Schema]) -> dict[str, Schema]:
    """All schemas by name, those that FastAPI described among them."""
    answered: dict[str, Schema] = {**described, **_schema_of(Problem), **_schema_of(BatchAnswer), **_schema_of(ShortBatchAnswer)}
    for schema in answered.values():
        if "properties" in schema:
            schema["required"] = list(schema["properties"])
    _, taken = msgspec.json.schema_components([ReplyRequest, BatchItem, RulesCheckRequest], ref_template=REF)
    named = words()
    names = {frozenset(members): name for name, (members, _) in named.items()}
    tidy = {_RENAMED.get(name, name): _tidied(schema, names) for name, schema in {**answered, **taken}.items()}
    for schema in tidy.values():
        _name_reason(schema.get("properties", {}), "reason")
    for name in _RENAMED.values():
        tidy[name]["title"] = name
    _name_reason(tidy["ReasonLine"]["properties"], "name")
    enums = {
        name: {"title": name, "description": description, "type": "string", "enum": list(members)}
        for name, (members, description) in named.items()
    }
    lines = {**_lines("ShortBatchAnswer", tidy["ShortBatchAnswer"]), **_lines("BatchAnswer", tidy["BatchAnswer"])}
    return dict(sorted({**tidy, **enums, **lines}.items()))


def _schema_of(answer: type[object]) -> dict[str, Schema]:
    """A value's schema and those of its parts, by name."""
    schema = TypeAdapter(answer).json_schema(mode="serialization", ref_template=REF.replace("name", "model"))
    parts: dict[str, Schema] = schema.pop("$defs", {})
    return {**parts, answer.__name__: schema}


def _tidied(part: Any, names: Mapping[frozenset[str], str], *, top: bool = True) -> Any:  # noqa: ANN401  # JSON
    """A schema or a part of one. The titles of properties go: they say the name again, and some generators call classes by them."""
    if isinstance(part, list):
        return [_tidied(one, names, top=False) for one in part]
    if not isinstance(part, dict):
        return part
    found = {
        key: _tidied(one, names, top=False)
        for key, one in part.items()
        if not (key == "title" and isinstance(one, str) and not top) and not (key == "default" and one is None)
    }
    if isinstance(reference := found.get("$ref"), str):
        found["$ref"] = _renamed(reference)
    if isinstance(words := found.get("enum"), list):
        found.setdefault("type", "string")
        if frozenset(words) in names:
            del found["enum"], found["type"]
            found["$ref"] = REF.format(name=names[frozenset(words)])
    for member in found.get("anyOf", ()):
        for key in ("description", "examples"):
            if key in member:
                found[key] = member.pop(key)
    return found


def _renamed(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return REF.format(name=_RENAMED.get(name, name))


def _name_reason(properties: Schema, key: str) -> None:
    """Where the property holds a reason, a string to the code, say which these are."""
    told = properties.get(key, {})
    for place in (told, *told.get("anyOf", ())):
        if place.get("type") == "string":
            del place["type"]
            place["$ref"] = REF.format(name="Reason")


def _lines(name: str, answer: Schema) -> dict[str, Schema]:
    """A schema for each line of a batch's answer, and `name` for any of them, which `type` tells apart.

    The words of `type` stand in the order in which their results stand in the type of `result`.
    """
    found, mapping = {}, {}
    for kind, result in zip(answer["properties"]["type"]["enum"], answer["properties"]["result"]["anyOf"], strict=True):
        line = f"{result['$ref'].rpartition('/')[2]}Line"
        mapping[kind] = REF.format(name=line)
        properties = {
            **answer["properties"],
            "type": {"type": "string", "const": kind, "description": "What `result` is."},
            "result": {**result, "description": "The answer of that type."},
        }
        found[line] = {
            **answer,
            "title": line,
            "description": f"A line of a batch's answer of type `{kind}`.",
            "properties": properties,
        }
    found[name] = {
        "title": name,
        "description": answer["description"],
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    return found
