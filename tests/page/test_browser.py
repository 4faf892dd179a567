"""The page in a real browser: what a visitor sees and does, with mouse, keyboard and screen reader, and what never happens."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from bounce_verdict.keys import new_key
from bounce_verdict.settings import Settings
from tests.conftest import Serve
from tests.page.conftest import Visit
from tests.page.samples import KINDS, MESSAGE, REPLY, ROOT

WIDE_AND_NARROW = pytest.mark.parametrize("size", ["wide", "narrow"], indirect=True)
LIGHT_AND_DARK = pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
SERIOUS = {"serious", "critical"}


def serious(page: Any) -> list[str]:
    """What axe-core finds that keeps somebody out."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found if one["impact"] in SERIOUS for node in one["nodes"]]


def sideways(page: Any) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@WIDE_AND_NARROW
def test_the_page_of_the_api_keeps_nobody_out_and_is_no_wider_than_the_screen(visit: Visit, size: str) -> None:
    page = visit.open("/docs")
    visit.shoot(f"docs-{size}", whole=False)
    assert sideways(page) <= 0
    page.evaluate("for (const one of document.querySelectorAll('article:not(:first-of-type)')) one.remove()")  # they are alike
    assert serious(page) == []


IN_SIGHT = """box => { const [whole, mark] = [box, box.querySelector("mark")].map((e) => e.getBoundingClientRect());
                      return whole.top <= mark.top && mark.bottom <= whole.bottom; }"""


@pytest.mark.parametrize(
    ("kind", "headline"),
    [
        ("reply", "This address is dead"),
        ("message", "This address is dead"),
        ("sendgrid", "This address is dead"),
        ("log", "Not now: try again later"),
        ("item", "There is no room"),
    ],
)
def test_each_kind_is_answered_in_large_plain_words_with_its_place_marked(visit: Visit, kind: str, headline: str) -> None:
    page = visit.open()
    visit.paste(KINDS[kind])
    first = page.locator(".card .headline").first
    assert first.inner_text().strip() == headline
    assert float(first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) > 24
    assert page.locator("#pieces").evaluate(IN_SIGHT)
    assert page.locator(".to-do p:visible").first.inner_text()
    visit.shoot(f"kind-{kind}")


@WIDE_AND_NARROW
@LIGHT_AND_DARK
def test_no_state_of_the_page_keeps_anybody_out_or_is_wider_than_the_screen(visit: Visit, size: str, scheme: str) -> None:
    page, found = visit.open(), dict[str, list[str]]()

    def look(state: str) -> None:
        visit.shoot(f"{state}-{size}-{scheme}")
        found[state] = [*serious(page), *([f"{sideways(page)} pixels too wide"] if sideways(page) > 0 else [])]

    look("front")
    visit.paste(MESSAGE)
    for summary in page.locator("#result summary").all():
        summary.click()
    look("answer")
    visit.paste("\n")
    look("problem")
    page.goto(f"{visit.base}/#code/550/RCPT")
    page.wait_for_selector("#detail h2")
    page.fill("#query", "out of storage")
    look("codes")
    page.goto(f"{visit.base}/#bench")
    look("bench")
    visit.faults = [
        fault for fault in visit.faults if "422" not in fault and "503" not in fault
    ]  # the browser tells of each answer that is none
    assert {state: faults for state, faults in found.items() if faults} == {}


def test_a_mark_leads_to_its_evidence_and_back(visit: Visit) -> None:
    page = visit.open()
    visit.paste(REPLY)
    page.click("#pieces mark a >> nth=-1")
    target = page.evaluate("location.hash.slice(1)")
    assert page.evaluate("document.activeElement.id") == target
    assert "google.no-such-user" in page.locator(f"#{target}").inner_text()
    page.locator(f"#{target} .to-mark").click()
    assert page.evaluate("document.querySelector(':target').matches('mark')")
    assert page.locator("#view-read").is_visible()


def test_a_dropped_file_is_read(visit: Visit) -> None:
    page = visit.open()
    transfer = page.evaluate_handle(
        "text => { const t = new DataTransfer(); t.items.add(new File([text], 'bounce.eml')); return t; }", MESSAGE
    )
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    page.wait_for_selector("#result:not([hidden])")
    assert "a whole message" in page.locator("#result-title").inner_text()
    assert "bounce.eml" in page.locator("#said-file").inner_text()


def test_a_chosen_file_is_read_and_a_large_one_refused_before_it_is_sent(visit: Visit, tmp_path: Path) -> None:
    page, large = visit.open(), tmp_path / "large.eml"
    page.set_input_files("#file", ROOT / "examples" / "bounce.eml")
    page.wait_for_selector("#result:not([hidden])")
    large.write_bytes(b"x" * 1_048_577)
    asked = len(visit.requests)
    page.set_input_files("#file", large)
    page.wait_for_selector("#problem:not([hidden])")
    assert "larger than 1 MB" in page.locator("#problem").inner_text()
    assert len(visit.requests) == asked


def test_markup_in_a_paste_is_shown_and_never_run(visit: Visit) -> None:
    page = visit.open()
    attack = "550 5.1.1 <img src=x onerror=document.title='run'><script>document.title='run'</script> user unknown"
    visit.paste(attack)
    assert page.locator("#pieces").inner_text().count("<script>") == 1
    assert page.locator("#result img, #result script").count() == 0
    assert page.title() != "run"


def test_a_paste_makes_one_request_and_the_first_paint_waits_for_the_style_alone(visit: Visit) -> None:
    page = visit.open()
    blocking = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.renderBlockingStatus === 'blocking').map(e => e.name.split('/').pop())"
    )
    assert blocking == ["page.css"]
    before = len(visit.requests)
    visit.paste(REPLY)
    asked = [address.removeprefix(visit.base) for address in visit.requests[before:]]
    assert [path for path in asked if path != "/assets/icon.svg"] == ["/"]  # the browser fetches its icon when it likes


def test_the_permalink_names_the_rule_and_opens_it(visit: Visit) -> None:
    page = visit.open()
    visit.paste(REPLY)
    page.click("#permalink")
    page.wait_for_selector("#permalink:text-is('Copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{visit.base}/#rule/google.no-such-user"
    page.goto(link)
    page.wait_for_selector("#detail h2")
    assert page.locator("#detail h2").inner_text() == "google.no-such-user"


def test_the_grid_shows_each_code_at_each_command_by_more_than_colour(visit: Visit) -> None:
    page = visit.open("/#codes")
    listed = httpx.get(f"{visit.base}/v1/reply-codes").json()["reply_codes"]
    page.wait_for_selector("#grid .cell")
    assert page.locator("#grid .cell").count() == len(listed)
    signs = page.evaluate(
        "[...document.querySelectorAll('#grid .cell')].map(e => [e.dataset.verdict, getComputedStyle(e, '::before').content])"
    )
    assert len({sign for _, sign in signs}) == len({verdict for verdict, _ in signs}) >= 4
    page.get_by_role("button", name="550 at MAIL: policy", exact=False).click()
    page.wait_for_selector("#detail h2")
    assert page.locator("#detail h2").inner_text() == "550 at MAIL"
    assert page.locator("#detail a[href='https://www.rfc-editor.org/rfc/rfc5321#section-4.3.2']").count() == 1
    page.click("#detail .chips a >> text=RCPT: permanent")
    page.wait_for_selector("#detail h2:text-is('550 at RCPT')")


@pytest.mark.parametrize(
    ("query", "first"),
    [("out of storage", "system-full"), ("5.1.1", "X.1.1"), ("554 DATA", "554 DATA"), ("mailbox-full", "mailbox-full")],
)
def test_the_search_finds_codes_reasons_and_rules(visit: Visit, query: str, first: str) -> None:
    page = visit.open("/#codes")
    page.fill("#query", query)
    page.wait_for_selector("#found li")
    assert page.locator("#found code").first.inner_text() == first
    if query == "out of storage":
        assert "google.over-quota" in page.locator("#found code").all_inner_texts()
    page.press("#query", "Enter")
    page.wait_for_selector("#detail h2")


def test_everything_works_by_keyboard_alone(visit: Visit) -> None:
    page = visit.open()
    press = page.keyboard.press
    press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    press("Enter")
    press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.insert_text("550 5.1.1 user unknown")
    press("Tab")
    assert page.evaluate("document.activeElement.id") == "ask"
    press("Enter")
    page.wait_for_selector("#result:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "result-title"
    assert "This address is dead" in page.locator("#status").inner_text()
    page.goto(f"{visit.base}/#codes")
    page.wait_for_selector("#grid .cell")
    page.focus("#query")
    for _ in range(30):
        press("Tab")
        if page.evaluate("document.activeElement.className") == "cell":
            break
    start = page.evaluate("document.activeElement.ariaLabel")
    press("ArrowDown")
    assert page.evaluate("document.activeElement.className") == "cell"
    assert page.evaluate("document.activeElement.ariaLabel") != start
    press("Enter")
    page.wait_for_selector("#detail h2")
    assert page.evaluate("document.activeElement.id") == "detail"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_the_bench_shows_what_a_rule_wins_and_what_the_linter_says(visit: Visit) -> None:
    page = visit.open("/#bench")
    page.set_default_timeout(120_000)  # a check is a process of its own, which takes seconds
    page.wait_for_selector("#findings .good, #findings .error, #findings .warning")
    page.wait_for_selector("#judged tbody tr")
    rows = page.locator("#judged tbody tr").all_inner_texts()
    assert len(rows) == 4
    assert "won by your rule" in rows[0]
    assert "left to" in rows[1]
    visit.shoot("bench-good")
    page.fill("#rule", page.input_value("#rule").replace("'mailbox is asleep'", "'mailbox'"))
    page.wait_for_selector("#findings .error")
    assert page.locator("#findings .error button").first.inner_text().startswith("line ")
    visit.shoot("bench-error")


def test_a_rule_is_taken_from_its_page_into_the_bench(visit: Visit) -> None:
    page = visit.open("/#rule/google.over-quota")
    page.wait_for_selector("#detail button")
    page.click("#detail button")
    assert 'overrides = "google.over-quota"' in page.input_value("#rule")


def test_where_keys_are_on_the_page_asks_for_one_and_keeps_it_nowhere(chromium: Any, serve: Serve, shots: Path) -> None:
    secret, line = new_key("page", ["classify"])
    with serve(Settings(keys=line)) as base:
        page = chromium.new_page()
        visit = Visit(page, base, shots)
        visit.open()
        visit.page.fill("#text", REPLY)
        visit.page.click("#ask")
        page.wait_for_selector("#key-form:not([hidden])")
        visit.shoot("key")
        page.fill("#key", secret)
        page.press("#key", "Enter")
        page.wait_for_selector("#result:not([hidden])")
        kept = page.evaluate(
            "[document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage), location.href].join()"
        )
        assert secret not in kept
        assert secret not in page.content()
        page.reload()
        page.fill("#text", REPLY)
        page.click("#ask")
        page.wait_for_selector("#key-form:not([hidden])")
        page.close()


def test_without_scripts_the_same_page_answers(chromium: Any, server: str, shots: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    visit = Visit(page, server, shots)
    visit.open()
    page.fill("#text", REPLY)
    page.click("#ask")
    page.wait_for_selector("#result")
    assert page.locator(".card .headline").inner_text().strip() == "This address is dead"
    assert page.locator("#pieces mark").count() == 3
    assert page.locator(".needs-js:visible").count() == 0
    visit.shoot("no-script")
    context.close()


def test_the_page_of_the_api_tries_an_endpoint(visit: Visit) -> None:
    page = visit.open("/docs")
    form = page.locator("form.try[data-path='/v1/classify/reply']")
    form.locator("textarea").fill('{"reply": "550 5.1.1 user unknown", "command": "RCPT"}')
    form.locator("button").click()
    form.locator("pre:has-text('mailbox-unknown')").wait_for()
    sizes = page.evaluate(
        "['h3', 'h3 code', 'p'].map(s => parseFloat(getComputedStyle(document.querySelector('.docs ' + s)).fontSize))"
    )
    assert min(sizes[:2]) > sizes[2]
