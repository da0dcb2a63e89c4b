"""The frame of the club: who a page is shown to, in which language, with which words in its bar."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.fanclub.world import joined
from tifo.accounts.models import User
from tifo.accounts.public import create_staff
from tifo.fans.public import fan_of_account
from tifo.server.club import ClubPages
from tifo.ui.public import club_entries, club_entry, club_page, club_page_for, open_club_page

pytestmark = pytest.mark.django_db


def _view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def test_members_pages_send_visitors_to_the_sign_in_and_come_back() -> None:
    answer = Client().get("/sessions/?day=1")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/sessions/%3Fday%3D1")


def test_staff_that_is_no_fan_is_led_to_the_first_page() -> None:
    create_staff("ana@example.org", "Ana", "a long password of hers", ["animator"])
    client = Client()
    client.force_login(User.objects.get(email="ana@example.org"))
    assert client.get("/sessions/")["Location"] == "/"


def test_a_fan_is_known_and_spoken_to_on_each_page_of_hers(client: Client) -> None:
    fan_id = joined(client)
    answer = client.get("/sessions/")
    request = answer.wsgi_request
    assert (request.fan.id, request.LANGUAGE_CODE) == (fan_id, "fr")
    assert "no-store" in answer["Cache-Control"]
    assert _bar(answer) == [entry.key for entry in club_entries(visitors=False)]


def test_visitors_see_their_own_bar() -> None:
    answer = Client().get("/")
    assert answer.wsgi_request.fan is None
    assert _bar(answer) == ["join", "sign-in"]


def _bar(answer: HttpResponse) -> list[str]:
    entries = [*club_entries(visitors=True), *club_entries(visitors=False)]
    nav = answer.content.decode().partition('class="club-nav"')[2].partition("</nav>")[0]
    ways = {reverse(entry.url_name): entry.key for entry in entries}
    hrefs = [part.partition('"')[0] for part in nav.split('href="')[1:]]
    return [ways[href] for href in hrefs]


def test_other_views_know_nobody() -> None:
    request = RequestFactory().get("/studio/")
    assert ClubPages(_view).process_view(request, _view) is None
    assert not hasattr(request, "fan")
    assert [club_page_for(view) for view in (_view, club_page(_view), open_club_page(_view))] == [
        "",
        "members",
        "visitors",
    ]


def test_an_entry_stands_once_in_the_bar() -> None:
    with pytest.raises(ValueError, match="another entry 'home'"):
        club_entry("home", "Elsewhere", "fanclub:join", 1)


def test_an_unproved_address_opens_nobody_s_pages(client: Client) -> None:
    joined(client)
    user = User.objects.get(email="lea@example.org")
    assert fan_of_account(user.pk) is not None
    user.emailaddress_set.update(verified=False)
    assert fan_of_account(user.pk) is None
