"""Step 1: HTML → the text that a person reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.html import bounded, to_text


def test_blocks_and_line_breaks_end_a_line() -> None:
    assert to_text("<div>one</div>two<br>three<div>four</div>") == "one\ntwo\nthree\nfour"


def test_paragraphs_stand_apart() -> None:
    assert to_text("<p>one</p><p>two</p>three") == "one\n\ntwo\n\nthree"


def test_inline_tags_leave_words_whole() -> None:
    assert to_text("<p>ana<b>@</b><span class=x>exam<wbr>ple</span>.org</p>") == "ana@example.org"


def test_a_row_of_a_table_is_one_line() -> None:
    assert (
        to_text("<table><tr><td>Remote server</td><td>550 5.1.1</td></tr><tr><td>a<td>b</table>")
        == "Remote server 550 5.1.1\na b"
    )


def test_an_address_that_only_a_link_holds_stands_ahead_of_its_words() -> None:
    link = '<a class=x href="mailto:ana@example.org?subject=Re">Ana</a>'
    assert to_text(f"<p>No mail for {link}</p>") == "No mail for ana@example.org Ana"
    assert to_text(f"<p>No mail for {link} (bea@example.org)</p>") == "No mail for Ana (bea@example.org)"


def test_entities_are_decoded() -> None:
    assert to_text("<p>&lt;ana@example.org&gt;&nbsp;&amp;&#39;s &uuml;&#x2014;</p>") == "<ana@example.org> &'s ü—"


def test_scripts_styles_and_comments_are_left_out() -> None:
    html = "<html><head><title>t</title><style>p{}</style></head><body><script>if (a<b) 1</script><!-- no -->yes<svg><text>x</text></svg></body>"
    assert to_text(html) == "yes"


def test_white_space_is_tidied() -> None:
    assert to_text("<div>  one \n  two\u00a0 three\u200b </div>\n\n\n<div></div><div> </div><p>four") == "one two three\n\nfour"


def test_preformatted_text_keeps_its_lines() -> None:
    assert to_text("<pre>&gt;&gt;&gt; RCPT\n&lt;&lt;&lt; 550 no\n</pre>") == ">>> RCPT\n<<< 550 no"


def test_plain_text_called_html_keeps_its_lines() -> None:
    assert to_text("Sorry, ana@example.org:\n550 no such user") == "Sorry, ana@example.org:\n550 no such user"


def test_a_report_of_exchange_online_reads_as_it_looks() -> None:
    html = """<html><body><table border="0"><tbody><tr><td colspan=3><p style="x">Your message to
    <a href="mailto:ana@example.net">ana@example.net</a> couldn't be delivered.</p></td></tr></tbody></table>
    <p><b>Remote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'</b></p></body></html>"""
    assert to_text(html) == (
        "Your message to ana@example.net couldn't be delivered.\n\n"
        "Remote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'"
    )


def test_an_empty_document_has_no_text() -> None:
    assert to_text("") == ""


def test_100000_nested_blocks_end() -> None:
    assert to_text("<div>" * 100_000 + "end") == ""
    assert to_text("one" + "<table><tr><td>" * 100_000).startswith("one")


def test_formatting_elements_that_multiply_end() -> None:
    assert to_text("".join(f"<b id={n}>" for n in range(10_000)) + "x" + "<p>" * 3_000) == "x"


@pytest.mark.parametrize(
    "tag", ['<font a="<{}">', '<B a="<{}">', "<i a='<b>{}'>", "<<b>b a='<{}'>", "<em/a=<{}>", "<u\ta='<{}'>"]
)
def test_no_tag_opens_formatting_whatever_its_attributes_hold(tag: str) -> None:
    """18 KB of these, then paragraphs, took a second and 230 MB: each paragraph opens all of them again."""
    html = "<p>" + "".join(tag.format(n) for n in range(20)) + "</p>" + "<p>x</p>" * 5
    tree = LexborHTMLParser(bounded(html, Budget(1_000_000)))
    assert tree.root is not None
    assert not {node.tag for node in tree.root.traverse()} & {"b", "em", "font", "i", "u"}
    assert to_text(html).endswith("x\n\nx")


def test_30000_attributes_end() -> None:
    assert to_text("<div " + " ".join(f"a{n}=b" for n in range(30_000)) + ">x</div>") == "x"


def test_lone_surrogates_harm_nothing() -> None:
    to_text("<p>\ud800&#xD800;</p>").encode()


@given(
    st.lists(
        st.sampled_from(
            ["<", ">", "<p>", "</p>", "<td", "<pre>", "<b>", "</b>", "<table>", "<!--", "&#0;", "&lt", " ", "\n", "a"]
        )
    )
)
def test_any_mixture_of_tags_is_a_text(pieces: list[str]) -> None:
    text = to_text("".join(pieces))
    assert "\n\n\n" not in text
    text.encode()
