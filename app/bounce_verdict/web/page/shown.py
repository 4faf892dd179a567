"""An answer in words for a person: what the page shows, with scripts and without. Everything is text; a browser escapes nothing itself."""

import json
import shlex
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from bounce_verdict.web.page.marks import Places
from bounce_verdict.web.page.paste import Pasted

Table = dict[str, Any]

MAX_CARDS = 50  # recipients that are shown, events that stand in the JSON

# What the page says, by what an answer holds. A headline goes by verdict and scope, else by the verdict, else by the reason.
_WORDS: dict[str, dict[str, str]] = msgspec.json.decode(Path(__file__).with_name("words.json").read_bytes())


def shown(pasted: Pasted, answer: object, base: str, *, keyed: bool) -> Table:
    """What the page shows of an answer. base: where the service was reached. keyed: whether requests need a key."""
    whole = answer if isinstance(answer, dict) else msgspec.to_builtins(answer)
    more = max(sum(1 for _ in _classifications(whole)) - MAX_CARDS, 0)
    told = whole | {name: whole[name][:MAX_CARDS] for name in ("recipients", "events") if name in whole}
    places, cards = Places(pasted.text), list[Table]()
    number = 0
    for one in islice(_classifications(told), MAX_CARDS):
        cards.append(_card(one, places, number))
        number += len(cards[-1]["evidence"])
    report = told if "origin" in told else {}
    nothing = "" if cards else _WORDS["reports"].get(report.get("kind", ""), told.get("explanation", "It tells of no recipient."))
    return {
        "kind": pasted.kind,
        "read_as": f"Read as {_WORDS['kinds'].get(pasted.kind, f'a webhook of {pasted.kind}')}",
        "lead": _WORDS["reports"].get(report.get("kind", ""), "") if cards else nothing,
        "cards": cards,
        "more": f"And {more:,} more {'recipient' if more == 1 else 'recipients'}, whom the page leaves out: the curl line answers all of them."
        if more
        else "",
        "proof": _proof(pasted.kind, report),
        "warnings": [{"text": text} for text in report.get("warnings", ())],
        "pieces": places.pieces(pasted.text),
        "json": msgspec.json.format(msgspec.json.encode(told), indent=2).decode(),
        "curl": _curl(pasted, base, keyed=keyed),
        "python": _python(pasted, base),
    }


def _classifications(told: Table) -> Iterator[Table]:
    if "decided_by" in told:
        yield told
    for event in told.get("events", ()):
        yield from event["recipients"]
    yield from told.get("recipients", ())


def _card(one: Table, places: Places, number: int) -> Table:
    verdict, rule, reply = one["verdict"], one["rule"] or {}, one["reply"] or {}
    keys = (f"{verdict} {one['scope']}", verdict) if verdict else (one["reason"],)
    headline = next((_WORDS["headlines"][key] for key in keys if key in _WORDS["headlines"]), "Nothing tells what happened")
    link = f"#rule/{rule['id']}" if rule else f"#code/{reply['code']}/{reply['command'] or ''}" if reply.get("code") else ""
    reference = rule.get("reference", "")
    said = [reply.get("code"), reply.get("enhanced_status"), reply.get("command") and f"at {reply['command']}", one["remote_mta"]]
    return {
        "verdict": verdict or "none",
        "headline": headline,
        "recipient": one["recipient"] or "Recipient not named",
        "explanation": one["explanation"],
        "suppress": one["suppress"],
        "to_do": _WORDS["to_do"][one["suppress"]],
        "final": _WORDS["final"].get(str(one["transient"]).lower(), ""),
        "wait": f"The server asks to wait {one['retry_after']} seconds." if one["retry_after"] else "",
        "forward": f"The server names a new address: {one['forward_path']}" if one["forward_path"] else "",
        "blocklist": f"Blocklist: {one['blocklist']['name']}" if one["blocklist"] else "",
        "verdict_word": verdict or "null",
        "reason": one["reason"],
        "reason_link": f"#reason/{one['reason']}",
        "said": " · ".join(str(part) for part in said if part),
        "decided": _WORDS["decided_by"][one["decided_by"]],
        "rule": rule.get("id", ""),
        "link": link,
        "reference": reference,
        "reference_link": reference if reference.startswith("https://") and " " not in reference else "",
        "evidence": _evidence(one, places, number),
    }


def _evidence(one: Table, places: Places, number: int) -> list[Table]:
    """Each step's finding; `mark` is where its words stand in the paste. Words come first: a code is looked for ahead of them."""
    anchor, marked = None, dict[int, bool]()
    order = sorted(
        range(len(one["evidence"])), key=lambda at: one["evidence"][at]["field"] not in {"reply.text", "diagnostic_code"}
    )
    for at in order:
        found = one["evidence"][at]
        words, is_code = _words(one, found), found["field"] in {"reply.code", "reply.enhanced_status"}
        place = places.find(words, number + at + 1, anchor if is_code else None) if words else None
        if place is None and words and is_code and anchor is not None:
            place = places.find(words, number + at + 1)
        marked[at] = place is not None
        anchor = place if anchor is None and place is not None else anchor
    return [
        {
            "number": number + at + 1,
            "found": found["found"],
            "source": found["source"] or "",
            "speaks": found["verdict"] or "",
            "mark": f"#mark-{number + at + 1}" if marked[at] else "",
        }
        for at, found in enumerate(one["evidence"])
    ]


def _words(one: Table, found: Table) -> str:
    """The words of the answer that a finding points at; "" where it points at none."""
    value: Any = one
    for name in (found["field"] or "").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if found["field"] == "reply.code" and found["step"] == "tables":
        return str(value or "")
    return value[found["start"] : found["end"]] if isinstance(value, str) and found["start"] is not None else ""


def _proof(kind: str, report: Table) -> Table:
    if not report:
        text = _WORDS["no_proof"].get(kind, "The page does not check the payload's signature; /v1/webhooks does.")
        return {"proof": "none", "text": text, "match": []}
    proof, match = report["origin"]["proof"], report["origin"]["to_match"]
    named = [{"name": name.replace("_", " "), "text": text} for name, text in match.items() if text] if proof is None else []
    return {
        "proof": proof or "missing",
        "text": _WORDS["proofs"][proof or "missing"] if report["recipients"] else "",
        "match": named,
    }


def _curl(pasted: Pasted, base: str, *, keyed: bool) -> str:
    """A line for a shell that asks the same of the service."""
    path, body = "/v1/classify/batch", shlex.quote(pasted.text.strip())
    media = "application/x-ndjson"
    if pasted.kind == "reply":
        path, media, body = "/v1/classify/reply", "application/json", shlex.quote(json.dumps(_reply(pasted), ensure_ascii=False))
    elif pasted.kind == "log":
        body = shlex.quote(json.dumps({"log": pasted.text.strip()}, ensure_ascii=False))
    elif pasted.kind == "message":
        path, media, body = "/v1/classify/message", "message/rfc822", "@bounce.eml"
    elif pasted.kind != "item":
        path, media, body = f"/v1/webhooks/{pasted.kind}", "application/json", "@payload.json"
    key = ' -H "authorization: Bearer $BOUNCES_KEY"' if keyed else ""
    envelope = f" -H {shlex.quote(f'x-envelope-to: {pasted.envelope_to}')}" if pasted.envelope_to else ""
    return f"curl {shlex.quote(base + path)} -H 'content-type: {media}'{envelope}{key} --data-binary {body}"


def _reply(pasted: Pasted) -> Table:
    given = {"reply": pasted.text.strip(), "command": pasted.command, "recipient": pasted.recipient}
    return {name: text for name, text in given.items() if text}


def _python(pasted: Pasted, base: str) -> str:
    """The same for Python, without a service but for an item of a batch."""
    if pasted.kind == "message":
        known = f", envelope_to={pasted.envelope_to!r}" if pasted.envelope_to else ""
        return f'from bounce_verdict import Classifier; print(Classifier().message(open("bounce.eml", "rb").read(){known}))'
    if pasted.kind == "log":
        return f"from bounce_verdict import Classifier; print(Classifier().log_line({pasted.text.strip()!r}))"
    if pasted.kind == "item":
        item = f"json.loads({pasted.text.strip()!r})"
        return f"import json; from bounce_verdict.client import Client; print(*Client({base!r}).batch([{item}]))"
    if pasted.kind == "reply":
        known = "".join(f", {name}={text!r}" for name, text in _reply(pasted).items() if name != "reply")
        return f"from bounce_verdict import classify; print(classify({pasted.text.strip()!r}{known}))"
    return f'from bounce_verdict import Classifier; print(Classifier().event("{pasted.kind}", open("payload.json", "rb").read()))'
