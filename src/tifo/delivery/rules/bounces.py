"""What a refusal or a bounce says of an address. Published in docs/how-to/hear-bounces-and-complaints.md."""

import re

# RFC 3463: bad mailbox, bad system, bad syntax, moved without forwarding, mailbox without service (null MX)
_GONE = re.compile(r"5\.1\.(1|2|3|6|10)\b")
# … and in a bounce, where the whole way was tried: mailbox disabled, no way to the domain
_GONE_FOR_GOOD = re.compile(r"5\.(1\.(1|2|3|6|10)|2\.1|4\.4)\b")
# of us or of the text, not of her: policy, spam filters, sender's domain, authentication
_OURS = re.compile(r"[45]\.7\.\d+|5\.6\.\d+|5\.3\.4|5\.2\.3|5\.1\.[78]")

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.#])([45]\d\d)(?=[ \-#])")
_NO_SUCH = re.compile(
    r"(?i)(user|mailbox|recipient|address|account|alias)[^.\n]{0,40}(unknown|not found|does(n't| not) exist|"
    r"no longer (exists|valid|available)|disabled|inactive|invalid)|(unknown|no such|invalid|non-?existent) "
    r"(user|mailbox|recipient|address|account|local|person)|no mailbox (here )?by that name|"
    r"(host|domain)[^.\n]{0,40} (not found|does not exist)"
)
_BLOCKED = re.compile(
    r"(?i)\b(spam|spamhaus|blocked|blacklist|blocklist|denylist|reputation|policy|dmarc|dkim|spf|virus)\b"
)

SOFT_MESSAGES = 5  # so many messages that bounced softly …
SOFT_DAYS = 60  # … handed over within so many days: the address is given up


def is_lasting(stage: str, text: str) -> bool:
    """Whether a refusal at this stage, with this text, is of the address itself. Only the recipient's own stage counts: a refusal of a text or of
    us (550 5.7.1) says nothing about her."""
    return stage == "RCPT" and bool(_GONE.match(text))


def kind_of(status: str, diagnostic: str) -> str:
    """What a failure's status (RFC 3463) and words mean: `hard`, the address is gone; `blocked`, of us or of the text;
    `soft`, all else. A status that says nothing (5.0.0, 5.1.0 or none) leaves it to the words."""
    said = STATUS.search(diagnostic)
    if status[2:] in ("", "0.0", "1.0", "3.0", "5.0") and said is not None:
        status = said[1]
    if _GONE_FOR_GOOD.fullmatch(status):
        # a filter's verdict dressed as an unknown mailbox is still a filter's
        return "blocked" if _BLOCKED.search(diagnostic) and not _NO_SUCH.search(diagnostic) else "hard"
    if _OURS.fullmatch(status):
        return "blocked"
    permanent = status.startswith("5") or (
        not status and bool((reply := _REPLY.search(diagnostic)) and reply[1][0] == "5")
    )
    if permanent and status[2:] in ("", "0.0", "1.0", "3.0", "5.0"):
        if _BLOCKED.search(diagnostic):
            return "blocked"
        if _NO_SUCH.search(diagnostic):
            return "hard"
    return "soft"
