"""Reading what comes back by mail: delivery reports (RFC 3464), complaints (RFC 5965), bounces in plain words, STOP.

Bounded whatever arrives: only the first `LONGEST` bytes are read, a mail nested or cut into too many parts is not
opened, and whom it is about is known by a seal of ours alone, never by an address in it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message

from tifo.delivery.rules import bounces, seals
from tifo.kernel.public import without_addresses

LONGEST = 512 * 1024  # bytes: reports come before what they return
MOST_PARTS = 40  # multiparts and messages in messages
MOST_MARKS = 2_000  # lines that may part one from the next
LONGEST_TEXT = 16 * 1024
KEPT = 300  # signs of a diagnostic

_CONTAINERS = re.compile(rb"(?i)content-type[ \t]*:\s*(multipart|message)[ \t]*/")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_SECRETS = re.compile(r"[0-9A-Fa-f]{24,}|[A-Za-z0-9_-]{36,}")
_LOCAL = re.compile(r"(?<=<)[^<>\s\[\]]{1,64}(?=>)")
_DAEMON = re.compile(r"(?i)mailer-daemon|postmaster|mail delivery (system|subsystem)|<>")
_AUTOMATIC = ("x-autoreply", "x-autorespond")
_STOPS = frozenset(
    [
        "stop",
        "stopp",
        "unsubscribe",
        "remove",
        "désabonner",
        "desabonner",
        "désinscrire",
        "desinscrire",
        "désinscription",
        "arret",
        "arrêt",
        "stopper",
        "baja",
        "cancelar",
        "alto",
        "توقف",
        "إيقاف",
        "إلغاء",
    ]
)
_DEAD_ENDS = re.compile(
    r"[45]\.\d{1,3}\.\d{1,3}|(?<!\d)[45]\d\d[ \-#]|(?i:undeliver|returned mail|delivery (has )?failed|could not be delivered)"
)


@dataclass(frozen=True)
class Report:
    """What a mail that came back says. `kind`: hard, soft, blocked, complaint, stop; or, of no effect, delayed (still
    being tried), automatic (an answer of hers that nobody typed), unclear. `named`: (mailing, message)."""

    kind: str
    named: tuple[int, int] | None
    status: str = ""
    diagnostic: str = ""
    identity: str = ""  # the same for the same report, however often it comes


NOTHING = ("delayed", "automatic", "unclear")


def read_report(content: bytes, recipient: str = "") -> Report:
    """Read a mail; `recipient` is the envelope's, where it is known. Never raises."""
    content = content[:LONGEST]
    named = seals.named_in(recipient.encode("utf-8", "replace"), content)
    if len(_CONTAINERS.findall(content)) > MOST_PARTS or content.count(b"\n--") > MOST_MARKS:
        return Report("unclear", named)
    try:
        mail = message_from_bytes(content)
        kind, status, diagnostic = _judged(mail)
        identity = _header(mail, "message-id")
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Report("unclear", named)
    identity = hashlib.sha256((identity or f"{status} {diagnostic}").encode("utf-8", "replace")).hexdigest()
    return Report(kind, named, status, shown(diagnostic), identity)


def shown(diagnostic: str) -> str:
    """A diagnostic as it may be kept: one line, no address, no seal, nothing that changes how it is read."""
    line = without_addresses(" ".join(_UNSEEN.sub(" ", diagnostic[: 4 * KEPT]).split()))
    return _LOCAL.sub("[address]", _SECRETS.sub("[…]", line))[:KEPT]


def _judged(mail: Message) -> tuple[str, str, str]:
    """(kind, status, diagnostic)."""
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            return _complaint(part)
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            return _delivery_status(part)
    if _automatic(mail):
        return "automatic", "", ""
    text = _text(mail)
    if _from_a_daemon(mail):
        return _plain_bounce(mail, text)
    return ("stop", "", "") if _says_stop(mail, text) else ("unclear", "", "")


def _parts(mail: Message) -> Iterator[Message]:
    """The parts of the report itself, not those of what it returns."""
    queue = [(mail, 0)]
    while queue:
        part, depth = queue.pop(0)
        yield part
        if part.is_multipart() and part.get_content_maintype() == "multipart" and depth < 4:
            queue.extend((one, depth + 1) for one in _payload(part))


def _payload(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _header(part: Message, name: str) -> str:
    """A header as text, its encoded words decoded, at most a kilobyte."""
    raw = str(part.get(name, ""))[:1024]
    try:
        return "".join(
            piece.decode(charset or "latin-1", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(raw)
        ).strip()
    except (MessageError, LookupError, ValueError):
        return raw.strip()


def _complaint(part: Message) -> tuple[str, str, str]:
    """RFC 5965. `not-spam` and reports of authentication (RFC 6591) are no complaints."""
    fields = next(iter(_payload(part)), part)
    kind = _header(fields, "feedback-type").lower()
    if not kind:  # some write the fields as plain text
        found = re.search(r"(?im)^feedback-type:\s*([a-z-]+)", _decoded(part))
        kind = found[1].lower() if found else ""
    taken = kind in ("abuse", "fraud", "virus", "other", "opt-out", "complaint")
    return ("complaint" if taken else "unclear"), "", kind


def _delivery_status(part: Message) -> tuple[str, str, str]:
    """RFC 3464: the gravest of its recipients; our mails have one each."""
    best = ("unclear", "", "")
    for block in _payload(part)[:20]:
        action = _header(block, "action").split(";")[0].split(" ")[0].lower()
        if not action:
            continue
        found = bounces.STATUS.search(_header(block, "status"))
        status = found[1] if found else ""
        said = _header(block, "diagnostic-code")
        diagnostic = said.partition(";")[2].strip() if re.match(r"[A-Za-z0-9-]{1,20}\s*;", said) else said
        if action == "failed":
            kind = bounces.kind_of(status, diagnostic)
        else:
            kind = "delayed" if action == "delayed" else "unclear"
        if _GRAVITY.index(kind) > _GRAVITY.index(best[0]) or best[0] == "unclear":
            best = (kind, status, diagnostic)
    return best


_GRAVITY = ("unclear", "delayed", "blocked", "soft", "hard")


def _automatic(mail: Message) -> bool:
    """An absence note and its like."""
    said = _header(mail, "auto-submitted").lower()
    if said.startswith("auto-replied") or any(mail.get(name) for name in _AUTOMATIC):
        return True
    return _header(mail, "precedence").lower() == "auto_reply" or bool(
        re.match(
            r"(?i)(auto(matic)?[ -]?(reply|response)|out of (the )?office|réponse automatique|respuesta automática)",
            _header(mail, "subject"),
        )
    )


def _from_a_daemon(mail: Message) -> bool:
    return (
        _header(mail, "return-path") == "<>"
        or bool(_DAEMON.search(_header(mail, "from")))
        or bool(mail.get("x-failed-recipients"))
    )


def _plain_bounce(mail: Message, text: str) -> tuple[str, str, str]:
    """A bounce without a delivery report: judged only where it shows a code or says that it failed."""
    said = text.partition("\n--- ")[0] if "\n--- " in text else text
    line = next(
        (
            one
            for one in said.splitlines()
            if bounces.STATUS.search(one) or re.search(r"(?<!\d)5\d\d[ \-#]", one)
        ),
        "",
    )
    at = said.find(line) if line else -1
    diagnostic = " ".join(said[at : at + 2 * KEPT].split()) if line else " ".join(said[:KEPT].split())
    if not _DEAD_ENDS.search(_header(mail, "subject") + "\n" + said):
        return "unclear", "", ""
    found = bounces.STATUS.search(diagnostic)
    status = found[1] if found else ""
    if status.startswith("2"):
        return "unclear", "", ""
    return bounces.kind_of(status, diagnostic), status, diagnostic


def _text(mail: Message) -> str:
    for part in _parts(mail):
        if part.get_content_type() == "text/plain" and not part.is_multipart():
            return _decoded(part)
    return ""


def _decoded(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        return data[:LONGEST_TEXT].decode(charset, "replace")
    except LookupError:
        return data[:LONGEST_TEXT].decode("utf-8", "replace")


def _says_stop(mail: Message, text: str) -> bool:
    """One word alone, as subject or as the first line that she wrote."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return any(
        line.strip(" \t.!?\"'«»*_-\u200e\u200f").casefold() in _STOPS
        for line in (_header(mail, "subject"), first)
    )
