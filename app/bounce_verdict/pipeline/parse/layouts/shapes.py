"""The notices of small programs, gateways and single providers, one row each: `Shape` says what the columns mean.

Beside a row stands the program, or the provider that wrote so where the program never says its name.
"""

import re

from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO
from bounce_verdict.pipeline.parse.layouts.shape_reader import Shape


def _line(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("{TO}", TO))


_ALONE = _line(r"^\s*+<?{TO}>?\s*$")

SHAPES: tuple[Shape, ...] = (
    # --- filters and gateways ---
    Shape(  # Solinus MailFoundry
        "mailfoundry",
        ("Unable to deliver message to: <",),
        _line(r"^Unable to deliver message to: <{TO}>"),
        reply=_line(r"^(?:Server (?P<host>[^\s\[]++)\S*+ failed with: )?(?P<reply>\S.*)$"),
        skip=_line(r"^Delivery failed for the following reason"),
    ),
    Shape(  # Digital Arts m-FILTER
        "mfilter",
        ("server message",),
        _ALONE,
        end=_line(r"^-------original m"),
        command=_line(r"^(?P<command>HELO|EHLO|MAIL FROM|RCPT TO|DATA|QUIT)\b"),
        also="-------SMTP command",
    ),
    Shape(  # McAfee Email Gateway 4500, and BIGLOBE: address, then the reason beside or below it
        "mcafee",
        ("The following addresses had delivery problems",),
        # Sendmail 8.6 has the same title, and these words beside the address
        _line(r"^\s*+<?{TO}>?(?:\s++\((?!unrecoverable error|transient failure)(?P<reply>.*)\))?\s*$"),
        start=_line(r"The following addresses had delivery problems"),
    ),
    Shape(  # Trustwave MailMarshal: the reason comes first
        "mailmarshal",
        ("The following recipients were affected:",),
        _line(r"^\s++{TO}\s*$"),
        start=_line(r"^\s*Could not be delivered because of"),
        end=_line(r"^(?:\+{10}|Additional Information)"),
        skip=_line(r"^\s*The following recipients were affected:"),
    ),
    Shape(  # SurfControl E-mail Filter, later Websense
        "surfcontrol",
        ("Addressed To: ",),
        _line(r"^Addressed To: *+{TO}"),
        start=_line(r"^Your message could not be sent"),
        reply=_line(r"^[^\s@]++@[^\s@]++ *\[(?P<host>[^\]]*+)\], (?P<reply>\S.*)$"),
    ),
    Shape(  # TransWARE Active!hunter
        "activehunter",
        ("The following addresses had permanent fatal errors",),
        _line(r"^>>> [^<]*+<{TO}>\s*$"),
        start=_line(r"The following addresses had permanent fatal errors"),
        header="x-ahmailid",
    ),
    Shape(  # SpamLion gives no reason
        "spamlion",
        ("Did not reach the following recipient: ", "did not reach the following recipient: "),
        _line(r"^[Dd]id not reach the following recipient: *+{TO}"),
        start=_line(r"^[Dd]id not reach the following recipient: "),
    ),
    Shape(  # Vade Secure, for EarthLink
        "vade",
        ('Server "',),
        _line(r"^\s*+\* \[{TO}\]: (?P<reply>\S.*)$"),
        end=_line(r"^Original message (?:details|headers):"),
    ),
    Shape(  # "Mail Delivery Failed" of Symantec AntiVirus for SMTP Gateways: still trying
        "symantec-gateway",
        ("Your message with Subject",),
        _ALONE,
        start=_line(r"^Your message with Subject"),
        end=_line(r"Delivery attempts will continue"),
        also="Delivery attempts will continue",
        action="delayed",
    ),
    # --- mail servers for Windows and Java ---
    Shape(  # hMailServer 4 and 5
        "hmailserver",
        ("The following recipient(s) could not be reached:",),
        _ALONE,
        start=_line(r"^The following recipient\(s\) could not be reached:"),
        reply=_line(r"^\s++(?:Remote server replied|Error Description): *+(?P<reply>\S.*)$"),
        command=_line(r"^\s++hMailServer sent: (?P<command>\.|[A-Za-z]++(?: FROM| TO)?)"),
        skip=_line(r"^\s++(?:Error Type|Additional information|Remote server \()"),
    ),
    Shape(  # MailEnable
        "mailenable",
        ("Recipient: [SMTP:",),
        _line(r"^\s*+Recipient: \[SMTP:{TO}\]"),
        end=_line(r"^Message headers follow"),
        reply=_line(r"^\s*+Reason: *+(?:Remote SMTP Server [Rr]eturned: *+)?(?P<reply>\S.*)$"),
    ),
    Shape(  # SmarterMail
        "smartermail",
        ("Failed Recipient: ",),
        _line(r"^\s*+Failed Recipient: *+{TO}"),
        end=_line(r"^\s*-- The header"),
        reply=_line(r"^\s*+Reason: *+(?:Remote host said: *+)?(?P<reply>\S.*)$"),
    ),
    # XMail 1.x
    Shape("xmail", ("[00] XMail bounce: Rcpt=[",), _line(r"XMail bounce: Rcpt=\[{TO}\];Error=\[(?P<reply>[^\]]*+)")),
    Shape(  # Apache James 2.3, AbstractNotify: and Verizon's vtext.com, which writes alike
        "james",
        ("Message details:",),
        _line(r"^\s{2,40}+(?:RCPT TO: *+)?<?{TO}>?$"),
        start=_line(r"^\s*Error(?: message below)?:"),
        reply=_line(r"^\s*+(?:Error: *+)?(?P<reply>[245]\d\d\b.*)$"),
        skip=_line(r"^\s*Message details:"),
    ),
    Shape(  # Apache James 2.3, RemoteDelivery
        "james",
        ("Hi. This is the James mail server at",),
        _ALONE,
        start=_line(r"^Hi\. This is the James mail server at"),
        end=_line(r"^The original message is attached"),
        reply=_line(r"^(?:Remote mail server told me: *+)?(?P<reply>(?:[245]\d\d\b|Unknown host|Socket exception).*)$"),
    ),
    Shape(  # L-Soft LSMTP for Windows
        "lsmtp",
        ("Error-for:",),
        _line(r"^Error-for: *+{TO}"),
        end=_line(r"^Error-End:"),
        reply=_line(r"^Error-[Tt]ext: *+(?P<reply>\S.*)$"),
    ),
    # Mercury/32
    Shape("mercury", ("The attached message has failed delivery",), _line(r"^\s*+\*\*\* {TO}\s*$")),
    Shape(  # Microsoft SMTPSVC of Windows NT 4: the rulers tell it from Sendmail
        "smtpsvc",
        ("------Transcript of session follows -------",),
        _ALONE,
        start=_line(r"^-{6}Transcript of session follows -{7}"),
        end=_line(r"^-{6}Non-delivered"),
    ),
    Shape(
        "smtpsvc",
        ("The email below could not be delivered to the following user:",),
        _line(r'^\s*+(?:"[^"]*+" )?<{TO}>'),
        start=_line(r"could not be delivered to the following user:"),
        end=_line(r"^Old message:"),
    ),
    Shape(  # Novell GroupWise's Internet agent; users of its own stand without a domain and are not read
        "groupwise",
        ("The message that you sent was undeliverable to the following:",),
        _line(r"^\s*+<?{TO}>?(?: ++\((?P<reply>[^\n]*?)\)?)?\s*$"),
        start=_line(r"undeliverable to the following:"),
        end=_line(r"^Possibly truncated original message follows"),
    ),
    Shape(  # Exchange's own warning of the years before its delay reports
        "exchange-warning",
        ("This is an advisory-only email",),
        _line(r'"{TO}"'),
        start=_line(r"This is an advisory-only email"),
        end=_line(r"^We will continue to try"),
        reply=_line(r"^(?P<reply>has been postponed\b.*)$"),
        action="delayed",
    ),
    # --- mail servers for Unix ---
    Shape(  # Smail 3.2, and T-Online, whose server descends from it
        "smail",
        ("Failed addresses follow:", "failed addresses follow:"),
        _line(r"^\s*+<?{TO}>?(?:\s++\.\.\. (?:failed: )?(?P<reply>\S.*))?$"),
        start=_line(r"[Ff]ailed addresses follow:"),
        end=_line(r"Message (?:header|text) follows"),
    ),
    Shape(  # MMDF
        "mmdf",
        ("Your message was not delivered to ", "Your message could not be delivered to "),
        _line(r"\bdelivered to [`']{TO}[`']"),
        end=_line(r"^\s*(?:Your message follows|The text of your message)"),
        skip=_line(r"^\s*for the following reason:"),
    ),
    Shape(  # phquery of the University of Illinois's CCSO name server
        "phquery",
        ("Message not delivered to the following",),
        _line(r"^\s*+{TO}(?: ++(?P<reply>\S.*))?$"),
        start=_line(r"Message not delivered to the following"),
        end=_line(r"Error [Dd]etail"),
    ),
    Shape(  # eYou; its notice repeats all in Chinese below the dashes
        "eyou",
        ("Hi. This is the deliver program at",),
        _line(r"^\s*+{TO}\s*$"),
        start=_line(r"This is the deliver program at"),
        end=_line(r"^-"),
    ),
    Shape(  # a gateway that names no name: `SMTP:RCPT host 192.0.2.1: 550 …`, `Routing: …`
        "technical-details",
        ("This is an automatically generated Delivery Status Notification",),
        _line(r"^\s*+\* {TO}\s*$"),
        start=_line(r"^Del[ei]very to the following recipients? (?:failed|was aborted)"),
        reply=_line(r"^(?:SMTP:(?P<command>[A-Z]++) host (?P<host>[^\s:]++): |[A-Z][a-z]++: )(?P<reply>\S.*)$"),
    ),
    Shape(
        "delivery-errors",
        ("The following addresses had delivery errors",),
        _line(r"^\s*+{TO} ++\[(?P<reply>[^\]]*+)\]"),
        start=_line(r"The following addresses had delivery errors"),
    ),
    Shape(
        "responded-as-follows",
        ("SMTP Server <", "The following recipients returned permanent errors:"),
        _line(r"(?:rejected recipient <|recipients returned permanent errors: ){TO}"),
        reply=_line(r"\(Error following (?P<command>[A-Z]++) command\)\. It responded as follows: \[(?P<reply>[^\]]*+)"),
    ),
    Shape(
        "failed-recipients",
        ("Failed Recipients ------",),
        _line(r"^\s*+<{TO}>:? *+(?P<reply>\S.*)?$"),
        start=_line(r"------ Failed Recipients ------"),
        end=_line(r"-------- Returned Mail --------"),
    ),
    Shape(
        "list-of-failed-recipients",
        ("Here is your list of failed recipients", "here is your list of failed recipients"),
        _line(r"^\s*+<{TO}>:? *+(?P<reply>\S.*)?$"),
        start=_line(r"[Hh]ere is your list of failed recipients"),
        end=_line(r"[Hh]ere is your returned mail"),
    ),
    Shape(
        "failure-notification",
        ("This is a delivery failure notification message",),
        _line(r"^-- {TO}\s*$"),
        reply=_line(r"^-- (?P<reply>\S.*)$"),
    ),
    Shape(
        "encountered-problems",
        ("Your message has encountered delivery problems",),
        _line(r"\(?(?:[Ww]as )?addressed to {TO}"),
        end=_line(r"^Your message reads"),
    ),
    Shape(
        "could-not-be-delivered-to",
        ("A message could not be delivered to:",),
        _ALONE,
        start=_line(r"^A message could not be delivered to:"),
        end=_line(r"^Subject:"),
    ),
    Shape(
        "your-message-to",
        ("Your message could not be delivered to ",),
        _line(r"^Your message could not be delivered to '?<?{TO}"),
    ),
    Shape(  # EarthLink, for the domains it serves
        "earthlink",
        ("Sorry, unable to deliver your message to ",),
        _line(r"^Sorry, unable to deliver your message to {TO}"),
        end=_line(r"^A copy of the original message"),
        reply=_line(r"^\s*+(?P<reply>[245]\d\d[ -]\S.*)$"),
    ),
    Shape(
        "demon",
        ("This message was created automatically by mail delivery",),
        _line(r"\baddressed to '{TO}'"),
        also="addressed to '",
        end=_line(r"^---- START OF RETURNED MESSAGE"),
    ),
    Shape(  # MessageSwitch: still trying
        "message-switch",
        ("Your message to:",),
        _ALONE,
        start=_line(r"^Your message to:"),
        end=_line(r"This is just a warning"),
        also="This is just a warning",
        action="delayed",
    ),
    # --- providers ---
    # au, KDDI: dion.ne.jp, auone-net.jp
    Shape("kddi", ("Could not be delivered to: <",), _line(r"^\s*+Could not be delivered to: *+<{TO}>")),
    # mail.ru: Exim's notice of a rejection by its scanner, which names no recipient, with a sentence of its own
    Shape("mailru", ("Local mailbox ",), _line(r"^\s*+(?P<reply>Local mailbox {TO} is unavailable: .*)$")),
    Shape(
        "llnl",
        ("The standard form of email address at LLNL is",),
        _line(r"\baddressed, {TO}, (?P<reply>did not exactly match an.*)$"),
    ),
    Shape(
        "hotpop",
        ("Undeliverable Address:",),
        _line(r"^Undeliverable Address: *+<?{TO}"),
        end=_line(r"^Original message attached"),
    ),
    Shape("usa-net", ("Intended recipient:",), _line(r"^\s*+Intended recipient: *+<?{TO}"), end=_line(r"RETURNED MAIL FOLLOWS")),
    Shape(
        "prodigy",
        ("User's mailbox is full:",),
        _line(r"(?P<reply>User's mailbox is full): *+<?{TO}"),
        end=_line(r"^Unable to deliver mail"),
    ),
)
