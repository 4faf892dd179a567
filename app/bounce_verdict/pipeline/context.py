"""Step 3: which command was answered and whose server spoke, because both change what the same reply means.

A provider is recognised by what only its servers write, by the name of the server, and by the recipient's domain, in this order.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bounce_verdict.model import Context, ParsedReply, ReplyInput, Rulebook
from bounce_verdict.pipeline.caching import cache_texts

MAX_PROVIDERS = 3

_AFTER_HOST = re.compile(r"[\s\[(:/]")
_MAX_HOST = 253  # characters of a host's name (RFC 1035 §2.3.4)


@dataclass(slots=True)
class ProviderIndex:
    """Host suffixes and recipient domains, lower case, each with its provider. by_host: the provider of a server's name."""

    hosts: Mapping[str, str]
    domains: Mapping[str, str]
    by_host: Callable[[str], str | None] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        def find(name: str) -> str | None:
            return _with_suffix(name, self.hosts)

        self.by_host = cache_texts(255, max_entries=4_096)(find)  # the same few servers come again and again


def index_providers(book: Rulebook) -> ProviderIndex:
    """The rulebook's providers by host suffix and by domain."""
    hosts = {host.lower(): provider.name for provider in book.providers.values() for host in provider.hosts}
    domains = {domain.lower(): provider.name for provider in book.providers.values() for domain in provider.domains}
    return ProviderIndex(hosts, domains)


def infer_context(parsed: ParsedReply, given: ReplyInput, token_providers: Sequence[str], index: ProviderIndex) -> Context:
    """The command (the caller's before the text's), the server, and at most three providers that may have refused.

    `command_from` is "request" for a given command; where it came from a report, the caller of this step says so.
    """
    remote_mta = given.remote_mta or parsed.remote_mta
    by_host = index.by_host(remote_mta) if remote_mta else None
    by_domain = provider_of(given.recipient, index) if given.recipient else None
    providers: tuple[str, ...]
    if token_providers and (by_host is not None or by_domain is not None):
        providers = _candidates(token_providers, by_host, by_domain)
    elif token_providers:
        providers = tuple(dict.fromkeys(token_providers))[:MAX_PROVIDERS]
    elif by_domain is None or by_domain == by_host:
        providers = () if by_host is None else (by_host,)
    else:
        providers = (by_domain,) if by_host is None else (by_host, by_domain)
    command_from: Literal["request", "text"] | None = "request" if given.command else "text" if parsed.command else None
    return Context(given.command or parsed.command, command_from, remote_mta, given.recipient, providers)


def provider_of(recipient: str, index: ProviderIndex) -> str | None:
    """The provider whose recipient domain it is: exactly, never by suffix, for mail hosts of customers are not its own domains."""
    _, at, domain = recipient.rpartition("@")
    return index.domains.get(domain.strip(" <>.").lower()) if at else None


def _candidates(by_tokens: Sequence[str], by_host: str | None, by_domain: str | None) -> tuple[str, ...]:
    """Whose token stands in the text, then the server's, then the domain's; the last two keep their places."""
    others = [name for name in dict.fromkeys((by_host, by_domain)) if name is not None and name not in by_tokens[:1]]
    tokens = [name for name in dict.fromkeys(by_tokens) if name not in others][: MAX_PROVIDERS - len(others)]
    return (*tokens, *others)


def _with_suffix(name: str, hosts: Mapping[str, str]) -> str | None:
    """The provider with the longest host suffix of `name`."""
    labels = name.lower().strip(".")
    if len(labels) > _MAX_HOST or not labels.replace(".", "a").replace("-", "a").isalnum():
        labels = _host_of(labels)
    while labels:
        if labels in hosts:
            return hosts[labels]
        labels = labels.partition(".")[2]
    return None


def _host_of(name: str) -> str:
    """The bare host name: "dns; mx.example.org (192.0.2.1)", "mx.example.org[192.0.2.1]:25", "mx.example.org."."""
    bare = name[:500].rpartition(";")[2].strip()
    bare = _AFTER_HOST.split(bare, maxsplit=1)[0]
    return bare.strip(".<>")[:_MAX_HOST]
