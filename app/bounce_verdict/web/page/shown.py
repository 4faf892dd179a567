"""What the page shows of an answer beside its words, which are the template's: what was pasted with its marks, and how a program asks."""

import json
import shlex
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from bounce_verdict.response import JSON, NDJSON
from bounce_verdict.web.page.marks import Places
from bounce_verdict.web.page.paste import Pasted

Table = dict[str, Any]

MAX_CARDS = 50  # recipients that are shown, events that stand in the JSON
_TEXTS, _CODES = {"reply.text", "diagnostic_code"}, {"reply.code", "reply.enhanced_status"}


def shown(pasted: Pasted, answer: Table, base: str, *, keyed: bool) -> Table:
    """What templates/result.html takes. base: where the service was reached. keyed: whether requests need a key."""
    told = answer | {name: answer[name][:MAX_CARDS] for name in ("recipients", "events") if name in answer}
    places, cards, number = Places(pasted.text), list[Table](), 0
    for one in islice(_classifications(told), MAX_CARDS):
        cards.append(one | {"evidence": _evidence(one, places, number)})
        number += len(one["evidence"])
    return {
        "kind": pasted.kind,
        "told": told,
        "cards": cards,
        "more": sum(1 for _ in _classifications(answer)) - len(cards),
        "pieces": places.pieces(pasted.text),
        "json": msgspec.json.format(msgspec.json.encode(told), indent=2).decode(),
        **_by_program(pasted, base, keyed=keyed),
    }


def _classifications(told: Table) -> Iterator[Table]:
    if "decided_by" in told:
        yield told
    for event in told.get("events", ()):
        yield from event["recipients"]
    yield from told.get("recipients", ())


def _evidence(one: Table, places: Places, number: int) -> list[Table]:
    """Each finding with its number, and whether its words are marked in the paste. A code is looked for ahead of the words."""
    evidence = [found | {"number": at} for at, found in enumerate(one["evidence"], start=number + 1)]
    first = None
    for found in sorted(evidence, key=lambda found: found["field"] not in _TEXTS):
        words, before = _words(one, found), first if found["field"] in _CODES else None
        place = places.find(words, found["number"], before)
        if place is None and before is not None:
            place = places.find(words, found["number"])
        found["is_marked"] = place is not None
        first = place if first is None else first
    return evidence


def _words(one: Table, found: Table) -> str:
    """The words of the answer that a finding points at; "" where it points at none."""
    value: Any = one
    for name in (found["field"] or "").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if found["field"] == "reply.code" and found["step"] == "tables":
        return str(value or "")
    return value[found["start"] : found["end"]] if isinstance(value, str) and found["start"] is not None else ""


def _by_program(pasted: Pasted, base: str, *, keyed: bool) -> dict[str, str]:
    """A line for a shell that asks the same of the service, and one for Python, without a service but for an item of a batch."""
    text = pasted.text.strip()
    match pasted.kind:
        case "reply":
            known = {name: it for name in ("command", "recipient") if (it := getattr(pasted, name))}
            path, media, body = "classify/reply", JSON, json.dumps({"reply": text} | known, ensure_ascii=False)
            arguments = "".join(f", {name}={it!r}" for name, it in known.items())
            python = f"from bounce_verdict import classify; print(classify({text!r}{arguments}))"
        case "message":
            path, media, body = "classify/message", "message/rfc822", "@bounce.eml"
            arguments = f", envelope_to={pasted.envelope_to!r}" if pasted.envelope_to else ""
            raw = 'open("bounce.eml", "rb").read()'
            python = f"from bounce_verdict import Classifier; print(Classifier().message({raw}{arguments}))"
        case "log":
            path, media, body = "classify/batch", NDJSON, json.dumps({"log": text}, ensure_ascii=False)
            python = f"from bounce_verdict import Classifier; print(Classifier().log_line({text!r}))"
        case "item":
            path, media, body = "classify/batch", NDJSON, text
            python = (
                f"import json; from bounce_verdict.client import Client; print(*Client({base!r}).batch([json.loads({text!r})]))"
            )
        case source:
            path, media, body = f"webhooks/{source}", JSON, "@payload.json"
            raw = 'open("payload.json", "rb").read()'
            python = f'from bounce_verdict import Classifier; print(Classifier().event("{source}", {raw}))'
    key = ' -H "authorization: Bearer $BOUNCES_KEY"' if keyed else ""
    envelope = f" -H {shlex.quote(f'x-envelope-to: {pasted.envelope_to}')}" if pasted.envelope_to else ""
    url = shlex.quote(f"{base}/v1/{path}")
    return {
        "curl": f"curl {url} -H 'content-type: {media}'{envelope}{key} --data-binary {shlex.quote(body)}",
        "python": python,
    }
