"""What comes back: bounces, complaints and STOP bar the next message; what nobody sealed does nothing (C8, W1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.delivery.reports import answer, complaint, delivery_report, plain_bounce
from tests.delivery.world import Recorder, entered, fan, fans, newsletter, woven
from tifo.consents.public import give, heads
from tifo.delivery.actions.suppression import REASONS
from tifo.delivery.models import Feedback, InboundCount, Message, Suppression
from tifo.delivery.ports import Outcome, Parcel, Verdict
from tifo.delivery.public import (
    claim,
    cross,
    forget_fan,
    hear_mail,
    heard_of,
    inbound_counts,
    is_suppressed,
    recover,
    returned,
    send_letter,
    send_letters,
    suppress,
    suppressed_for,
    unsuppress,
)
from tifo.delivery.rules import reports, seals
from tifo.delivery.rules.bounces import SOFT_DAYS, SOFT_MESSAGES, kind_of
from tifo.delivery.rules.reports import LONGEST, read_report
from tifo.fans.public import destination_key
from tifo.kernel.public import clock

pytestmark = pytest.mark.django_db

PATH = "bounces+*@news.tifo.example"


@pytest.fixture(autouse=True)
def _return_path():
    with override_settings(TIFO_RETURN_PATH=PATH):
        yield


def sent(*fan_ids: int, label: str = "news") -> tuple[int, list[Parcel]]:
    """A mailing that these fans were sent, and what left."""
    mailing, way_out = newsletter(label), Recorder()
    entered(mailing, fan_ids)
    cross(mailing, woven(claim(mailing, 0, owner="a")), way_out)
    return mailing, way_out.parcels


def hear(content: bytes, recipient: str = "") -> str:
    return hear_mail(content, recipient, "test")


def left(mailing: int, chunk: int = 0) -> list[str]:
    """Who is written to by another crossing of this mailing."""
    way_out = Recorder()
    cross(mailing, woven(claim(mailing, chunk, owner="b")), way_out)
    return way_out.recipients


def key_of(number: int) -> bytes:
    return destination_key("email", f"fan{number}@example.org")


def test_each_message_has_a_return_path_of_its_own_that_fits_an_envelope() -> None:
    """C8: the seal in it names the message; capitals may be lost on the way."""
    mailing, parcels = sent(*fans(3))
    paths = [parcel.sender for parcel in parcels]
    assert len(set(paths)) == 3
    for parcel in parcels:
        local, _, domain = parcel.sender.partition("@")
        assert domain == "news.tifo.example"
        assert len(local) <= 64
        assert b"From: tifo <news@tifo.example>" in parcel.content.replace(b'"', b"")
        for said in (parcel.sender, parcel.sender.upper(), parcel.sender.lower()):
            assert seals.named_in(said.encode()) == (mailing, parcel.key)


def test_without_the_setting_the_sender_is_what_it_was() -> None:
    with override_settings(TIFO_RETURN_PATH=""):
        _, (parcel,) = sent(fan(1))
    assert parcel.sender == "news@tifo.example"


@settings(max_examples=60)
@given(st.data())
def test_no_changed_return_path_names_anything(data: st.DataObject) -> None:
    """C8: a forged one never."""
    with override_settings(TIFO_RETURN_PATH=PATH):
        mailing, message = data.draw(st.integers(0, 2**32 - 1)), data.draw(st.integers(0, 2**63 - 1))
        path = seals.return_paths("x@y")(seals.message_key(mailing, message))
    assert seals.named_in(path.encode()) == (mailing, message)
    token = bytes.fromhex(path[8:56])
    bit = data.draw(st.integers(0, len(token) * 8 - 1))
    changed = (int.from_bytes(token, "big") ^ (1 << bit)).to_bytes(len(token), "big")
    assert seals.named_in(f"bounces+{changed.hex()}@news.tifo.example".encode()) is None
    assert seals.named_in(path[:-30].encode(), path.replace("@", "0@").encode()) is None


def test_a_hard_bounce_bars_the_next_message() -> None:
    """C8."""
    her, other = fan(1), fan(2)
    mailing, parcels = sent(her, other)
    assert hear(delivery_report(parcels[0])) == "hard"
    assert is_suppressed(key_of(1))
    again = newsletter("next")
    entered(again, [her, other])
    assert left(again) == ["fan2@example.org"]
    assert Message.objects.get(mailing_id=again, fan_id=her).reason == "bounced"
    assert returned([mailing, again])[mailing].hard == 1
    (heard,) = heard_of(her)
    assert (heard.status, heard.diagnostic) == ("5.1.1", "550 5.1.1 <[address]>: user unknown")


def test_what_comes_back_while_a_window_is_woven_bars_it_too() -> None:
    """C8: before the next crossing, also of what was claimed already."""
    her = fan(1)
    _, (parcel,) = sent(her)
    again, way_out = newsletter("next"), Recorder()
    entered(again, [her])
    claimed = woven(claim(again, 0, owner="b"))
    hear(complaint(parcel))
    report = cross(again, claimed, way_out)
    assert way_out.parcels == []
    assert dict(report.suppressed) == {"complained": 1}


def test_a_complaint_bars_news_but_not_the_code_she_asks_for() -> None:
    """C8; by the seal alone: her address is blotted out of the report."""
    her = fan(1)
    mailing, (parcel,) = sent(her)
    raw = complaint(parcel)
    assert b"fan1@" not in raw
    assert hear(raw, "abuse@tifo.example") == "complaint"
    assert returned([mailing])[mailing].complaints == 1
    send_letter("code", fan_id=her, subject="Your code", text="1234")
    letters = Recorder()
    send_letters(letters, owner="x")
    assert letters.recipients == ["fan1@example.org"]


def test_complaints_that_are_none_do_nothing() -> None:
    _, (parcel,) = sent(fan(1))
    for kind in ("not-spam", "auth-failure", "dmarc"):
        assert hear(complaint(parcel, kind=kind)) == "unclear"
    assert not Suppression.objects.exists()
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("word", ["STOP", "stop.", "Désabonner", "  Baja\n\n> what we wrote", "توقف"])
def test_stop_ends_what_she_was_written_about(word: str) -> None:
    """C8: her consent to that purpose is withdrawn, whatever the case or language."""
    her = fan(1)
    _, (parcel,) = sent(her)
    assert hear(answer(parcel, word), parcel.sender) == "stop"
    assert heads([her], "newsletter")[her].state == "withdrawn"
    again = newsletter("next")
    entered(again, [her])
    assert left(again) == []
    give(her, "newsletter", source="she came back")
    assert hear(answer(parcel, word), parcel.sender) == "again"
    assert heads([her], "newsletter")[her].state == "given"


@pytest.mark.parametrize(
    ("text", "automatic", "kind"),
    [
        ("Please don't stop!", False, "unclear"),
        ("STOP", True, "automatic"),
        ("I am away until Monday", True, "automatic"),
    ],
)
def test_other_answers_do_nothing(text: str, automatic: bool, kind: str) -> None:
    her = fan(1)
    _, (parcel,) = sent(her)
    assert hear(answer(parcel, text, automatic=automatic), parcel.sender) == kind
    assert not Feedback.objects.exists()
    assert heads([her], "newsletter")[her].state == "given"


def test_what_nobody_sealed_leaves_a_count_only() -> None:
    """C8: neither her address nor our Message-ID makes a report true; forged and cut seals neither."""
    _, (parcel,) = sent(fan(1))
    key = parcel.content.partition(b"X-Tifo-Key: ")[2][:39]
    wrong = key[:20] + (b"A" if key[20:21] != b"A" else b"B") + key[21:]
    path = parcel.sender[8:56]
    bad_path = path[:-1] + ("0" if path[-1] != "0" else "1")
    for report in (delivery_report(parcel), complaint(parcel)):
        forged = report.replace(key, wrong).replace(path.encode(), bad_path.encode())
        assert hear(forged, "bounces@news.tifo.example") == "forged"
        cut = report.replace(key, key[:-4]).replace(path.encode(), path[:-6].encode())
        assert hear(cut) == "forged"
    assert not Feedback.objects.exists()
    assert not Suppression.objects.exists()
    assert inbound_counts() == {("test", "forged"): 4}
    assert InboundCount.objects.count() == 1


def test_a_seal_of_a_message_that_the_ledger_lost_does_nothing() -> None:
    mailing, (parcel,) = sent(fan(1))
    Message.objects.filter(mailing_id=mailing).delete()
    assert hear(delivery_report(parcel)) == "stale"
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "550 5.1.1 no such user", "hard"),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", "hard"),
        ("5.2.1", "554 5.2.1 mailbox disabled", "hard"),
        ("5.4.4", "Host or domain name not found", "hard"),
        ("5.0.0", "550 Requested action not taken: mailbox unavailable: user unknown", "hard"),
        ("5.0.0", "550 5.1.1 The email account does not exist", "hard"),
        ("", "550 No such user here", "hard"),
        ("5.2.2", "552 5.2.2 mailbox full", "soft"),
        ("4.4.1", "connection timed out", "soft"),
        ("4.2.2", "452 4.2.2 over quota", "soft"),
        ("5.0.0", "550 something went wrong", "soft"),
        ("", "451 try later", "soft"),
        ("5.7.1", "550 5.7.1 message rejected as spam", "blocked"),
        ("5.7.26", "550 5.7.26 DMARC policy", "blocked"),
        ("5.1.1", "550 5.1.1 blocked using Spamhaus", "blocked"),
        ("5.0.0", "554 rejected due to poor reputation", "blocked"),
        ("5.3.4", "552 5.3.4 message too big", "blocked"),
    ],
)
def test_the_published_table_of_bounces(status: str, said: str, kind: str) -> None:
    """Only what says that the address is gone is hard; what is about us says nothing of her."""
    assert kind_of(status, said) == kind
    _, (parcel,) = sent(fan(1))
    assert hear(delivery_report(parcel, status=status or "5.0.0", said=said)) in (kind, "soft", "hard")
    assert kind != "hard" or is_suppressed(key_of(1))


def test_bounces_in_plain_words() -> None:
    """Without a delivery report: judged where it shows a code, left alone where it does not."""
    _, parcels = sent(*fans(4))
    texts = [
        "Sorry, no mailbox here by that name. (#5.1.1)",
        "550 5.7.1 rejected by policy",
        "Remote host said: 552 mailbox full",
        "We have moved! Write to us at the new place.",
    ]
    kinds = [
        hear(plain_bounce(parcel, said), parcel.sender) for parcel, said in zip(parcels, texts, strict=True)
    ]
    assert kinds == ["hard", "blocked", "soft", "unclear"]
    assert Suppression.objects.count() == 1


def test_notices_of_delay_and_success_do_nothing() -> None:
    _, (parcel,) = sent(fan(1))
    assert hear(delivery_report(parcel, action="delayed", status="4.4.1", said="timeout")) == "delayed"
    for action in ("delivered", "relayed", "expanded"):
        assert hear(delivery_report(parcel, action=action, status="2.0.0", said="250 ok")) == "unclear"
    assert not Feedback.objects.exists()


def test_soft_bounces_count_by_the_published_rule() -> None:
    """Five different messages within sixty days, by when they were handed over; the same message five times is one."""
    her = fan(1)
    start = clock.now()
    parcels: list[Parcel] = []
    for number in range(SOFT_MESSAGES + 1):
        with time_machine.travel(start + timedelta(days=number * SOFT_DAYS / (SOFT_MESSAGES - 1.5))):
            parcels += sent(her, label=f"news {number}")[1]
    for number in range(SOFT_MESSAGES + 2):
        hear(delivery_report(parcels[0], status="4.2.2", said="over quota", number=number))
    for parcel in parcels[1:]:
        hear(delivery_report(parcel, status="4.2.2", said="over quota"))
    assert suppressed_for(key_of(1)) == ""  # six messages, but never five within sixty days
    extra, _ = newsletter("soon"), None
    with time_machine.travel(start + timedelta(days=1)):
        entered(extra, [her])
        way_out = Recorder()
        cross(extra, woven(claim(extra, 0, owner="z")), way_out)
    hear(delivery_report(way_out.parcels[0], status="4.2.2", said="over quota"))
    assert suppressed_for(key_of(1)) == "bounced"


def test_a_bounce_of_a_letter_is_heard() -> None:
    her, way_out = fan(1), Recorder()
    send_letter("welcome", fan_id=her, subject="Welcome", text="Hello")
    send_letters(way_out, owner="x")
    assert hear(delivery_report(way_out.parcels[0], whole=False)) == "hard"
    assert suppressed_for(key_of(1)) == "bounced"
    assert [one.mailing_id for one in heard_of(her)] == [0]


def test_a_refusal_in_the_dialogue_counts_as_a_hard_bounce() -> None:
    her = fan(1)
    mailing = newsletter()
    entered(mailing, [her])
    gone = Outcome(Verdict.REFUSED, "RCPT", 550, "5.1.1 <fan1@example.org> is no more")
    cross(mailing, woven(claim(mailing, 0, owner="a")), Recorder(lambda _: gone))
    assert suppressed_for(key_of(1)) == "bounced"
    assert returned([mailing])[mailing].hard == 1
    assert [(one.status, one.diagnostic) for one in heard_of(her)] == [
        ("5.1.1", "5.1.1 <[address]> is no more")
    ]


def test_a_report_is_evidence_for_a_message_in_doubt() -> None:
    """M7: a bounce that names it says that it was handed over."""
    her, way_out = fan(1), Recorder(lambda _: Outcome(Verdict.UNKNOWN, "body", 0, "no answer"))
    mailing = newsletter()
    entered(mailing, [her])
    cross(mailing, woven(claim(mailing, 0, owner="a")), way_out)
    assert Message.objects.get().state == "unknown"
    hear(delivery_report(way_out.parcels[0], status="4.2.2", said="over quota"))
    message = Message.objects.get()
    assert (message.state, message.evidence) == ("accepted", "a report that names it came back")
    assert recover(mailing, owner="b") == {"planned": 0, "unknown": 0}


def test_who_lets_her_be_written_to_again_is_not_overruled_by_a_replay() -> None:
    """W1: only what is new has an effect."""
    _, (parcel,) = sent(fan(1))
    raw = delivery_report(parcel)
    assert hear(raw) == "hard"
    assert unsuppress(key_of(1))
    assert hear(raw) == "again"
    assert not is_suppressed(key_of(1))
    assert hear(delivery_report(parcel, number=2)) == "hard"
    assert is_suppressed(key_of(1))


def test_erasing_takes_what_came_back_with_it() -> None:
    her = fan(1)
    _, (parcel,) = sent(her)
    hear(delivery_report(parcel, said="550 5.1.1 Jane Canary has left"))
    forget_fan(her)
    row = Feedback.objects.get()
    assert (row.destination_key, row.diagnostic) == (None, "")


def state(people: Sequence[int]) -> tuple[object, ...]:
    """All that reports can change, but for moments and who brought them."""
    return (
        sorted((bytes(row.destination_key), row.reason) for row in Suppression.objects.all()),
        sorted(
            (row.mailing_id, row.message_id, row.kind, row.status, row.diagnostic, bytes(row.digest))
            for row in Feedback.objects.all()
        ),
        sorted(Message.objects.values_list("id", "state")),
        sorted((number, head.state) for number, head in heads(people, "newsletter").items()),
    )


@dataclass(frozen=True)
class Stage:
    people: list[int]
    mails: Sequence[bytes]
    forged: Sequence[bytes]


def staged() -> Stage:
    people = fans(4)
    mails: list[bytes] = []
    forged: list[bytes] = []
    for number in range(SOFT_MESSAGES):
        _, parcels = sent(*people, label=f"news {number}")
        mails.append(delivery_report(parcels[0], status="4.2.2", said="over quota"))
        if number == 0:
            mails += [delivery_report(parcels[1]), complaint(parcels[1]), answer(parcels[2], "STOP")]
            mails += [complaint(parcels[2]), delivery_report(parcels[2], status="5.7.1", said="spam")]
            mails += [delivery_report(parcels[0], action="delayed", status="4.4.1", said="later")]
            forged = [
                delivery_report(parcels[3]._replace(sender=f"bounces+{'0' * 48}@x"), whole=False),
                complaint(parcels[3]._replace(content=b"Subject: x\r\n\r\n")),
            ]
    return Stage(people, mails, forged)


@pytest.mark.django_db(transaction=True)
def test_w1_any_order_number_and_mixture_of_reports_leads_to_the_same_state() -> None:
    """W1, C8: replayed, reordered, doubled, and forged ones in between."""
    stage = staged()
    clear = (Suppression, Feedback)
    for raw in stage.mails:
        hear(raw)
    expected = state(stage.people)
    assert [reason for _, reason in expected[0]].count("bounced") == 2  # type: ignore[attr-defined, index]
    assert [one for _, one in expected[3]].count("withdrawn") == 1  # type: ignore[attr-defined, index]

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.permutations(stage.mails),
        st.lists(st.sampled_from([*stage.mails, *stage.forged]), max_size=10),
        st.randoms(),
    )
    def any_order(order: list[bytes], more: list[bytes], chance: object) -> None:
        for model in clear:
            model.objects.all().delete()
        give(stage.people[2], "newsletter", source="test")  # as before her STOP
        mixed = [*order, *more]
        chance.shuffle(mixed)  # type: ignore[attr-defined]
        for raw in mixed:
            hear(raw)
        assert state(stage.people) == expected

    any_order()


@given(st.permutations(REASONS))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_heaviest_reason_stays_whatever_came_first(reasons: list[str]) -> None:
    """W1."""
    Suppression.objects.all().delete()
    for reason in reasons:
        suppress(key_of(1), reason)
    assert suppressed_for(key_of(1)) == "asked"


# -- whatever arrives --------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", "bounces+00@x", "\udcff"]))
def test_no_mail_breaks_the_reader(content: bytes, recipient: str) -> None:
    assert read_report(content, recipient).named is None
    head = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    assert read_report(head + content).named is None


def test_bombs_are_not_opened() -> None:
    """Nested, cut in pieces, long: bounded work, and still no effect."""
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(3_000)
    )
    folded = nested.replace(b"Content-Type: multipart", b"content-type:\r\n multipart")
    messages = b"Content-Type: message/rfc822\r\n\r\n" * 5_000
    wide = b"Content-Type: multipart/digest; boundary=b\r\n\r\n" + b"--b\r\n\r\n\r\n" * 60_000
    line = b"Subject: " + b"=?utf-8?q?a?= " * 200_000
    keys = b"X-Tifo-Key: " + b"A" * 39 + b"\r\n"
    before = clock_of_this_process()
    for bomb in (nested, folded, messages, wide, line, keys * 20_000, b"\r\n" * (5 * LONGEST)):
        assert read_report(bomb).kind == "unclear"
    assert clock_of_this_process() - before < 3  # seconds of processor time, for seven of them
    assert len(reports.shown("x" * 10_000_000)) <= 300


def clock_of_this_process() -> float:
    import time

    return time.process_time()


@given(st.text(max_size=200))
def test_a_diagnostic_is_shown_without_what_could_harm(said: str) -> None:
    line = reports.shown(f"550 {said} <her.name@example.org> \u202ebad\x00\r\n {'a1' * 30}")
    assert "example.org" not in line
    assert not any(ord(sign) < 32 or sign in "\u202e\u2066\u200b" for sign in line)
