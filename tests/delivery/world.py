"""Small things that the tests of delivery are made of."""

import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import transaction

from tifo.consents.public import give
from tifo.delivery.adapters.smtp.address import server_address
from tifo.delivery.adapters.smtp.pool import SmtpTransport
from tifo.delivery.adapters.smtp.terms import Patience
from tifo.delivery.public import Claimed, Entered, Outcome, Parcel, Verdict, enter, open_mailing
from tifo.delivery.queries.epoch import epoch_file
from tifo.fans.public import create_fan

PAST = datetime(2026, 1, 1, tzinfo=UTC)
CONTENT = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n.a line with a dot\r\n..two\r\n"
IMPATIENT = Patience(connect=2, reply=1, final=1, idle=1)


def undone() -> None:
    """What this test rolls back never happened: the file outside the base must not know it either (M9)."""
    transaction.set_rollback(True)
    epoch_file().unlink(missing_ok=True)


@dataclass(frozen=True)
class Text:
    """A woven text."""

    subject: bytes = b"News"
    content: bytes = CONTENT
    wire_safe: bool = False


def fan(number: int, *, purposes: Sequence[str] = ("newsletter",), **values: Any) -> int:
    """A fan with an address of her own and the consents named."""
    values.setdefault("email", f"fan{number}@example.org")
    fan_id = create_fan(source="test", language="en", **values)
    for purpose in purposes:
        give(fan_id, purpose, source="test")
    return fan_id


def fans(count: int, **more: Any) -> list[int]:
    """So many fans."""
    return [fan(number, **more) for number in range(count)]


def plan(fan_ids: Sequence[int], due: datetime = PAST) -> pa.Table:
    """Rows of a plan."""
    size = len(fan_ids)
    return pa.table(
        {
            "fan_id": pa.array(fan_ids, pa.int64()),
            "language": pa.array(["en"] * size),
            "variant": pa.array([""] * size),
            "composed": pa.array([0] * size, pa.int64()),
            "due_at": pa.array([due] * size, pa.timestamp("us", tz="UTC")),
        }
    )


def newsletter(label: str = "news", **more: Any) -> int:
    """A marketing mailing; what is planned in the tests' past is still worth sending."""
    more.setdefault("lifetime_hours", 24 * 365 * 20)
    return open_mailing(label=label, purpose="newsletter", legal_class="marketing", **more)


def entered(mailing_id: int, fan_ids: Sequence[int], chunk: int = 0) -> Entered:
    """Enter a chunk in a transaction."""
    with transaction.atomic():
        return enter(mailing_id, chunk, plan(fan_ids))


def woven(claimed: Sequence[Claimed]) -> list[tuple[Claimed, Text]]:
    """The same text for everybody."""
    return [(one, Text()) for one in claimed]


class KnownFlight:
    """Outcomes that are there already."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self._outcomes = outcomes
        self._outcomes_left = list(enumerate(outcomes))

    def done(self) -> bool:
        return True

    def settled(self) -> list[tuple[int, Outcome]]:
        new, self._outcomes_left = self._outcomes_left, []
        return new

    def wait(self, seconds: float | None = None) -> list[Outcome]:  # noqa: ARG002  the port's
        return self._outcomes


class Recorder:
    """A transport that writes down what it is handed and answers as told; `before` runs at each hand-over."""

    def __init__(
        self,
        answer: Callable[[Parcel], Outcome] = lambda _: Outcome(Verdict.ACCEPTED, "body", 250, "ok"),
        before: Callable[[Sequence[Parcel]], None] = lambda _: None,
    ) -> None:
        self.answer, self.before = answer, before
        self.parcels: list[Parcel] = []

    def allows(self, recipient: str) -> bool:
        return recipient.lower().endswith("example.org")

    def hand_over(self, parcels: Sequence[Parcel]) -> KnownFlight:
        self.before(parcels)
        self.parcels.extend(parcels)
        return KnownFlight([self.answer(parcel) for parcel in parcels])

    def stop(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *error: object) -> None: ...

    @property
    def recipients(self) -> list[str]:
        """Whom it was handed something for, in order."""
        return [parcel.recipient for parcel in self.parcels]


class Sink:
    """An inbox that counts what it accepted by X-Tifo-Key: the oracle of the crash tests."""

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()
        self.recipients: Counter[str] = Counter()
        self.contents: list[bytes] = []
        self._lock = threading.Lock()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002  aiosmtpd's name
        content = envelope.content or b""
        found = re.search(rb"^X-Tifo-Key: (\S+)", content, re.MULTILINE)
        with self._lock:
            self.keys[found[1].decode() if found else ""] += 1
            self.recipients.update(envelope.rcpt_tos)
            self.contents.append(bytes(content))
        return "250 2.0.0 taken"


@contextmanager
def inbox(sink: Sink | None = None, **options: Any) -> Iterator[tuple[Sink, str]]:
    """A real SMTP server on loopback: (what it got, its URL)."""
    sink = sink or Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield sink, f"smtp://127.0.0.1:{port}?connections=2"
    finally:
        controller.stop()


def transport_to(url: str, patience: Patience = IMPATIENT) -> SmtpTransport:
    """Our client, everybody allowed."""
    return SmtpTransport(server_address(url), lambda _: True, patience)
