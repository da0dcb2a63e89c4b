"""Which refusals say that an address will never take a mail."""

import re

# RFC 3463: bad mailbox, bad system, bad syntax, moved without forwarding, mailbox without service (null MX)
_GONE = re.compile(r"5\.1\.(1|2|3|6|10)\b")


def is_lasting(stage: str, text: str) -> bool:
    """Whether a refusal at this stage, with this text, is of the address itself. Only the recipient's own stage counts: a refusal of a text or of
    us (550 5.7.1) says nothing about her."""
    return stage == "RCPT" and bool(_GONE.match(text))
