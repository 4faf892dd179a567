"""Step 1, HTML → readable text: what a person would read of a bounce that has no plain text (Exchange Online, Gmail).

selectolax (lexbor) parses; its tree is walked with a stack of our own. HTML's own rules make some nestings quadratic: every
`<div>` looks through all that are open, every `<p>` opens all open formatting elements again, every attribute is compared with
those before it. So tags that only format and the attributes of long ones are taken out beforehand, and no more than 4,000 tags
are read (a long Exchange report has 600).
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bounce_verdict.model import DEFAULT_LIMITS
from bounce_verdict.pipeline.budget import HTML, Budget

_MAX_TAGS = 4_000
_MAX_HTML = 262_144
_FORMATTING_NAME = r"(?:a|abbr|b|big|code|em|font|i|ins|nobr|s|small|span|strike|strong|tt|u|wbr)"
_FORMATTING = re.compile(rf"</?{_FORMATTING_NAME}(?:[\s/][^<>]*+)?>", re.IGNORECASE)
# Such a tag whose end that does not see, behind a "<" in an attribute: it is read under a name that formats nothing.
_FORMATTING_LEFT = re.compile(rf"<(/?){_FORMATTING_NAME}(?=[\s/>])", re.IGNORECASE)
_WRITES_TO = re.compile(r"<a\s[^<>]{0,500}?\bhref\s?=\s?[\"']?mailto:([^\"'<>?\s]{3,320})[^<>]*+>", re.IGNORECASE)
_LONG_TAG = re.compile(r"(<[a-z][^\s<>]{0,20}+)[^<>]{2000,}+", re.IGNORECASE)
_STRUCTURE = re.compile(r"<(?:br|div|li|p|pre|t[dr])\b", re.IGNORECASE)
_UNSEEN = frozenset({"head", "math", "noframes", "script", "style", "svg", "template", "title"})
# How many line ends lie between an element and its neighbours, at least.
_EDGES = {
    **dict.fromkeys(("blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"), 2),
    **dict.fromkeys((
        "address", "article", "aside", "body", "caption", "center", "dd", "details", "dir", "div", "dt", "fieldset",
        "figcaption", "figure", "footer", "form", "header", "li", "main", "nav", "section", "summary", "tbody", "tfoot",
        "thead", "tr",
    ), 1),
}  # fmt: skip
_WIDEST = 2
_UNSEEN_LETTERS = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")
_BLANK_LINES = re.compile(r"\n{3,}+")


def to_text(html: str, budget: Budget | None = None) -> str:
    """The text of `html`: blocks and `<br>` end a line, paragraphs stand apart by an empty one, a table's row is one line.

    Entities are decoded, white space is tidied, scripts and styles are left out. Reads 4,000 tags of 256 KB at most. Where no address
    can be seen, those that links write to stand ahead of the links' words (Exchange may show a recipient's name alone).
    """
    budget = budget or Budget(DEFAULT_LIMITS.max_work)
    text = _seen(html, budget)
    if "@" in text or _WRITES_TO.search(html, 0, _MAX_HTML) is None:
        return text
    return _seen(_WRITES_TO.sub(r"\1 ", html[:_MAX_HTML]), budget)


def _seen(html: str, budget: Budget) -> str:
    html = html[: budget.afford(len(html), HTML)]
    tree = LexborHTMLParser(bounded(html, budget).encode("utf-8", "replace"))
    is_plain = _STRUCTURE.search(html, 0, _MAX_HTML) is None  # plain text called HTML (Yahoo): its line ends are meant
    text = "".join(_pieces(tree.root, is_pre=is_plain)) if tree.root is not None else ""
    lines = (" ".join(line.split()) for line in text.translate(_UNSEEN_LETTERS).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def bounded(html: str, budget: Budget) -> str:
    """`html` up to the last tag that may be read, without endless attributes and without anything that opens formatting."""
    if len(html) > _MAX_HTML:
        budget.warn(f"only the first {_MAX_HTML} characters of an HTML part were read")
    html = _FORMATTING.sub("", _LONG_TAG.sub(r"\1", html[:_MAX_HTML]))
    html = _FORMATTING_LEFT.sub(r"<\1x", html)
    if html.count("<") > _MAX_TAGS:
        budget.warn(f"only the first {_MAX_TAGS} tags of an HTML part were read")
        html = "<".join(html.split("<", _MAX_TAGS)[:_MAX_TAGS])
    return html


def _pieces(root: LexborNode, *, is_pre: bool) -> list[str]:
    """The texts in order, and the line ends between them: of edges that meet the widest counts, `<br>` adds to them."""
    pieces: list[str] = []
    edge = 0
    stack: list[tuple[LexborNode | int, bool]] = [(root, is_pre)]
    while stack:
        node, is_pre = stack.pop()
        if isinstance(node, int):
            edge = max(edge, node)
        elif node.is_text_node:
            text = node.text_content or ""
            if is_pre or not edge or not text.isspace():
                pieces += ["\n" * edge, text if is_pre else text.replace("\n", " ")]
                edge = 0
        elif node.tag == "br":
            edge += edge < _WIDEST
        elif node.tag in {"td", "th"}:
            pieces.append("" if edge else " ")
            stack += _children(node, is_pre=is_pre)
        elif node.tag not in _UNSEEN:
            width = _EDGES.get(node.tag or "", 0)
            edge = max(edge, width)
            stack.append((width, False))
            stack += _children(node, is_pre=is_pre or node.tag == "pre")
    return pieces


def _children(node: LexborNode, *, is_pre: bool) -> list[tuple[LexborNode | int, bool]]:
    """The node's children for the stack: the last one lies lowest."""
    return [(child, is_pre) for child in list(node.iter(include_text=True))[::-1]]
