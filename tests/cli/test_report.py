"""`bounces summary --to html`: one page with charts that loads nothing, runs nothing, and shows what mails said as text."""

import hashlib
import json
import re
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

from tests.cli.running import run

HOSTILE = "<script>alert(1)</script><img src=x onerror='alert(2)'>&lt;b&gt;</style></svg>"
LOADS = {"src", "href", "srcset", "data", "action", "style", "background", "poster", "xlink:href"}


class Page(HTMLParser):
    """What a page holds: its elements with their attributes, and the text of each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As HTMLParser calls it."""
        self.elements.append((tag, {name: text or "" for name, text in attrs}))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        """As HTMLParser calls it."""
        self.texts.append((self._inside, data))

    def text_of(self, tag: str) -> str:
        """All text that stands in elements of that name."""
        return "".join(text for inside, text in self.texts if inside == tag)


def report(rules: Path, *items: dict[str, str]) -> Page:
    stdin = "".join(json.dumps(item) + "\n" for item in items)
    return Page(run(rules, "summary", "--to", "html", stdin=stdin.encode()).out)


def test_what_a_mail_said_stays_text_and_nothing_of_it_an_element(rules: Path) -> None:
    page = report(rules, {"reply": f"550 {HOSTILE}", "recipient": "ana@example.org"})
    assert "<script>alert(N)</script><img src=x onerror='alert(N)'>&lt;b&gt;</style></svg>" in page.text_of("td")
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img", "b", "a", "link", "iframe", "object"})


def test_the_page_loads_and_runs_nothing_and_says_so_in_a_policy_of_its_own(rules: Path) -> None:
    page = report(rules, {"reply": "550 user unknown"})
    assert not [name for _, attributes in page.elements for name in attributes if name in LOADS or name.startswith("on")]
    policies = [found["content"] for tag, found in page.elements if tag == "meta" and "http-equiv" in found]
    style = b64encode(hashlib.sha256(page.text_of("style").encode()).digest()).decode()
    assert policies == [f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"]
    assert "url(" not in page.text_of("style")


def test_recipients_are_counted_and_none_is_named(rules: Path) -> None:
    storm = [{"reply": "550 user unknown", "recipient": "ana@example.org"}] * 40
    page = report(rules, *storm, {"reply": "452 4.2.2 full", "recipient": "bob@example.org"})
    assert page.text_of("h1") == "2 recipients in 41 answers"
    assert re.search(r"permanent.*retry", page.text_of("li"))
    assert "example.org" not in "".join(text for _, text in page.texts)


def test_days_have_a_chart_with_a_column_for_each_verdict(rules: Path) -> None:
    days = [
        {"reply": reply, "recipient": f"u{day}{reply[:1]}@example.org", "occurred_at": f"2026-10-0{day}T09:00:00Z"}
        for day in (1, 2, 3)
        for reply in ("550 user unknown", "450 later")
    ]
    page = report(rules, *days)
    titles = [found["aria-label"] for tag, found in page.elements if tag == "svg"]
    assert titles[0] == "Recipients on each of the 3 days by verdict"
    drawn = [found["fill"] for tag, found in page.elements if tag == "rect" and found["fill"].startswith("var(--")]
    assert (drawn.count("var(--permanent)"), drawn.count("var(--retry)")) == (4, 4)  # a column a day and one in the legend


def test_a_report_of_nothing_is_a_page_too(rules: Path) -> None:
    assert report(rules, {"wrong": "key"}).text_of("h1") == "0 recipients in 0 answers"


def test_json_takes_no_top_since_it_has_all(rules: Path) -> None:
    done = run(rules, "summary", "--to", "json", "--top", "3", stdin=b"550 user unknown\n")
    assert (done.code, done.error) == (2, "bounces: --top: does not go with --to json, which has all\n")
