"""What comes back arrives by LMTP or lies in a mailbox (IMAP): each mail is let go only when it is kept (W2)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from smtplib import LMTP, SMTPException, SMTPSenderRefused

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError
from django.test import override_settings

from tests.delivery.reports import complaint, delivery_report
from tests.delivery.test_feedback import PATH, key_of, sent
from tests.delivery.world import entered, fan, newsletter, transport_to, woven
from tests.dovecot import dovecot
from tests.loops import elsewhere
from tests.postfix import postfix
from tests.processes import free_port
from tifo.delivery.adapters.imap import mailbox_address
from tifo.delivery.adapters.lmtp import LARGEST
from tifo.delivery.ports import Mailbox
from tifo.delivery.public import (
    claim,
    cross,
    fetch_inbound,
    hear_mail,
    heard_of,
    inbound_counts,
    open_mailbox,
    suppressed_for,
)
from tifo.delivery.rules.reports import LONGEST
from tifo.kernel.public import Refused

MAIL = b"Subject: one\r\n\r\nhello\r\n"


@dataclass
class Way:
    """A mailbox under test: how a mail comes into it, and whether one is still waiting somewhere."""

    mailbox: Mailbox
    deliver: Callable[[bytes], None]
    left: Callable[[], int]
    knows_recipient: bool


def give_lmtp(port: int, content: bytes, recipient: str = "bounces@news.tifo.example") -> None:
    deadline = time.monotonic() + 5
    while True:
        try:
            client = LMTP("127.0.0.1", port, timeout=5)
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    with client:
        client.sendmail("", [recipient], content)


class Relay:
    """Keeps what was not taken, as a mail server does, and tries again when it is run."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.queue: list[bytes] = []

    def run(self) -> None:
        for content in list(self.queue):
            try:
                give_lmtp(self.port, content)
            except SMTPException:
                continue
            self.queue.remove(content)


@contextmanager
def imap() -> Iterator[Way]:
    with dovecot() as server:
        yield Way(open_mailbox(server.url), server.put, server.left, knows_recipient=False)


@contextmanager
def lmtp() -> Iterator[Way]:
    relay = Relay(free_port())
    mailbox = open_mailbox(f"127.0.0.1:{relay.port}")

    class Pass:
        """Listen while the relay tries all it has."""

        def receive(self, take: Callable[[bytes, str], None], until: Callable[[], bool]) -> int:
            tried = threading.Thread(target=relay.run)
            tried.start()
            return elsewhere(mailbox.receive, take, lambda: until() or not tried.is_alive())

    yield Way(Pass(), relay.queue.append, lambda: len(relay.queue), knows_recipient=True)


@pytest.fixture(params=[imap, lmtp], ids=["imap", "lmtp"])
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    with request.param() as found:
        yield found


def never() -> bool:
    return False


# -- the port's contract -----------------------------------------------------------------------------------


def test_each_mail_is_taken_once_and_let_go(way: Way) -> None:
    for number in range(3):
        way.deliver(MAIL.replace(b"one", b"%d" % number))
    seen: list[tuple[bytes, str]] = []
    assert way.mailbox.receive(lambda content, recipient: seen.append((content, recipient)), never) == 3
    assert sorted(content.splitlines()[-1] for content, _ in seen) == [b"hello"] * 3
    assert sorted(content.split(b"\r\n")[0] for content, _ in seen) == [b"Subject: %d" % n for n in range(3)]
    assert {recipient for _, recipient in seen} == (
        {"bounces@news.tifo.example"} if way.knows_recipient else {""}
    )
    assert way.left() == 0
    assert way.mailbox.receive(lambda *_: pytest.fail("taken twice"), never) == 0


def test_w2_a_mail_that_could_not_be_kept_stays_and_comes_again(way: Way) -> None:
    """W2: it is let go only after it was kept."""
    way.deliver(MAIL)

    def fails(content: bytes, recipient: str) -> None:
        raise DatabaseError("the database is down")

    with suppress(DatabaseError):
        assert way.mailbox.receive(fails, never) == 0
    assert way.left() == 1
    seen: list[bytes] = []
    assert way.mailbox.receive(lambda content, _: seen.append(content), never) == 1
    assert (len(seen), way.left()) == (1, 0)


def test_rubbish_does_not_hold_up_the_others(way: Way) -> None:
    rubbish = [b"\r\n", bytes(range(1, 9)) * 9 + b"\r\n", b"X: " + b"y" * 900 + b"\r\n\r\n", MAIL]
    for content in rubbish:
        way.deliver(content)
    seen: list[bytes] = []
    assert way.mailbox.receive(lambda content, _: seen.append(content), never) == len(rubbish)
    assert way.left() == 0


def test_of_a_long_mail_the_beginning_is_enough(way: Way) -> None:
    way.deliver(MAIL + b"x" * 70 + b"\r\n" + (b"y" * 76 + b"\r\n") * (2 * LONGEST // 78))
    lengths: list[int] = []
    assert way.mailbox.receive(lambda content, _: lengths.append(len(content)), never) == 1
    assert lengths[0] >= LONGEST


# -- each by itself ----------------------------------------------------------------------------------------


def test_lmtp_refuses_what_is_longer_than_any_report() -> None:
    port = free_port()
    mailbox, done = open_mailbox(f"127.0.0.1:{port}"), threading.Event()
    listening = threading.Thread(target=mailbox.receive, args=(lambda *_: None, done.is_set))
    listening.start()
    try:
        with pytest.raises(SMTPSenderRefused) as caught:
            give_lmtp(port, b"x: y\r\n\r\n" + (b"z" * 76 + b"\r\n") * (LARGEST // 77))
        assert caught.value.smtp_code == 552
    finally:
        done.set()
        listening.join()


def test_a_port_that_is_taken_is_said() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as held, pytest.raises(Refused, match="TIFO_INBOUND_BIND"):
        open_mailbox(f"127.0.0.1:{held.getsockname()[1]}").receive(lambda *_: None, never)


@pytest.mark.parametrize(
    "url",
    [
        "imap://user:secret-word@mail.example.org",  # in the clear
        "imaps://mail.example.org",
        "imaps://user:secret-word@mail.example.org?after=burn",
        "imaps://user:secret-word@mail.example.org:99999",
        "pop3://user:secret-word@mail.example.org",
    ],
)
def test_a_mailbox_that_can_not_be_meant_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(Refused) as caught:
        open_mailbox(url)
    assert "secret-word" not in str(caught.value)
    assert mailbox_address("imaps://a%40b:p%2Fw@h/Bounces").user == "a@b"


@pytest.mark.django_db
def test_bounces_in_the_mailbox_are_heard_and_may_be_deleted() -> None:
    """C8."""
    with (
        dovecot() as server,
        override_settings(TIFO_RETURN_PATH=PATH, TIFO_INBOUND_IMAP_URL=server.url + "?after=delete"),
    ):
        _, (first, second) = sent(fan(1), fan(2))
        server.put(delivery_report(first))
        server.put(complaint(second))
        server.put(MAIL)
        assert fetch_inbound() == 3
        assert server.left("ALL") == 0
        assert [suppressed_for(key_of(n)) for n in (1, 2)] == ["bounced", "complained"]
        assert inbound_counts() == {("imap", "hard"): 1, ("imap", "complaint"): 1, ("imap", "forged"): 1}
    with override_settings(TIFO_INBOUND_IMAP_URL=server.url), pytest.raises(Refused, match="can't be read"):
        fetch_inbound()


class Nobody:
    """A server where nobody lives."""

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, _envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        return f"550 5.1.1 <{address}> is not known here"


@contextmanager
def closing_of(far: Controller) -> Iterator[None]:
    try:
        yield
    finally:
        far.stop()


@pytest.mark.django_db
def test_what_a_real_mail_server_returns_is_heard() -> None:
    """C8: Postfix takes a message, is told that nobody is there, and hands its report over by LMTP."""
    port = free_port()
    mailbox, heard = open_mailbox(f"127.0.0.1:{port}"), list[tuple[bytes, str]]()
    came = threading.Event()

    def take(content: bytes, recipient: str) -> None:
        heard.append((content, recipient))
        came.set()

    deadline = time.monotonic() + 20
    listening = threading.Thread(
        target=mailbox.receive, args=(take, lambda: came.is_set() or time.monotonic() > deadline)
    )
    far = Controller(Nobody(), hostname="127.0.0.1", port=free_port())
    far.start()
    with (
        closing_of(far),
        override_settings(TIFO_RETURN_PATH=PATH),
        postfix(
            default_transport=f"smtp:[127.0.0.1]:{far.port}",
            transport_maps=f"inline:{{{{news.tifo.example=lmtp:inet:127.0.0.1:{port}}}}}",
        ) as server,
    ):
        listening.start()
        her, mailing = fan(1), newsletter()
        entered(mailing, [her])
        with transport_to(server.url) as way_out:
            assert cross(mailing, woven(claim(mailing, 0, owner="a")), way_out).accepted == 1
        listening.join()
        assert heard, server.log.read_text()[-2000:]
        (content, recipient), *_ = heard
        assert recipient.startswith("bounces+")
        assert hear_mail(content, recipient, "lmtp") == "hard"
    assert suppressed_for(key_of(1)) == "bounced"
    assert [(one.status, one.diagnostic) for one in heard_of(her)] == [
        ("5.1.1", "550 5.1.1 <[address]> is not known here")
    ]
