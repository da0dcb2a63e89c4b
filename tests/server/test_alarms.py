"""What stops the house is said in a red line on every page of the studio, and goes when it is mended."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import get_resolver
from pytest_django import DjangoAssertNumQueries

from tests.accounts.signing import staff_client
from tests.delivery.world import IMPATIENT, entered, fans, inbox, newsletter, transport_to, woven
from tests.processes import free_port
from tifo.delivery.models import Place
from tifo.delivery.public import Awaited, claim, cross, rests_until, server_awaited
from tifo.kernel.models import OutboxReader, Turn
from tifo.kernel.public import clock
from tifo.server import alarms

pytestmark = pytest.mark.django_db


def lines() -> list[str]:
    """The titles on a page of the studio."""
    page = staff_client("communicator").get("/studio/campaigns/").content.decode()
    return [title for title in TITLES if title in page]


TITLES = (
    "The disk is nearly full",
    "The mail server does not answer",
    "The others send",
    "Nobody is at work",
    "Something that follows",
)


def test_in_a_house_that_works_there_is_none() -> None:
    assert lines() == []


def test_a_disk_that_fills_up_is_said_before_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "ROOM_NEEDED", 10**18)
    assert lines() == ["The disk is nearly full"]


def test_a_mail_server_that_does_not_answer_and_answers_again() -> None:
    mailing = newsletter()
    entered(mailing, fans(2))
    with transport_to(f"smtp://127.0.0.1:{free_port()}", IMPATIENT) as nobody:
        report = cross(mailing, woven(claim(mailing, 0, owner="a")), nobody)
    assert report.planned == 2
    assert lines() == ["The mail server does not answer"]
    with inbox() as (sink, url), transport_to(url, IMPATIENT) as somebody:
        assert cross(mailing, woven(claim(mailing, 0, owner="a")), somebody).accepted == 2
        assert len(sink.keys) == 2
    assert lines() == []


def test_a_host_that_finds_no_mail_server_rests_alone() -> None:
    mailing = newsletter()
    entered(mailing, fans(2))
    with transport_to(f"smtp://127.0.0.1:{free_port()}", IMPATIENT) as nobody:
        cross(mailing, woven(claim(mailing, 0, owner="a")), nobody)
    here, now = Place.objects.get(), clock.now()
    Place.objects.create(
        id="b", epoch=here.epoch, state="sending", bound={}, host="b.example", since=now, seen_at=now
    )
    awaited = server_awaited()
    assert awaited == Awaited((here.host,), rests_until() or now, others_send=True)
    assert lines() == ["The others send"]
    Place.objects.filter(pk=here.pk).update(id="c", host="c.example")
    assert rests_until() is None, "another host is not told to rest"


def test_a_worker_that_is_gone() -> None:
    turn = Turn.objects.create(name="x", next_at=clock.now() - timedelta(hours=1))
    assert lines() == ["Nobody is at work"]
    turn.next_at = clock.now() + timedelta(seconds=30)
    turn.save()
    assert lines() == []


def test_a_reaction_that_fails_again_and_again() -> None:
    reader = OutboxReader.objects.create(name="x", failures=2)
    assert lines() == []
    reader.failures = 3
    reader.save()
    assert lines() == ["Something that follows"]


def test_fans_see_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "ROOM_NEEDED", 10**18)
    assert b"nearly full" not in Client().get("/").content


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("connection to server was lost: server closed the connection unexpectedly"), 503),
        (OSError(28, "No space left on device", "/srv/tifo/x"), 503),
        (ValueError("a fault of ours"), 500),
    ],
)
def test_whose_fault_it_is_is_told_apart(
    error: Exception, status: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    handler = get_resolver().resolve_error_handler(500)
    with django_assert_num_queries(0):
        try:
            raise error  # noqa: TRY301  the page looks at what is under way
        except Exception:
            page = handler(RequestFactory().get("/"))
    assert page.status_code == status
    assert page.headers.get("Retry-After") == ("60" if status == 503 else None)
    assert b"/srv/tifo" not in page.content
    assert ("Not now, but soon" in page.content.decode()) == (status == 503)
