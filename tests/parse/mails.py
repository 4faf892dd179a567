"""Mails of one recipient or several, and what is read in them."""

from bounce_verdict.model import DEFAULT_LIMITS, MessageInput, ReadMessage
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.read_statuses import read_statuses

DAEMON = (
    "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender\n"
)
RETURNED = "From: News <news@sender.example>\nTo: ana@example.org\nMessage-ID: <1@sender.example>\nList-Id: <news.sender.example>\nSubject: Hello\n\nHello\n"
BLOCK = "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n"
BOUNCE = (
    f"{DAEMON}To: news@sender.example\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=i\n\n"
    f"--i\n\nIt failed.\n\n--i\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n{BLOCK}\n"
    f"--i\nContent-Type: message/rfc822\n\n{RETURNED}\n--i--\n"
)
TRANSCRIPT = (
    "   ----- The following addresses had permanent fatal errors -----\n<ana@example.org>\n    (reason: 550 5.1.1 unknown)\n\n"
    "   ----- Transcript of session follows -----\n... while talking to mx1.example.org.:\n>>> RCPT To:<ana@example.org>\n<<< 550 5.1.1 unknown\n"
)


def read(mail: str | bytes, envelope_to: str | None = None, budget: Budget | None = None) -> ReadMessage:
    raw = mail.encode() if isinstance(mail, str) else mail
    return read_statuses(read_notice(open_message(raw)), MessageInput(raw, envelope_to=envelope_to), budget=budget)


def warnings_of(mail: str, envelope_to: str | None = None) -> list[str]:
    budget = Budget(DEFAULT_LIMITS.max_work)
    read(mail, envelope_to, budget)
    return budget.warnings


def report(blocks: str, to: str = "news@sender.example", head: str = DAEMON, returned: str = RETURNED) -> str:
    back = f"--b\nContent-Type: message/rfc822\n\n{returned}\n" if returned else ""
    return (
        f"{head}To: {to}\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\n\nIt failed.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n{blocks}\n{back}--b--\n"
    )
