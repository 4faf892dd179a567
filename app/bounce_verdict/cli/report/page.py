"""A summary as one HTML page that needs nothing else: its charts are drawn in it, it runs no script and asks for nothing.

The page is a tree of elements, written at the end: whatever a mail said can be nothing but text in it.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import islice
from xml.etree.ElementTree import Element, tostring

from bounce_verdict import __version__
from bounce_verdict.cli.bulk.tally import Summary
from bounce_verdict.cli.output.counting import count_of
from bounce_verdict.cli.output.printing import printable
from bounce_verdict.cli.report.charts import bar_chart, stacked_days

VERDICTS = {  # in the order in which they are stacked, with what a reader of the report should know
    "permanent": "the address is dead",
    "policy": "refused for what we are, say or do",
    "storage": "no room",
    "retry": "may succeed later",
    "null": "nothing failed, or nothing tells",
}
_COLOURS = {name: f"var(--{name})" for name in VERDICTS}
_HEADINGS = {
    "reason": "By reason",
    "provider": "By provider",
    "command": "By SMTP command",
    "rule": "By rule",
}
MAX_DAYS = 90  # the last ones


def html_report(summary: Summary, names: Sequence[str], digest: str, top: int) -> str:
    """The whole page. names: of the files that were read. digest: of the rules. top: how many of each are shown."""
    style = files("bounce_verdict.cli.report").joinpath("report.css").read_text("utf-8")
    allowed = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    title = f"Bounces: {count_of(summary.recipients, 'recipient')}"
    head = _element(
        "head",
        _element("meta", charset="utf-8"),
        _element("meta", {"http-equiv": "Content-Security-Policy"}, content=policy),
        _element("meta", name="viewport", content="width=device-width"),
        _element("meta", name="referrer", content="no-referrer"),
        _element("title", title),
        _element("style", style),
    )
    page = _element("html", head, _element("body", *_body(summary, names, digest, top)), lang="en")
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _body(summary: Summary, names: Sequence[str], digest: str, top: int) -> Iterator[Element]:
    unread = f"; {count_of(summary.problems, 'record')} could not be read" if summary.problems else ""
    days = [day for day in summary.by["day"] if day != "none"]
    span = f" Between {days[0]} and {days[-1]}, where a day is told." if days else ""
    yield _element(
        "header",
        _element("h1", f"{count_of(summary.recipients, 'recipient')} in {count_of(summary.answers, 'answer')}"),
        _element("p", f"Of several answers about a recipient the last counts{unread}.{span}", {"class": "faint"}),
    )
    if summary.recipients:
        yield _tiles(summary)
        yield from _days(summary)
        for name, heading in _HEADINGS.items():
            yield _counted(heading, name, summary.by[name], summary.recipients, top)
    if summary.undecided:
        yield _undecided(summary.undecided, top)
    yield _element("footer", f"Read: {_list_of(names)}. Written by bounces {__version__} with the rules {digest}.")


def _tiles(summary: Summary) -> Element:
    counts = summary.by["verdict"]
    tiles = [
        _element(
            "li",
            name,
            _element("strong", f"{counts.get(name, 0):,}"),
            _element("span", f"{counts.get(name, 0) / summary.recipients:.1%}: {meaning}", {"class": "faint"}),
            {"class": name},
        )
        for name, meaning in VERDICTS.items()
    ]
    return _element("ul", *tiles, {"class": "tiles"})


def _days(summary: Summary) -> Iterator[Element]:
    told = [day for day in summary.days if day != "none"][-MAX_DAYS:]
    if len(told) > 1:
        shown = {day: summary.days[day] for day in told}
        chart = stacked_days(shown, list(VERDICTS), _COLOURS, f"Recipients on each of the {len(told)} days by verdict")
        yield _element("section", _element("h2", "By day"), chart)


def _counted(heading: str, name: str, counts: Mapping[str, int], total: int, top: int) -> Element:
    shown = {printable(what): count for what, count in islice(counts.items(), top)}
    rows = [(what, f"{count:,}", f"{count / total:.1%}") for what, count in shown.items()]
    if len(counts) > top:
        rows.append((f"and {len(counts) - top:,} more", f"{sum(islice(counts.values(), top, None)):,}", ""))
    chart = bar_chart(shown, _COLOURS, f"Recipients by {name}, as in the table beside")
    table = _table((name, "recipients", "share"), rows)
    return _element("section", _element("h2", heading), _element("div", chart, table, {"class": "pair"}))


def _undecided(texts: Sequence[tuple[str, int]], top: int) -> Element:
    rows = [(printable(text), f"{count:,}") for text, count in texts[:top]]
    if len(texts) > top:
        rows.append((f"and {len(texts) - top:,} more", f"{sum(count for _, count in texts[top:]):,}"))
    note = "The codes alone decided these. Addresses, hosts, numbers and ids are masked."
    table = _table(("text", "recipients"), rows)
    table.set("class", "text")
    return _element("section", _element("h2", "Texts that no rule decided"), _element("p", note, {"class": "faint"}), table)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Element:
    """Numbers stand in every column but the first."""
    number = ({}, *({"class": "number"} for _ in head[1:]))
    titles = [_element("th", title, kind, scope="col") for title, kind in zip(head, number, strict=True)]
    lines = [_element("tr", *(_element("td", cell, kind) for cell, kind in zip(row, number, strict=True))) for row in rows]
    return _element("table", _element("thead", _element("tr", *titles)), _element("tbody", *lines))


def _list_of(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(printable("stdin" if name == "-" else name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def _element(tag: str, *parts: "Element | str | dict[str, str]", **attributes: str) -> Element:
    """An element with its attributes, the elements in it, and text ahead of or behind them."""
    made = Element(tag, attributes)
    for part in parts:
        if isinstance(part, dict):
            made.attrib.update(part)
        elif isinstance(part, str):
            if len(made):
                made[-1].tail = (made[-1].tail or "") + part
            else:
                made.text = (made.text or "") + part
        else:
            made.append(part)
    return made
