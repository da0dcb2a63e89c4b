"""Letters: service mail to one address. At least once, always under the same Message-ID (M14)."""

import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from email import policy
from email.message import EmailMessage

from django.conf import settings
from django.db import transaction

from tifo.delivery.actions import epoch
from tifo.delivery.actions import statements as sql
from tifo.delivery.actions.suppression import note_bounces
from tifo.delivery.models import Letter, Suppression
from tifo.delivery.ports import Outcome, Parcel, Transport, Verdict
from tifo.delivery.rules import headers, retry, seals
from tifo.delivery.rules.bounces import is_lasting
from tifo.fans.public import destination_key, fans, mailable_email
from tifo.kernel.public import Refused, clock, crash_point, without_addresses

LIFETIME = timedelta(hours=24)
LEASE = timedelta(minutes=10)
WINDOW = 50


def send_letter(
    kind: str,
    *,
    subject: str,
    fan_id: int | None = None,
    address: str | None = None,
    text: str = "",
    html: str = "",
    content: bytes = b"",
    language: str = "",
    lifetime: timedelta = LIFETIME,
) -> int:
    """Leave a letter to be sent soon, in the caller's transaction if there is one; its id.

    To `address`, or to where the fan is reached now. The body: `text`, with `html` beside it where wanted, or
    `content` (MIME headers and body, lines ending in CRLF). Raises Refused for an address that is none and for
    control characters in the subject.
    """
    name = ""
    if address is None:
        fan = fans([fan_id]).get(fan_id) if fan_id is not None else None
        if fan is None or fan.email is None:
            raise Refused(f"Fan {fan_id} has no address to write to.")
        address, name = fan.email, f"{fan.first_name or ''} {fan.last_name or ''}".strip()
    address = mailable_email(address)
    body = content or _body(text, html, language)
    sender_name, sender = headers.sender_parts(settings.TIFO_SENDER)
    message_id = f"<{secrets.token_hex(12)}.letter@{sender.rpartition('@')[2]}>"
    try:
        to = headers.mailbox(name, address)
    except headers.HeaderRefused:
        to = headers.mailbox("", address)
    head = (
        f"From: {headers.mailbox(sender_name, sender)}\r\n"
        f"To: {to}\r\n"
        f"Subject: {headers.encoded_text(subject, 'The subject')}\r\n"
        f"Message-ID: {message_id}\r\n"
        "Auto-Submitted: auto-generated\r\n"
    ).encode("ascii")
    return store_letter(
        kind,
        fan_id=fan_id,
        address=address,
        message_id=message_id,
        content=head + headers.date_header(clock.now()) + body,
        lifetime=lifetime,
    )


def store_letter(
    kind: str,
    *,
    fan_id: int | None,
    address: str,
    message_id: str,
    content: bytes,
    lifetime: timedelta = LIFETIME,
) -> int:
    """Leave a letter whose bytes are finished (headers and body, CRLF); its id."""
    now = clock.now()
    letter = Letter.objects.create(
        kind=kind[:50],
        fan_id=fan_id,
        destination_key=destination_key("email", address),
        address=address,
        message_id=message_id,
        content=content,
        due_at=now,
        expires_at=now + lifetime,
        written_at=now,
        at=now,
    )
    return letter.pk


def _body(text: str, html: str, language: str) -> bytes:
    """Both parts, encoded so that every server takes them."""
    message = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    message.set_content(text or " ")
    if html:
        message.add_alternative(html, subtype="html")
    if language:
        message["Content-Language"] = headers.check_text(language, "The language")
    return message.as_bytes()


def send_letters(transport: Transport, *, owner: str) -> Mapping[str, int]:
    """Send the next window of letters that are due; counts by new state, empty when none was."""
    epoch.ready()
    letters, passage = _claim(owner)
    if passage is None:
        return {}
    epoch.passed(passage)
    blocked = _blocked(letters)
    going = [letter for letter in letters if letter.pk not in blocked]
    crash_point("delivery.letters-claimed")
    parcels = [_parcel(letter) for letter in going]
    outcomes = transport.hand_over(parcels).wait()
    crash_point("delivery.letters-answered")
    counted: Counter[str] = Counter()
    with transaction.atomic():
        for letter, reason in ((letter, blocked[letter.pk]) for letter in letters if letter.pk in blocked):
            counted.update([_close(letter, "suppressed", reason)])
        for letter, outcome in zip(going, outcomes, strict=True):
            counted.update([_settle(letter, outcome)])
    return dict(counted)


def _claim(owner: str) -> tuple[list[Letter], epoch.Passage | None]:
    """Letters that are due, and those whose sender died: in doubt a letter goes again."""
    now = clock.now()
    with transaction.atomic():
        sql.durable()
        Letter.objects.filter(
            state__in=("planned", "claimed", "committing"), expires_at__lte=now, lease_until__isnull=True
        ).update(state="expired", at=now, content=b"", address="")
        rows = Letter.objects.select_for_update(skip_locked=True).filter(due_at__lte=now)
        fresh = rows.filter(state="planned")
        left = rows.filter(state="committing", lease_until__lt=now)
        letters = [*fresh.order_by("due_at", "pk")[:WINDOW], *left.order_by("pk")[:WINDOW]]
        for letter in letters:
            letter.state, letter.owner, letter.at = "committing", owner, now
            letter.lease_until, letter.attempt = now + LEASE, letter.attempt + 1
            letter.save(update_fields=["state", "owner", "at", "lease_until", "attempt"])
        return letters, epoch.enter() if letters else None


def _blocked(letters: list[Letter]) -> dict[int, str]:
    """Letters to addresses that bounced, or whose owner wants nothing at all; a complaint about news does not keep
    a sign-in code from her."""
    keys = {bytes(letter.destination_key): letter for letter in letters}
    rows = Suppression.objects.filter(
        destination_key__in=list(keys), channel="email", reason__in=("bounced", "asked")
    )
    reasons = {bytes(row.destination_key): row.reason for row in rows}
    return {
        letter.pk: reasons[key] for letter in letters if (key := bytes(letter.destination_key)) in reasons
    }


def _parcel(letter: Letter) -> Parcel:
    _, sender = headers.sender_parts(settings.TIFO_SENDER)
    path = seals.return_paths(sender)(seals.message_key(0, letter.pk))
    return Parcel(letter.pk, path, letter.address, bytes(letter.content))


def _settle(letter: Letter, outcome: Outcome) -> str:
    reason = without_addresses(f"{outcome.stage}: {outcome.text}")[:200]
    if outcome.verdict is Verdict.ACCEPTED:
        return _close(letter, "accepted", "")
    if outcome.verdict in (Verdict.REFUSED, Verdict.FORBIDDEN):
        if is_lasting(outcome.stage, outcome.text):
            note_bounces([bytes(letter.destination_key)], clock.now())
        return _close(letter, "refused", reason)
    now = clock.now()
    due = now + retry.pause(letter.attempt)
    if due >= letter.expires_at:
        return _close(letter, "expired", reason)
    changed = Letter.objects.filter(pk=letter.pk, attempt=letter.attempt, state="committing").update(
        state="planned", owner="", lease_until=None, due_at=due, at=now, reason=reason
    )
    return "planned" if changed else "lost"


def _close(letter: Letter, state: str, reason: str) -> str:
    """The end of a letter: what it said and to whom is forgotten."""
    changed = Letter.objects.filter(pk=letter.pk, attempt=letter.attempt, state="committing").update(
        state=state, reason=reason, at=clock.now(), content=b"", address="", lease_until=None
    )
    return state if changed else "lost"
