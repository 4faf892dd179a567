"""The lines of one reply: which begin it, and how they join."""

from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply, join_reply


def test_a_reply_begins_with_its_code() -> None:
    assert [is_reply(text) for text in ("550 no", "550-no", "421", "5500 no", "no 550", None)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_reply_lines_join_by_their_code() -> None:
    assert join_reply(["550-a", " 550-b", "and", "550 c"]) == "550-a\n550-b and\n550 c"
