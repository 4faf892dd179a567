"""A reply with the server's goodbye behind it: `550 5.1.1 User unknown 421 4.7.0 too many errors`.

A server may say 421 to any command and hang up (RFC 5321 §3.8, §4.2.3), and a client or log writes both into one line. The goodbye
names what ended the session, the reply ahead of it what became of this recipient: the first that names a cause decides.
"""

import re

from bounce_verdict.model import Reply

GOODBYE = 421
_GOODBYE = re.compile(r" 421[ -](?:4\.\d{1,3}\.\d{1,3}\b|[\w-]{1,63}(?:\.[\w-]{1,63}){1,8} )")


def before_goodbye(reply: Reply) -> Reply | None:
    """`reply` without the goodbye behind it; None where there is none, or where it says nothing ahead of that."""
    if reply.code in (GOODBYE, None) or " 421" not in reply.text:
        return None
    found = _GOODBYE.search(reply.text)
    if found is None or not any(sign.isalpha() for sign in reply.text[: found.start()]):
        return None
    return Reply(reply.code, reply.enhanced_status, reply.command, reply.text[: found.start()])
