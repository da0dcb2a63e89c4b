"""A domain that is grey, slow or broken off at keeps nobody else waiting."""

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from tests.delivery.hostile import Script, server
from tests.delivery.test_doubts import until
from tests.delivery.world import entered, fan, newsletter, transport_to, woven
from tifo.delivery.actions import crossing
from tifo.delivery.adapters.smtp.terms import Patience
from tifo.delivery.models import Destination, Message
from tifo.delivery.public import Crossing, claim, counts, cross
from tifo.delivery.rules.retry import LONGEST_ASKED, Trouble, asked, trouble, wait

SAYS = [
    ("RCPT", 451, "4.7.1 Greylisted, please try again in 300 seconds", Trouble.GREYLISTED, 300),
    ("RCPT", 450, "4.2.0 <x>: Recipient address rejected: Greylisted, see http://pg.example/", Trouble.GREYLISTED, None),
    ("RCPT", 450, "4.2.0 Greylisting in effect, please come back in 00:04:30", Trouble.GREYLISTED, 270),
    ("RCPT", 421, "4.7.0 Try again later, closing connection", Trouble.BUSY, None),
    ("body", 421, "4.7.28 Our system has detected an unusual rate of mail", Trouble.BUSY, None),
    ("RCPT", 450, "4.7.1 Error: too many recipients from you. Retry after 10 minutes", Trouble.BUSY, 600),
    ("RCPT", 452, "4.2.2 The mailbox is full", Trouble.FULL, None),
    ("MAIL", 452, "4.3.1 Insufficient system storage", Trouble.FULL, None),
    ("body", 451, "4.3.0 Temporary lookup failure", Trouble.LATER, None),
    ("body", 450, "wait 2 hours", Trouble.LATER, 7200),
    ("dropped", 0, "the server closed the connection", Trouble.BUSY, None),
    ("slow", 0, "others wait less", Trouble.SLOW, None),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "code", "text", "kind", "seconds"), SAYS)
def test_what_a_deferral_says(stage: str, code: int, text: str, kind: Trouble, seconds: float | None) -> None:
    assert trouble(stage, code, text) is kind
    assert asked(text) == seconds


@given(
    st.sampled_from(Trouble),
    st.integers(1, 100),
    st.floats(0, 1),
    st.none() | st.floats(1, LONGEST_ASKED),
)
def test_pauses_rise_and_never_undercut_what_was_asked(
    kind: Trouble, attempt: int, chance: float, wanted: float | None
) -> None:
    pause = wait(kind, attempt, wanted, chance).total_seconds()
    first, _, longest = kind.value
    assert wait(kind, attempt + 1, wanted, chance).total_seconds() >= pause
    if wanted is None:
        assert first * 0.5 <= pause <= longest * 1.5
    else:
        assert wanted - 1e-5 <= pause <= wanted + 30 + 1e-5


@given(st.text(max_size=200), st.integers(400, 499))
def test_any_text_has_a_class_and_a_bounded_wish(text: str, code: int) -> None:
    assert trouble("RCPT", code, text) in Trouble
    wish = asked(text)
    assert wish is None or 1 <= wish <= LONGEST_ASKED


SIZES = {"grey": 5, "slow": 9, "drop": 6, "fine": 40}


@pytest.mark.django_db(transaction=True)
def test_others_leave_while_a_domain_is_grey_slow_or_broken_off_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server answers nothing about the slow ones until all others have arrived: none of them waits for it."""
    monkeypatch.setattr(crossing, "LAG", 0.1)
    released = threading.Event()
    mailing = newsletter()
    kinds = [kind for kind, size in SIZES.items() for _ in range(size)]
    entered(mailing, [fan(n, email=f"f{n}@{kind}.example.org") for n, kind in enumerate(kinds)])

    def recipient(line: bytes) -> bytes | None:
        if b"@grey." in line:
            return b"451 4.7.1 Greylisted, try again in 300 seconds\r\n"
        if b"@slow." in line:
            released.wait(60)
        return None if b"@drop." in line else b"250 2.1.5 ok\r\n"

    script = Script(answers={"RCPT": recipient})
    patience = Patience(connect=10, reply=60, final=60, idle=60, slow=0.2)
    with (
        server(script) as port,
        transport_to(f"smtp://127.0.0.1:{port}?connections=4", patience) as transport,
    ):
        with Crossing(mailing, transport) as line:
            while claimed := claim(mailing, 0, owner="a", size=16):
                line.send(woven(claimed))
            try:
                until(lambda: sum(len(body) > 9 for body in script.bodies) == SIZES["fine"], 50)
            finally:
                released.set()
        found = counts(mailing)
        assert found.prepared == found.accepted + found.planned == len(kinds)
        rows = Message.objects.filter(state="planned").order_by("fan_id")
        says = Counter(row.reason.partition(":")[0] for row in rows)
        assert (says["RCPT"], says["dropped"]) == (SIZES["grey"], SIZES["drop"])
        assert says["slow"] >= SIZES["slow"] - 4
        now = datetime.now(UTC)
        assert all(row.due_at > now + timedelta(minutes=4) for row in rows if row.reason.startswith("RCPT"))
        assert set(Destination.objects.values_list("key", flat=True)) == {
            "@slow.example.org", "@drop.example.org"
        }, "a greylist is about each message"  # fmt: skip
    script = Script()
    before = found.accepted
    with (
        time_machine.travel(now + timedelta(hours=3)),
        server(script) as port,
        transport_to(f"smtp://127.0.0.1:{port}") as transport,
    ):
        while claimed := claim(mailing, 0, owner="a"):
            cross(mailing, woven(claimed), transport)
    assert (counts(mailing).accepted, len(script.bodies)) == (len(kinds), len(kinds) - before)


@pytest.mark.django_db(transaction=True)
def test_a_slow_domain_stands_back_for_nobody_where_nobody_else_waits() -> None:
    mailing = newsletter()
    entered(mailing, [fan(n, email=f"f{n}@slow.example.org") for n in range(12)])
    late = threading.Semaphore(
        2
    )  # the first answers come late, as those of a server that stood still for a moment

    def recipient(line: bytes) -> bytes:
        if late.acquire(blocking=False):
            time.sleep(1.0)
        return b"250 2.1.5 ok\r\n"

    patience = Patience(connect=10, reply=60, final=60, idle=60, slow=0.2)
    with (
        server(Script(answers={"RCPT": recipient})) as port,
        transport_to(f"smtp://127.0.0.1:{port}?connections=2", patience) as transport,
    ):
        cross(mailing, woven(claim(mailing, 0, owner="a")), transport)
    assert counts(mailing).accepted == 12
    assert not Destination.objects.exists()
