"""What sources' own words mean, for the words that many sources have. Each source's module says which of its words is which.

`now` only where a source says exactly that the mailbox or the domain does not exist; a mere "hard bounce" counts (`if-repeated`).
"""

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
HARD = Category("permanent", "unspecified", "if-repeated")
SOFT = Category("retry", "unspecified", "if-repeated")
MAILBOX_FULL = Category("storage", "mailbox-full", outranks="code")
TOO_LARGE = Category("storage", "message-too-large", outranks="code")
SPAM = Category("policy", "spam-content", outranks="code")
VIRUS = Category("policy", "virus", outranks="code")
ATTACHMENT = Category("policy", "prohibited-attachment", outranks="code")
CONTENT = Category("policy", "malformed-content", outranks="code")
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
