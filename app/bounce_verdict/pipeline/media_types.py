"""The media types that mean something in a bounce, each set in one place: intake opens them, parse and its layouts read them."""

# A part that holds a message or its headers alone, by registered name (RFC 2046 §5.2.1, 6532 §3.7, 6522 §4, 6533 §4) and by
# names that programs made up.
RFC822 = "message/rfc822"
WHOLE_MESSAGE = frozenset({RFC822, "message/global", "message/news"})
MESSAGE = WHOLE_MESSAGE | {
    "text/rfc822-headers", "message/global-headers",
    "text/rfc822", "text/rfc822-header", "message/rfc822-headers", "message/rfc822-header",
}  # fmt: skip
DELIVERY_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})  # RFC 3464, RFC 6533 §4
DISPOSITION = frozenset({"message/disposition-notification", "message/global-disposition-notification"})  # RFC 8098, RFC 6533 §5
FEEDBACK_REPORT = "message/feedback-report"  # RFC 5965
