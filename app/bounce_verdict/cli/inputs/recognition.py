"""Which kind an input is, by its first bytes: what it says itself, then its name."""

from bounce_verdict.cli.inputs.chunk import Kind
from bounce_verdict.contract.recognition import LOOKED_AT, is_item, is_log, is_message
from bounce_verdict.records.csv_head import looks_like_csv
from bounce_verdict.records.mbox import is_mbox


def recognise(name: str, head: bytes) -> Kind:
    """The kind of the input of that name that begins so. What is nothing else is replies, one a line."""
    text = head.lstrip(b"\r\n")
    if is_mbox(text):
        return "mbox"
    if is_message(text):
        return "message"
    lines = [line.decode("utf-8", "replace") for line in text.splitlines()[:LOOKED_AT] if line.strip()]
    if text.startswith(b"{") and (is_item(lines[0]) or not is_log(lines)):
        return "ndjson"
    if is_log(lines):
        return "log"
    bare = name.lower().removesuffix(".gz").removesuffix(".zst")
    if bare.endswith((".csv", ".tsv")) or (lines and looks_like_csv(lines[0])):
        return "csv"
    return "message" if bare.endswith((".eml", ".msg")) else "replies"
