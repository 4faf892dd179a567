"""The page as it is served: what POST / answers, its policy, its bounds, and what it keeps."""

import html
import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from bounce_verdict.keys import new_key
from bounce_verdict.settings import Settings
from tests.conftest import Serve
from tests.page.samples import KINDS, LOG, MESSAGE, REPLY
from tests.running import Running, make_few_rules, until

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
MARK = "xenophon-of-athens"
READ_AS = {
    "reply": "a reply",
    "message": "a whole message",
    "sendgrid": "a webhook of sendgrid",
    "log": "lines of a mail log",
    "item": "an item of a batch",
}


def posted(client: httpx.Client, **fields: str) -> httpx.Response:
    return client.post("/", data=fields)


class View(LexborHTMLParser):
    """The page that answers, by what stands on it."""

    def text_of(self, selector: str) -> str:
        """The text of the first such element."""
        return self.texts(selector)[0]

    def texts(self, selector: str) -> list[str]:
        """The text of each."""
        return [node.text() for node in self.css(selector)]

    def links(self, selector: str, attribute: str = "href") -> list[str | None]:
        """Where each leads."""
        return [node.attributes[attribute] for node in self.css(selector)]


def view(client: httpx.Client, **fields: str) -> View:
    answer = posted(client, **fields)
    assert answer.status_code == 200, answer.text
    return View(answer.text)


def shown(page: str) -> str:
    """The page's text as a person reads it."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page.partition("</textarea>")[2]))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_recognised_and_answered_on_the_page_without_a_script(client: httpx.Client, kind: str) -> None:
    answer = posted(client, text=KINDS[kind], recipient="ana@example.org")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "ana@example.org" in shown(answer.text)
    assert "What to do with the address" in shown(answer.text)
    assert view(client, text=KINDS[kind]).text_of("#result-title small") == f"Read as {READ_AS[kind]}"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_every_page_has_the_one_policy_and_no_script_or_style_of_its_own(client: httpx.Client, path: str) -> None:
    answers = [client.get(path), *([posted(client, text=REPLY), posted(client, text="")] if path == "/" else [])]
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert not re.search(r"<style|<script(?! type=\"module\" src=\"assets/)|\sstyle=|\son\w+=", answer.text)
        assert not re.search(r"(?:src|<link[^>]* href)=\"(?:https?:)?//", answer.text)


def test_the_page_with_all_its_files_is_smaller_than_60_kb(client: httpx.Client) -> None:
    page = client.get("/").text
    names = {"page.css", "icon.svg", "page.js", "ask.js", "codes.js", "bench.js"}
    assert set(re.findall(r"assets/([\w.]+)", page)) <= names
    total = len(page.encode()) + sum(len(client.get(f"/assets/{name}").content) for name in names)
    assert total < 60_000


def test_markup_in_a_paste_stays_text(client: httpx.Client) -> None:
    attack = "550 5.1.1 </textarea><script>alert(1)</script><img src=x onerror=alert(2)> user unknown"
    page = posted(client, text=attack, recipient='"><script>alert(3)</script>').text
    assert "alert(1)" in page
    assert "<script>" not in page
    assert "<img" not in page


def test_what_decided_is_marked_where_it_stands_though_lines_and_codes_cut_it(client: httpx.Client) -> None:
    found = view(client, text=REPLY, command="RCPT")
    assert found.text_of("#pieces mark a[href='#evidence-1']") == "account that you tried to reach does\n550 5.1.1 not exist1"
    for number in found.css("#pieces sup"):
        number.decompose()
    assert found.text_of("#pieces") == REPLY
    assert found.text_of("#evidence-1 .found") == "google.no-such-user"
    assert found.links("#evidence-1 .to-mark") == ["#mark-1"]


def test_marks_and_evidence_link_to_each_other_without_a_script(client: httpx.Client) -> None:
    page = posted(client, text=LOG).text
    marks, evidence = (
        set(re.findall(r'<mark id="mark-(\d+)"', page)),
        set(re.findall(r'<li id="evidence-(\d+)"', page)),
    )
    assert marks
    assert marks <= evidence
    assert set(re.findall(r'href="#evidence-(\d+)"', page)) == set(re.findall(r'href="#mark-(\d+)"', page)) == marks


def test_every_recipient_of_a_report_has_its_own_card_and_its_own_place(client: httpx.Client) -> None:
    second = MESSAGE.replace(
        "\n--4A1B2C3D.1795255095/mx.example.net\nContent-Description: Undelivered",
        "\nFinal-Recipient: rfc822; bo@example.org\nAction: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp; 552 5.2.2 <bo@example.org>: mailbox full\n"
        "\n--4A1B2C3D.1795255095/mx.example.net\nContent-Description: Undelivered",
    )
    found = view(client, text=second)
    assert found.texts(".card .recipient") == ["ana@example.org", "bo@example.org"]
    assert found.links(".card", "data-verdict") == ["permanent", "storage"]
    numbers = [int(number) for number in found.texts(".evidence .number")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_report_says_how_far_it_is_proven_and_what_to_match(client: httpx.Client) -> None:
    found = view(client, text=MESSAGE)
    assert found.text_of(".proof").startswith("Not proven")
    assert (
        dict(zip(found.texts(".match dt"), found.texts(".match dd"), strict=True))["message id"] == "<42.november@news.example>"
    )


def test_the_json_is_what_the_interface_answers(client: httpx.Client) -> None:
    asked = client.post("/v1/classify/reply", json={"reply": REPLY, "command": "RCPT"})
    assert json.loads(view(client, text=REPLY, command="RCPT").text_of("pre[aria-label=JSON]")) == asked.json()


def test_of_a_report_on_a_thousand_recipients_the_page_holds_fifty_and_says_so(client: httpx.Client) -> None:
    block = "Final-Recipient: rfc822; {}@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    head = "From: MAILER-DAEMON@mx.example.org\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    blocks = "".join(block.format(f"ana{n}") for n in range(1_000))
    raw = f"{head}--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n{blocks}--b--\r\n"
    found = view(client, text=raw)
    assert len(found.css(".card")) == len(json.loads(found.text_of("pre[aria-label=JSON]"))["recipients"]) == 50
    assert found.text_of(".answer > p") == "And 950 more recipients, whom the page leaves out: the curl line answers all of them."


def test_the_curl_line_quotes_what_a_shell_would_take_for_its_own(client: httpx.Client) -> None:
    line = view(client, text="550 it's $(id) `id`", recipient="a'b@example.org").text_of("pre[aria-label=curl]")
    words = shlex.split(line)
    assert words[:2] == ["curl", f"{str(client.base_url).rstrip('/')}/v1/classify/reply"]
    assert words[-1] == '{"reply": "550 it\'s $(id) `id`", "recipient": "a\'b@example.org"}'


def test_a_permalink_holds_nothing_that_was_pasted(client: httpx.Client) -> None:
    (link,) = view(client, text=f"550 5.1.1 user unknown {MARK}").links("#permalink", "data-link")
    assert str(link).startswith("#rule/")
    assert view(client, text=f"550 {MARK}", command="RCPT").links("#permalink", "data-link") == ["#code/550/RCPT"]


def test_a_file_is_read_as_it_is_whatever_its_bytes(client: httpx.Client) -> None:
    raw = MESSAGE.replace("I'm sorry", "Tut mir leid, schöne Grüße").encode("latin-1")
    found = View(client.post("/", files={"file": ("bounce.eml", raw)}, data={"text": "ignored"}).text)
    assert found.text_of("#result-title small") == "Read as a whole message"
    assert found.text_of(".card a[href^='#reason/']") == "mailbox-unknown"


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": " "}, 422, "is empty"),
        ({"text": "550 no", "command": "DANCE"}, 422, "command is no SMTP command"),
        ({"text": "550 no", "read_as": "tea leaves"}, 422, "read_as must be one of"),
        ({"text": "550 no", "other": "x"}, 422, "field that the page"),
        ({"text": "550 " + "x" * 70_000}, 413, "Only a whole message"),
        ({"text": "x" * 1_048_577}, 413, "larger than 1048576 bytes"),
    ],
)
def test_what_is_wrong_with_a_form_is_said_on_the_page(
    client: httpx.Client, fields: dict[str, str], status: int, words: str
) -> None:
    answer = posted(client, **fields)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert words in shown(answer.text)


def test_what_was_pasted_stays_in_a_form_that_is_refused(client: httpx.Client) -> None:
    answer = client.post("/", data={"text": '{"reply": "550 no", "surprise": 1}', "recipient": "ana@example.org"})
    assert answer.status_code == 422
    assert ">{&#34;reply&#34;: &#34;550 no&#34;, &#34;surprise&#34;: 1}</textarea>" in answer.text
    assert 'value="ana@example.org"' in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"&".join([b"a=1"] * 200_000), "application/x-www-form-urlencoded", 400),
        (b"--b\r\nno end", "multipart/form-data; boundary=b", 400),
        (b"--b\r\n" * 200_000, "multipart/form-data; boundary=b", 400),
        (
            b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n550 no\r\n' * 10_000,
            "multipart/form-data; boundary=b",
            400,
        ),
        (b"text=550", "multipart/form-data", 400),
        (b"550 no", "text/plain", 415),
    ],
)
def test_a_form_that_is_none_or_has_no_end_is_refused_at_once(client: httpx.Client, body: bytes, kind: str, status: int) -> None:
    assert client.post("/", content=body, headers={"content-type": kind}).status_code == status


def test_a_form_is_read_in_memory_and_never_through_a_file(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", opened.append)
    raw = MESSAGE.encode() + b"x" * 1_000_000
    assert client.post("/", files={"file": ("bounce.eml", raw)}).status_code == 200
    assert opened == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_form_puts_no_words_into_our_page(client: httpx.Client, site: str) -> None:
    answer = client.post(
        "/", data={"text": f"550 call {MARK}"}, headers={"sec-fetch-site": site, "origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert MARK not in answer.text


def test_with_keys_the_page_is_open_and_the_form_needs_one(serve: Serve) -> None:
    secret, line = new_key("page", ["classify"])
    with serve(Settings(keys=line)) as base, httpx.Client(base_url=base) as client:
        assert client.get("/").status_code == client.get("/assets/page.js").status_code == 200
        refused = client.post("/", data={"text": REPLY})
        assert refused.status_code == 401
        assert "asks for a key" in shown(refused.text)
        answer = client.post("/", data={"text": REPLY}, headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == 200
        assert "$BOUNCES_KEY" in View(answer.text).text_of("pre[aria-label=curl]")
        assert secret not in answer.text


def test_nothing_that_was_pasted_is_logged_or_left_on_disk(tmp_path: Path) -> None:
    state, temporary = tmp_path / "state", tmp_path / "temporary"
    state.mkdir(mode=0o700)
    temporary.mkdir()
    rules = make_few_rules(tmp_path / "rules")
    with Running(rules, {"TMPDIR": str(temporary)}, log_level="debug", state_dir=str(state)) as service:
        for text in KINDS.values():
            given = text.replace("ana@", f"{MARK}@")
            assert posted(service.http, text=given, recipient=f"{MARK}@example.org").status_code == 200
            assert service.http.post("/", files={"file": (MARK, given.encode())}).status_code == 200
            assert posted(service.http, text=given, read_as=MARK).status_code == 422
            assert service.http.post("/", data={"text": given, MARK: MARK}).status_code == 422
        assert until(lambda: sum('"route":"/"' in line for line in service.log) == 4 * len(KINDS))
        kept = [file for folder in (state, temporary) for file in folder.rglob("*") if file.is_file()]
        assert not [file for file in kept if MARK.encode() in file.read_bytes()]
    assert MARK not in "".join(service.log)


def test_an_unknown_file_is_a_404_and_no_path_leads_out(client: httpx.Client) -> None:
    for path in ("/assets/none.js", "/assets/..%2f__init__.py", "/assets/%2e%2e/paste.py", "/assets/"):
        assert client.get(path).status_code == 404
    assert client.request("DELETE", "/").headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("text", [REPLY, '{"reply": "550 5.1.1 user unknown", "id": 7}'])
def test_the_python_line_gives_the_answer_that_is_shown(client: httpx.Client, text: str) -> None:
    line = view(client, text=text).text_of("pre[aria-label=Python]")
    printed = subprocess.run([sys.executable, "-c", line], capture_output=True, check=True).stdout.decode()  # noqa: S603
    assert "verdict='permanent'" in printed
