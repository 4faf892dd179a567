"""What sources' own words mean, for the words that many sources have. Each source's module says which of its words is which.

`now` only where a source says exactly that the mailbox or the domain does not exist; a mere "hard bounce" counts (`if-repeated`).
"""

from collections.abc import Sequence

from bounce_verdict.pipeline.reported import Category

# Who did it is plain, whatever else the event says.
COMPLAINT = Category(None, "complaint", "now", outranks="text")
NOT_SPAM = Category(None, "complaint", "never", outranks="text")  # RFC 5965: not-spam, auth-failure blame nobody
UNSUBSCRIBED = Category(None, "unsubscribed", "now", outranks="text")
AUTO_REPLY = Category(None, "auto-reply", "never", outranks="text")
ARRIVED = Category(None, "delivered", "never", outranks="text")  # opened or clicked
NOTHING_FAILED = Category(None, "undetermined", "never", outranks="text")

# The source refused by itself, and its text is its own.
BOUNCED_BEFORE = Category("permanent", "suppressed-by-source", "if-repeated", outranks="text")
COMPLAINED_BEFORE = COMPLAINT
UNSUBSCRIBED_BEFORE = UNSUBSCRIBED
OUR_ACCOUNT = Category("policy", "sender-quota", "never", outranks="text")
OUR_SENDER = Category("policy", "sender-rejected", "never", outranks="text")
OUR_CONTENT = Category("policy", "malformed-content", "never", outranks="text")
OUR_SPAM = Category("policy", "spam-content", "never", outranks="text")
OUR_VIRUS = Category("policy", "virus", "never", outranks="text")
CAUSE_UNKNOWN = Category(None, "undetermined", "never")  # a reply in the text, if there is one, decides

# The receiving side refused; a reply that says why outranks these.
NO_SUCH_MAILBOX = Category("permanent", "mailbox-unknown", outranks="code")
MAILBOX_DISABLED = Category("permanent", "mailbox-disabled", "if-repeated", outranks="code")
NO_SUCH_DOMAIN = Category("permanent", "domain-unknown", outranks="code")
BAD_ADDRESS = Category("permanent", "address-syntax", outranks="code")
RELAY_DENIED = Category("permanent", "relay-denied", outranks="code")
HARD = Category("permanent", "unspecified", "if-repeated", outranks="mailbox-code")
SOFT = Category("retry", "unspecified", "if-repeated")
MAILBOX_FULL = Category("storage", "mailbox-full", outranks="code")
TOO_LARGE = Category("storage", "message-too-large", outranks="code")
SPAM = Category("policy", "spam-content", outranks="code")
VIRUS = Category("policy", "virus", outranks="code")
ATTACHMENT = Category("policy", "prohibited-attachment", outranks="code")
REPUTATION = Category("policy", "reputation", outranks="code")
BLOCKLISTED = Category("policy", "blocklisted", outranks="code")
AUTHENTICATION = Category("policy", "authentication-failed", outranks="code")
SENDER = Category("policy", "sender-rejected", outranks="code")
PROTOCOL = Category("policy", "protocol-error", outranks="code")
POLICY = Category("policy", "policy-other", outranks="code")
GREYLISTED = Category("retry", "greylisted", outranks="code")
RATE = Category("retry", "rate-limited", outranks="code")
DNS = Category("retry", "dns-failure", outranks="code")
NETWORK = Category("retry", "network-failure", outranks="code")
BUSY = Category("retry", "service-unavailable", outranks="code")
SYSTEM = Category("retry", "system-error", outranks="code")
EXPIRED = Category("retry", "expired")
LOOP = Category("retry", "routing-loop", outranks="code")
UNDETERMINED = Category(None, "undetermined", "never")
TRANSIENT = Category(None, "undetermined", "never", is_transient=True)

# Words in which sources say why they did not try, the first that stands in the text: the cause that stops the address comes first.
_CAUSES: Sequence[tuple[str, Category]] = (
    ("unsubscri", UNSUBSCRIBED_BEFORE),
    ("opted out", UNSUBSCRIBED_BEFORE),
    ("complain", COMPLAINED_BEFORE),
    ("spam report", COMPLAINED_BEFORE),
    ("reported as spam", COMPLAINED_BEFORE),
    ("marked as spam", COMPLAINED_BEFORE),
    ("bounce", BOUNCED_BEFORE),
    ("suppress", CAUSE_UNKNOWN),
    ("virus", OUR_VIRUS),
    ("spam", OUR_SPAM),
    ("quota", OUR_ACCOUNT),
    ("limit", OUR_ACCOUNT),
    ("credit", OUR_ACCOUNT),
    ("account", OUR_ACCOUNT),
    ("sandbox", OUR_ACCOUNT),
    ("verified", OUR_SENDER),
    ("sender", OUR_SENDER),
    ("header", OUR_CONTENT),
    ("template", OUR_CONTENT),
    ("content", OUR_CONTENT),
    ("attachment", OUR_CONTENT),
)


def refusal(words: str, otherwise: Category | None = None) -> Category:
    """What a source's own refusal means, by the words in which it says why. `otherwise`: where they name no cause.

    A server's reply in place of such words (it begins with its code) is left to the rules.
    """
    lower = words[:500].lower()
    if lower[:3].isdigit():
        return otherwise or CAUSE_UNKNOWN
    found = next((category for part, category in _CAUSES if part in lower), CAUSE_UNKNOWN)
    if found is CAUSE_UNKNOWN:
        return otherwise or Category(None, "undetermined", "never", outranks="text")
    return found
