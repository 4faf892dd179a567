"""Report part and text together: the most exact source of each fact wins."""

import time

from msgspec.structs import replace

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.parse.merge import merge_statuses

REPORTED = RecipientStatus(
    recipient="ana@example.org",
    recipient_source="final-recipient",
    final_recipient="ana@example.org",
    action="failed",
    status="5.0.0",
    diagnostic_code="550-5.1.1 no",
    diagnostic_type="smtp",
    reply="550-5.1.1 no",
    said_by="remote",
    read_by="dsn",
)
TOLD = RecipientStatus(
    recipient="ana@example.org",
    recipient_source="text",
    action="failed",
    remote_mta="mx1.example.org",
    reply="550-5.1.1 no\n550 5.1.1 such user",
    said_by="remote",
    command="RCPT",
    read_by="exim",
)


def _one(reported: RecipientStatus, told: RecipientStatus) -> RecipientStatus:
    [status] = merge_statuses([reported], [told], [])
    return status


def test_the_whole_reply_of_the_text_stands_for_the_first_line_of_the_report() -> None:
    merged = _one(REPORTED, TOLD)
    assert (merged.reply, merged.command, merged.remote_mta, merged.read_by) == (
        "550-5.1.1 no\n550 5.1.1 such user",
        "RCPT",
        "mx1.example.org",
        "dsn+exim",
    )
    assert (merged.status, merged.diagnostic_code) == ("5.0.0", "550-5.1.1 no")  # as reported


def test_a_server_s_reply_in_the_report_stands_for_the_mta_s_own_words() -> None:
    merged = _one(REPORTED, replace(TOLD, reply="550 5.1.1 User unknown", said_by="local", command=None))
    assert (merged.reply, merged.said_by) == ("550-5.1.1 no", "remote")


def test_where_both_say_the_same_the_layout_knows_who_spoke() -> None:
    invented = "451 4.4.1 reply: read error from mx1.example.org."
    merged = _one(replace(REPORTED, reply=invented), replace(TOLD, reply=invented, said_by="local", command=None))
    assert merged.said_by == "local"


def test_a_command_is_not_taken_over_to_another_reply() -> None:
    merged = _one(REPORTED, replace(TOLD, reply="451 local trouble", said_by="local", command="DATA"))
    assert (merged.reply, merged.command) == ("550-5.1.1 no", None)


def test_statuses_are_matched_by_address_in_any_spelling_and_order() -> None:
    other = replace(REPORTED, recipient="bob@MÜNCHEN.example", final_recipient="bob@MÜNCHEN.example")
    told = [replace(TOLD, recipient="BOB@xn--mnchen-3ya.example", reply="552 full"), TOLD]
    assert [status.reply for status in merge_statuses([REPORTED, other], told, [])] == [TOLD.reply, "552 full"]


def test_recipients_that_only_the_text_names_are_dropped() -> None:
    assert len(merge_statuses([REPORTED], [TOLD, replace(TOLD, recipient="other@example.org")], [])) == 1


def test_nameless_blocks_are_matched_by_position() -> None:
    nameless = replace(REPORTED, recipient=None, recipient_source=None, final_recipient=None, reply=None)
    merged = merge_statuses([nameless, nameless], [TOLD, replace(TOLD, recipient="bob@example.org")], [])
    assert [status.recipient for status in merged] == ["ana@example.org", "bob@example.org"]


def test_opensmtpd_s_last_word_is_final_whatever_its_report_says() -> None:
    told = replace(TOLD, reply="Envelope expired", said_by="local", command=None, read_by="opensmtpd")
    assert _one(replace(REPORTED, action="delayed", status="4.4.7", reply=None), told).action == "failed"


def test_haraka_s_status_for_an_unreachable_network_stands_but_does_not_decide() -> None:
    told = replace(TOLD, reply="Tried all MXs", said_by="local", command=None, read_by="haraka")
    reported = replace(
        REPORTED,
        status="5.1.2",
        status_decides=False,
        diagnostic_code=None,
        reply="550 Tried all MXs example.org",
        said_by="local",
    )
    one = _one(reported, told)
    assert (one.status, one.status_decides, one.reply) == ("5.1.2", False, "Tried all MXs")


def test_another_program_s_delay_stays_a_delay() -> None:
    assert _one(replace(REPORTED, action="delayed"), TOLD).action == "delayed"


def test_exim_s_delivered_is_relayed_where_its_text_says_so() -> None:
    assert _one(replace(REPORTED, action="delivered"), replace(TOLD, action="relayed", reply=None)).action == "relayed"


def test_an_address_that_was_expanded_is_the_one_the_sender_used() -> None:
    [merged] = merge_statuses([], [replace(TOLD, original_recipient="team@example.org")], [])
    assert (merged.recipient, merged.final_recipient) == ("team@example.org", "ana@example.org")


def test_x_failed_recipients_ranks_below_original_recipient_and_above_final_recipient() -> None:
    [renamed] = merge_statuses([REPORTED], [], ["team@example.org"])
    assert (renamed.recipient, renamed.recipient_source, renamed.final_recipient) == (
        "team@example.org",
        "x-failed-recipients",
        "ana@example.org",
    )
    original = replace(
        REPORTED, recipient="list@example.org", recipient_source="original-recipient", original_recipient="list@example.org"
    )
    [kept] = merge_statuses([original], [], ["team@example.org"])
    assert kept.recipient == "list@example.org"


def test_x_failed_recipients_alone_names_the_failed() -> None:
    assert [status.recipient for status in merge_statuses([], [], ["a@example.org", "b@example.org"])] == [
        "a@example.org",
        "b@example.org",
    ]


def test_a_bare_local_part_of_a_recipient_already_named_is_no_recipient() -> None:
    assert [status.recipient for status in merge_statuses([], [replace(TOLD, recipient="ana"), TOLD], [])] == ["ana@example.org"]


def test_twenty_thousand_blocks_about_one_address_are_paired_in_linear_time() -> None:
    reported = [replace(REPORTED, status=f"5.0.{number}") for number in range(20_000)]
    texts = [replace(TOLD, reply=f"550 {number}") for number in range(20_000)]
    began = time.process_time()
    merged = merge_statuses(reported, texts, [])
    assert time.process_time() - began < 2  # seconds; with all pairs looked at it took 4, now 0.1
    assert [status.reply for status in merged[:2]] == ["550 0", "550 1"]
    assert merged[-1].read_by == "dsn+exim"
