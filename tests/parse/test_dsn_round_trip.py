"""A valid report (RFC 3464) in any spelling is read back exactly."""

import email.utils
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.model import DEFAULT_LIMITS, RecipientStatus
from bounce_verdict.pipeline.budget import Budget
from tests.parse.test_dsn import _report

_WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P"), exclude_characters="<>()@\"'\\,;:[]"), min_size=1, max_size=12
)
_LOCALS = st.from_regex(r"[a-z0-9]{1,10}([._'=-][a-z0-9]{1,10}){0,2}", fullmatch=True)
_DOMAINS = st.from_regex(r"[a-z0-9]{1,12}(-[a-z0-9]{1,4})?\.(example|test)", fullmatch=True)


@st.composite
def _reported(draw: st.DrawFn) -> tuple[str, RecipientStatus]:
    """A valid recipient block in a random spelling, and what it says."""
    address = f"{draw(_LOCALS)}@{draw(_DOMAINS)}"
    code, status = (
        draw(st.integers(400, 599)),
        f"{draw(st.sampled_from('45'))}.{draw(st.integers(0, 9))}.{draw(st.integers(0, 999))}",
    )
    words = draw(st.lists(_WORDS, min_size=1, max_size=8))
    action = draw(st.sampled_from(["failed", "delayed"]))
    moment = datetime.fromtimestamp(draw(st.integers(0, 2**31)), UTC)
    fold = draw(st.sampled_from([" ", "\n ", "\n\t", "\n    "]))
    opening, closing = draw(st.sampled_from([("", ""), ("<", ">")]))
    how = draw(st.sampled_from(["as it is", "upper", "lower"]))

    def spell(text: str) -> str:
        return {"upper": text.upper(), "lower": text.lower()}.get(how, text)

    block = (
        f"{spell('Final-Recipient')}: {draw(st.sampled_from(['rfc822', 'RFC822', 'utf-8']))}; {opening}{address}{closing}\n"
        f"{spell('Action')}: {spell(action)}\nStatus: {status}\n"
        f"Diagnostic-Code: {spell('smtp')};{fold}{code} {status} {fold.join(words)}\nLast-Attempt-Date: {email.utils.format_datetime(moment)}\n"
    )
    said = f"{code} {status} {' '.join(words)}"
    return block, RecipientStatus(
        recipient=address,
        recipient_source="final-recipient",
        final_recipient=address,
        action=action,  # type: ignore[arg-type]
        status=status,
        diagnostic_code=said,
        diagnostic_type="smtp",
        last_attempt_date=moment.isoformat().replace("+00:00", "Z"),
        reply=said,
        said_by="remote",
    )


@settings(deadline=None)
@given(
    st.lists(_reported(), min_size=1, max_size=6, unique_by=lambda drawn: drawn[1].recipient), st.sampled_from(["8bit", "base64"])
)
def test_a_valid_report_is_read_back_exactly(blocks: list[tuple[str, RecipientStatus]], encoding: str) -> None:
    budget = Budget(DEFAULT_LIMITS.max_work)
    body = "Reporting-MTA: dns; mx.example.org\n\n" + "\n".join(block for block, _ in blocks)
    assert _report(body, encoding=encoding, budget=budget).statuses == [status for _, status in blocks]
    assert budget.warnings == []
