"""Promises about a whole sending, through the ledger, the gate, our client and a real socket."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from tests.delivery.hostile import Script, server
from tests.delivery.world import Recorder, entered, fan, fans, newsletter, transport_to, undone, woven
from tifo.consents.public import withdraw
from tifo.delivery.public import Counts, claim, counts, cross, suppress
from tifo.fans.public import destination_key, erase_fan, update_fan

pytestmark = pytest.mark.django_db

SIZE = 7
LATER = timedelta(hours=2)


def tried(mailing: int, script: Script) -> None:
    """One visit to this server with all that is due; a host that is let in nowhere rests, as a sending does then."""
    with server(script) as port, transport_to(f"smtp://127.0.0.1:{port}?connections=2") as transport:
        while claimed := claim(mailing, 0, owner="a", size=3):
            if cross(mailing, woven(claimed), transport).unreachable:
                break


def settled(mailing: int, bad: Script) -> tuple[Counts, Counter[bytes]]:
    """Visit the bad server, and two hours later a good one: the counts, and whose text the good one got how often."""
    entered(mailing, fans(SIZE))
    tried(mailing, bad)
    found = counts(mailing)
    assert found.prepared == SIZE == found.accepted + found.refused + found.unknown + found.open
    good = Script()
    with time_machine.travel(datetime.now(UTC) + LATER, tick=True):
        tried(mailing, good)
    return counts(mailing), Counter(line for line in good.lines if line.startswith(b"RCPT"))


def every(second: bytes) -> Callable[[bytes], bytes]:
    """Says no to every second message after its text."""
    seen = iter(range(10**6))
    return lambda _: second if next(seen) % 2 else b"250 2.0.0 taken\r\n"


DEFERS = {
    "4xx at the greeting": Script(greeting=b"421 4.3.2 too busy\r\n"),
    "4xx to the sender": Script(answers={"MAIL": b"451 4.7.1 later\r\n"}),
    "4xx to the recipient": Script(answers={"RCPT": b"450 4.2.1 later\r\n"}),
    "4xx to the text": Script(body=b"451 4.3.0 later\r\n"),
    "5xx at the greeting": Script(greeting=b"554 5.3.2 not you\r\n"),
    "rubbish at the greeting": Script(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "rubbish before the text": Script(answers={"MAIL": b"\xff\xfe\r\n"}),
    "nothing at the greeting": Script(greeting=b""),
    "a closed door": Script(greeting=None),
    "a break before the text": Script(answers={"RCPT": None}, reset=True),
}


@pytest.mark.parametrize("kind", DEFERS)
def test_m4_what_a_server_puts_off_is_sent_later_once(kind: str) -> None:
    """M4, M5: 4xx, rubbish or silence before the end of a text lose nothing; later each goes once."""
    found, recipients = settled(newsletter(), DEFERS[kind])
    assert (found.accepted, found.open) == (SIZE, 0)
    assert recipients == {b"RCPT TO:<fan%d@example.org>" % number: 1 for number in range(SIZE)}


def silent(_: bytes) -> None:
    """Longer than anybody waits in these tests; then the line breaks."""
    threading.Event().wait(4)


DOUBTS = {
    "rubbish after the text": Script(body=b"what?\r\n"),
    "nothing after the text": Script(body=silent),
    "a break after the text": Script(body=None),
    "a reset after the text": Script(body=None, reset=True),
}


@pytest.mark.parametrize("kind", DOUBTS)
def test_m3_what_a_server_may_have_is_never_sent_again(kind: str) -> None:
    """M3, M4, M14: after the end of a text only a clear answer counts; each other is a doubt, and rests."""
    bad = DOUBTS[kind]
    found, recipients = settled(newsletter(), bad)
    assert (found.unknown, found.accepted, found.open) == (len(bad.bodies), SIZE - len(bad.bodies), 0)
    assert found.unknown >= 1
    assert set(recipients.values()) <= {1}


def test_m4_a_lasting_refusal_ends_its_message_only() -> None:
    """M4: every second one is refused for good; the others are accepted, and nobody is asked again."""
    found, recipients = settled(newsletter(), Script(body=every(b"554 5.7.1 no\r\n")))
    assert (found.accepted, found.refused, found.unknown, found.open) == (4, 3, 0, 0)
    assert recipients == {}


def test_m5_what_is_accepted_the_server_has() -> None:
    """M5: with every third text put off, accepted are exactly those whose text was answered with 250."""
    mailing, kept = newsletter(), list[bytes]()

    def answers(body: bytes) -> bytes:
        if len(script.bodies) % 3 == 0:
            return b"451 4.3.0 later\r\n"
        kept.append(body)
        return b"250 2.0.0 taken\r\n"

    script = Script(body=answers)
    found, recipients = settled(mailing, script)
    assert found.accepted == SIZE == len(kept) + recipients.total()


@contextmanager
def its_own_world() -> Iterator[None]:
    """For an example of Hypothesis: whatever it writes is gone afterwards."""
    with transaction.atomic():
        yield
        undone()


SPELT = st.lists(
    st.tuples(st.sampled_from(["ana@example.org", "Ana@Example.ORG", "ben@example.org"]), st.booleans()),
    min_size=2,
    max_size=5,
)


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
@given(spelt=SPELT)
def test_m2_an_address_gets_one_message_however_many_fans_had_it(spelt: list[tuple[str, bool]]) -> None:
    """M2: an address moves from fan to fan, in any spelling, between chunks that are sent or wait: one crosses."""
    with its_own_world():
        mailing, transport = newsletter(), Recorder()
        holder: dict[str, int] = {}
        for chunk, (address, at_once) in enumerate(spelt):
            her = fan(chunk, email=f"first{chunk}@example.org")
            if former := holder.get(address.lower()):
                update_fan(former, email=f"moved{chunk}@example.org")
            update_fan(her, email=address)
            holder[address.lower()] = her
            entered(mailing, [her], chunk)
            if at_once:
                cross(mailing, woven(claim(mailing, chunk, owner="a")), transport)
        for chunk in range(len(spelt)):
            while claimed := claim(mailing, chunk, owner="a"):
                cross(mailing, woven(claimed), transport)
        assert max(Counter(map(str.lower, transport.recipients)).values()) == 1
        assert counts(mailing).prepared == len(spelt)
        assert counts(mailing).open == 0


FATES = st.lists(
    st.sampled_from(["stays", "withdraws", "blocked", "erased", "not asked"]), min_size=1, max_size=6
)


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(fates=FATES)
def test_s3_who_is_mailed_was_frozen_and_may_be_mailed_now(fates: list[str]) -> None:
    """S3: the sent set is the frozen set without those who may not be mailed any more; nobody comes in later."""
    with its_own_world():
        everybody = fans(len(fates))
        frozen = [her for her, fate in zip(everybody, fates, strict=True) if fate != "not asked"]
        mailing, transport = newsletter(), Recorder()
        entered(mailing, frozen)
        for place, (her, fate) in enumerate(zip(everybody, fates, strict=True)):
            if fate == "withdraws":
                withdraw(her, "newsletter", source="test")
            elif fate == "blocked":
                suppress(destination_key("email", f"fan{place}@example.org"), "complained")
            elif fate == "erased":
                erase_fan(her)
        fan(99)
        while claimed := claim(mailing, 0, owner="a"):
            cross(mailing, woven(claimed), transport)
        allowed = [f"fan{place}@example.org" for place, fate in enumerate(fates) if fate == "stays"]
        assert transport.recipients == allowed
        assert counts(mailing).prepared == len(frozen)
