"""infer_context: which command, whose server."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.model import Context, ParsedReply, Provider, Reply, ReplyInput, Rulebook
from bounce_verdict.pipeline.context import ProviderIndex, index_providers, infer_context

NOTHING_TOLD = ParsedReply(Reply(550, None, None, "no"))
INDEX = ProviderIndex(
    hosts={"mail.example": "plain", "filter.mail.example": "filter", "other.example": "other"},
    domains={"home.example": "home", "mail.example": "plain"},
)


def infer(given_: ReplyInput, parsed: ParsedReply = NOTHING_TOLD, tokens: tuple[str, ...] = ()) -> Context:
    return infer_context(parsed, given_, tokens, INDEX)


# --- command ---------------------------------------------------------------------------------------------------------


def test_a_given_command_comes_before_the_texts() -> None:
    context = infer(ReplyInput("", command="DATA"), ParsedReply(Reply(550, None, "RCPT", "no"), command="RCPT"))
    assert (context.command, context.command_from) == ("DATA", "request")


def test_the_texts_command_is_taken_where_none_is_given() -> None:
    context = infer(ReplyInput(""), ParsedReply(Reply(550, None, "RCPT", "no"), command="RCPT"))
    assert (context.command, context.command_from) == ("RCPT", "text")


def test_without_any_the_command_is_unknown() -> None:
    context = infer(ReplyInput(""))
    assert (context.command, context.command_from) == (None, None)


# --- providers -------------------------------------------------------------------------------------------------------


def test_a_name_that_is_too_long_for_a_host_is_nobodys_and_takes_no_time() -> None:
    began = time.process_time()
    assert infer(ReplyInput("", remote_mta="a." * 200_000 + "mail.example")).providers == ()
    assert time.process_time() - began < 1


def test_the_longest_host_suffix_names_the_provider() -> None:
    assert infer(ReplyInput("", remote_mta="mx1.filter.mail.example")).providers == ("filter",)


@pytest.mark.parametrize(
    "name", ["MX.Other.Example.", "dns; mx.other.example (192.0.2.1)", "mx.other.example[192.0.2.1]:25", "other.example"]
)
def test_a_host_is_known_however_it_is_written(name: str) -> None:
    assert infer(ReplyInput("", remote_mta=name)).providers == ("other",)


def test_a_host_suffix_begins_at_a_label() -> None:
    assert infer(ReplyInput("", remote_mta="mx.another.example")).providers == ()


def test_the_server_that_the_text_names_counts_where_none_is_given() -> None:
    parsed = ParsedReply(Reply(550, None, None, "no"), remote_mta="mx.other.example")
    context = infer(ReplyInput(""), parsed)
    assert (context.remote_mta, context.providers) == ("mx.other.example", ("other",))


def test_the_recipients_domain_is_known_exactly_and_not_by_suffix() -> None:
    assert infer(ReplyInput("", recipient="Ana@Home.Example")).providers == ("home",)
    assert infer(ReplyInput("", recipient="ana@sub.home.example")).providers == ()


def test_a_token_comes_before_the_host_and_the_host_before_the_domain() -> None:
    context = infer(ReplyInput("", remote_mta="mx.other.example", recipient="ana@home.example"), tokens=("filter",))
    assert context.providers == ("filter", "other", "home")


def test_many_tokens_leave_room_for_host_and_domain() -> None:
    context = infer(ReplyInput("", remote_mta="mx.other.example", recipient="ana@home.example"), tokens=("a", "b", "c"))
    assert context.providers == ("a", "other", "home")


def test_a_provider_stands_once() -> None:
    context = infer(ReplyInput("", remote_mta="mx.mail.example", recipient="ana@mail.example"), tokens=("plain",))
    assert context.providers == ("plain",)


def test_tokens_keep_their_order() -> None:
    assert infer(ReplyInput(""), tokens=("b", "a", "b", "c", "d")).providers == ("b", "a", "c")


def test_the_index_is_made_of_the_providers_hosts_and_domains() -> None:
    provider = Provider("plain", "plain.toml", hosts=["Mail.example"], domains=["home.example"])
    book = Rulebook("", [], {"plain": provider}, {}, [], [], {}, {})
    assert index_providers(book) == ProviderIndex({"mail.example": "plain"}, {"home.example": "plain"})


@given(st.text(), st.text())
def test_any_names_give_a_context(remote_mta: str, recipient: str) -> None:
    assert len(infer(ReplyInput("", remote_mta=remote_mta, recipient=recipient)).providers) <= 2
