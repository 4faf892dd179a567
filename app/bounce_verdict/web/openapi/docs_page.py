"""/docs: the contract as one page of plain HTML, without scripts and without anything loaded from elsewhere."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

Document = dict[str, Any]

_STYLE = """body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{margin-top:2.5rem;border-top:1px solid #ccc;padding-top:1rem}code,pre{font:.875rem/1.4 ui-monospace,monospace}
pre{background:#f4f4f4;padding:.75rem;overflow-x:auto}table{border-collapse:collapse}
td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
PAGE_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def docs_page(document: Document) -> str:
    """The page for an OpenAPI document: every operation with its parameters, bodies, answers and examples."""
    operations = [
        part for path, item in document["paths"].items() for verb, op in item.items() for part in _operation(path, verb, op)
    ]
    info = document["info"]
    about = "".join(f"<p>{_prose(paragraph)}</p>" for paragraph in info["description"].split("\n\n"))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>{about}"
        '<p>The whole contract, with every field: <a href="openapi.json">openapi.json</a>.</p>'
        f"{''.join(operations)}</body></html>"
    )


def _operation(path: str, verb: str, operation: Document) -> Iterator[str]:
    yield f"<h2><code>{verb.upper()} {escape(path)}</code></h2><p>{_prose(operation['summary'])}.</p>"
    if operation.get("parameters"):
        rows = "".join(
            f"<tr><td><code>{escape(p['name'])}</code></td><td>{p['in']}</td><td>{_prose(p['description'])}</td></tr>"
            for p in operation["parameters"]
        )
        yield f"<table><tr><th>parameter</th><th>in</th><th></th></tr>{rows}</table>"
    if "requestBody" in operation:
        yield f"<p>{_prose(operation['requestBody']['description'])}</p>"
        yield from _examples(operation["requestBody"]["content"])
    for status, response in operation["responses"].items():
        yield f"<p><b>{status}</b> {_prose(response['description'])}</p>"
        if status == "200":
            yield from _examples(response["content"])


def _examples(content: Document) -> Iterator[str]:
    for media, told in content.items():
        example = told.get("example")
        text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
        yield f"<details><summary><code>{escape(media)}</code></summary><pre>{escape(text)}</pre></details>"


def _prose(text: str) -> str:
    """Text with `code` marked up."""
    return "".join(f"<code>{escape(part)}</code>" if i % 2 else escape(part) for i, part in enumerate(text.split("`")))
