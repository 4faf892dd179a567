"""An answer in words for a person: what the page shows, with scripts and without. Everything is text; a browser escapes nothing itself."""

import json
import shlex
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from bounce_verdict.web.page.marks import Places
from bounce_verdict.web.page.paste import Pasted

Table = dict[str, Any]

MAX_CARDS = 50  # recipients that are shown, events that stand in the JSON

_KINDS = {"message": "a whole message", "item": "an item of a batch", "log": "lines of a mail log", "reply": "a reply"}
_VERDICTS = {
    "permanent": "This address is dead",
    "policy": "Refused because of the sender",
    "storage": "There is no room",
    "retry": "Not now: try again later",
}
_SCOPED = {
    ("permanent", "domain"): "This domain takes no mail",
    ("policy", "recipient"): "The recipient's own rules refuse you",
    ("policy", "message"): "Refused because of the message",
}
_NO_VERDICT = {
    "delivered": "Delivered",
    "auto-reply": "An automatic reply",
    "complaint": "A complaint",
    "unsubscribed": "Unsubscribed",
}
_TO_DO = {
    "now": "Stop mailing this address now.",
    "if-repeated": "Keep the address, and count this. Stop if it happens again in later mailings.",
    "never": "Keep the address. This is nothing to stop it for.",
}
_FINAL = {
    True: "The server would take another try of this message.",
    False: "The server gave up on this message for good.",
    None: "",
}
_DECIDED = {
    "rule": "A rule read the server's words",
    "enhanced-status": "The enhanced status code decided; no rule knew the words",
    "command-and-code": "Only the reply code at its command decided",
    "code": "Only the reply code decided",
    "first-digit": "Only the first digit of the code decided",
    "source-category": "The mail service's own word decided",
    "nothing": "Nothing in it tells what happened",
}
_REPORTS = {
    "not-a-report": "This is no bounce: no mail server reports anything in it.",
    "auto-reply": "This is an automatic reply, not a bounce.",
    "feedback-report": "This is a complaint, passed on by a mailbox provider.",
    "success": "This reports a delivery that succeeded.",
    "delay": "This reports a delay: the mail is still being tried.",
    "bounce": "This is a bounce.",
}
_PROOFS = {
    "verp": "Proven: the signed return path shows that you mailed this recipient.",
    "batv": "Half proven: the return path shows that you sent a mail, but not to whom.",
    None: "Not proven: anyone can write such a report. Before you stop the address, find these and the recipient in what you sent.",
}
_NO_PROOF = {
    "log": "A line of your own server's log needs no proof.",
    "reply": "A reply that your own server logged needs no proof.",
    "item": "A reply that your own server logged needs no proof.",
}


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
    nothing = "" if cards else _REPORTS.get(report.get("kind", ""), told.get("explanation", "It tells of no recipient."))
    return {
        "kind": pasted.kind,
        "read_as": f"Read as {_KINDS.get(pasted.kind, f'a webhook of {pasted.kind}')}",
        "lead": _REPORTS.get(report.get("kind", ""), "") if cards else nothing,
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
    headline = _SCOPED.get((verdict, one["scope"])) or _VERDICTS.get(verdict) or _NO_VERDICT.get(one["reason"])
    link = f"#rule/{rule['id']}" if rule else f"#code/{reply['code']}/{reply['command'] or ''}" if reply.get("code") else ""
    reference = rule.get("reference", "")
    said = [reply.get("code"), reply.get("enhanced_status"), reply.get("command") and f"at {reply['command']}", one["remote_mta"]]
    return {
        "verdict": verdict or "none",
        "headline": headline or "Nothing tells what happened",
        "recipient": one["recipient"] or "Recipient not named",
        "explanation": one["explanation"],
        "suppress": one["suppress"],
        "to_do": _TO_DO[one["suppress"]],
        "final": _FINAL[one["transient"]],
        "wait": f"The server asks to wait {one['retry_after']} seconds." if one["retry_after"] else "",
        "forward": f"The server names a new address: {one['forward_path']}" if one["forward_path"] else "",
        "blocklist": f"Blocklist: {one['blocklist']['name']}" if one["blocklist"] else "",
        "verdict_word": verdict or "null",
        "reason": one["reason"],
        "reason_link": f"#reason/{one['reason']}",
        "said": " · ".join(str(part) for part in said if part),
        "decided": _DECIDED[one["decided_by"]],
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
        text = _NO_PROOF.get(kind, "The page does not check the payload's signature; /v1/webhooks does.")
        return {"proof": "none", "text": text, "match": []}
    proof, match = report["origin"]["proof"], report["origin"]["to_match"]
    named = [{"name": name.replace("_", " "), "text": text} for name, text in match.items() if text] if proof is None else []
    return {"proof": proof or "missing", "text": _PROOFS[proof] if report["recipients"] else "", "match": named}


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
